"""Alerts: opened once, told once, ended with a recovery message. Senders are registered by integrations too."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import Alert, AlertChannel, FlowInstance
from core.models.run import RunStatus

log = logging.getLogger(__name__)
SECRET_IN_URL = re.compile(r"((?:access_token|key|sign|secret)=)[^&\s'\")]+", re.IGNORECASE)
FAILURES = 3  # runs in a row before a person is told
Sender = Callable[[AlertChannel, str], None]
_senders: dict[str, tuple[str | Promise, Sender]] = {}


def register_sender(kind: str, label: str | Promise) -> Callable[[Sender], Sender]:
    """Decorator: ``sender(channel, text)`` delivers one message; raises where it cannot."""

    def decorate(sender: Sender) -> Sender:
        _senders[kind] = (label, sender)
        return sender

    return decorate


def sender_choices() -> list[tuple[str, str | Promise]]:
    """(kind, label) of every sender."""
    return [(kind, label) for kind, (label, _sender) in _senders.items()]


@register_sender("email", gettext_lazy("E-mail"))
def _email(channel: AlertChannel, text: str) -> None:
    addresses = [a.strip() for a in str(channel.target).replace(";", ",").split(",") if a.strip()]
    send_mail(f"B1Flow: {text.splitlines()[0][:120]}", text, None, addresses)


def raise_alert(tenant_id: int, subject: str, text: str) -> None:
    """Open a matter, or count it once more where it is open already."""
    open_one = Alert.objects.filter(tenant_id=tenant_id, subject=subject, ended_at__isnull=True)
    if open_one.update(count=F("count") + 1, text=text[:500]):
        return
    try:
        with transaction.atomic():
            Alert.objects.create(tenant_id=tenant_id, subject=subject, text=text[:500])
    except IntegrityError:  # opened by another process in this moment
        open_one.update(count=F("count") + 1)


def end_alert(tenant_id: int, subject: str) -> None:
    """The matter is over."""
    Alert.objects.filter(tenant_id=tenant_id, subject=subject, ended_at__isnull=True).update(ended_at=Now())


def flow_ended(flow: FlowInstance, status: str, held: int) -> None:
    """After a run: a flow that fails FAILURES times in a row is a matter, as are documents that need a person.

    ``flow`` is the row as it was before the run: an all-clear costs no query where nothing was wrong.
    """
    subject = f"flow:{flow.pk}:failing"
    if status == RunStatus.FAILED and flow.failures_in_a_row + 1 >= FAILURES:
        error = FlowInstance.objects.values_list("last_error", flat=True).get(pk=flow.pk)
        raise_alert(flow.tenant_id, subject, _("Flow %(flow)s fails: %(error)s") % {"flow": flow.name, "error": error})
    elif status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL) and flow.failures_in_a_row:
        end_alert(flow.tenant_id, subject)
    if not held:
        return
    needs = flow.deliveries.filter(state__in=["held", "dead"]).count()
    if needs:
        text = _("Flow %(flow)s: %(count)d documents need a person") % {"flow": flow.name, "count": needs}
        raise_alert(flow.tenant_id, f"flow:{flow.pk}:held", text)


def tell() -> None:
    """Send what was not told yet; called by the dispatcher. Quiet time only delays."""
    for alert in Alert.objects.filter(told_at__isnull=True, ended_at__isnull=True).select_related("tenant"):
        if _send_all(alert, alert.text):
            Alert.objects.filter(pk=alert.pk).update(told_at=Now())
    for alert in Alert.objects.filter(told_at__isnull=False, ended_at__isnull=False, end_told=False):
        if _send_all(alert, _("Over: %(text)s") % {"text": alert.text}):
            Alert.objects.filter(pk=alert.pk).update(end_told=True)


def _send_all(alert: Alert, text: str) -> bool:
    """True when every channel took it, or there is none; a failing channel notes its error and counts as told."""
    channels = AlertChannel.objects.filter(tenant_id=alert.tenant_id, is_active=True)
    now = timezone.now().astimezone(ZoneInfo(alert.tenant.zone))
    if any(is_quiet(channel, now) for channel in channels):
        return False
    for channel in channels:
        send(channel, f"{alert.tenant.name}: {text}")
    return True


def send(channel: AlertChannel, text: str) -> str:
    """Send one message; the error text, or ""."""
    try:
        _senders[channel.kind][1](channel, text)
        error = ""
    except Exception as problem:  # noqa: BLE001 - an alert that fails must not fail the work
        log.warning("tenant %s alert channel %s: %s", channel.tenant_id, channel.pk, type(problem).__name__)
        error = SECRET_IN_URL.sub(r"\1***", f"{type(problem).__name__}: {problem}")[:300]
    AlertChannel.objects.filter(pk=channel.pk).update(last_error=error)
    return error


def is_quiet(channel: AlertChannel, now: datetime) -> bool:
    """Is it the channel's quiet time (may pass midnight)?"""
    start, end = channel.quiet_from, channel.quiet_to
    if start is None or end is None:
        return False
    present = now.time()
    return start <= present < end if start <= end else present >= start or present < end
