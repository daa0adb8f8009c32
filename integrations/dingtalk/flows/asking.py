"""The payload of an event is a hint: the instance itself is read, and only that is believed."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.errors import NotFound, RetryLater
from core.flows.base import Event, Sample
from core.flows.context import FlowContext
from integrations.dingtalk.envelope import field
from integrations.dingtalk.instance import Instance

WAITS = (10.0, 60.0, 300.0)  # seconds: an event may be faster than the instance it is about


def instance_of(ctx: FlowContext, event: Event) -> Instance | None:
    """The ended instance; None where it was deleted (and the event says so).

    Raises RetryLater while it still runs, three times, then StillRunning; NotFound for one that is not there.
    """
    try:
        instance: Instance = ctx.oa.instance(event.target_key)
    except NotFound:
        if field(event.body, "type") == "delete":
            return None
        raise
    if not instance.is_open:
        return instance
    message = _("Instance %(id)s is still %(status)s.") % {"id": instance.id, "status": instance.status}
    if event.attempts <= len(WAITS):
        raise RetryLater(message, after=WAITS[event.attempts - 1])
    raise StillRunning(message)


def for_preview(ctx: FlowContext, sample: Sample) -> tuple[Instance, list[str]]:
    """The instance of a sample, open or ended, and words about it. Raises NotFound where it was deleted."""
    key = sample.event.target_key if sample.event else ""
    instance: Instance = ctx.oa.instance(key)
    if not instance.is_open:
        return instance, []
    words = _("Approval %(id)s is still open: shown as if it had been agreed now.")
    return instance, [words % {"id": instance.id}]


class StillRunning(Exception):
    """Left to reconciling."""
