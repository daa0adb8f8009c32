"""Approvals started in DingTalk whose callback never came (prices): looked for on a slow schedule.

Approvals that we started ourselves are asked for one by one (reconcile of the push flow); these are only in
DingTalk's list.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from core.errors import B1FlowError
from core.flows import broken, events
from core.flows.context import load
from core.models import FlowInstance, FlowRoute, InboundEvent
from core.models.event import EventState
from core.registry import register_task
from integrations.dingtalk.envelope import INSTANCE_CHANGE
from integrations.dingtalk.flows.save_special_price import SaveSpecialPrice

log = logging.getLogger(__name__)
AT_ONCE = 200
JUST_NOW = timedelta(minutes=1)  # the callback of an approval that ended in this moment may be on its way


@register_task(minutes=5)
def look_for_missed_prices() -> None:
    """Every enabled price flow: ended approvals that its router has no event of are put into the inbox."""
    routes = FlowRoute.objects.filter(
        target__flow_type=SaveSpecialPrice.key, target__enabled=True, target__paused="", flow__enabled=True
    ).select_related("flow", "target", "target__tenant")
    for route in routes:
        try:
            found = missed(route)
        except B1FlowError as error:
            broken.report(error)
            log.warning("flow %s: missed approvals could not be looked for: %s", route.target_id, error)
        else:
            if found:
                log.info("flow %s: %s missed approvals found", route.target_id, found)


def missed(route: FlowRoute) -> int:
    """Store an event for each ended approval of the route's template that is not known; how many."""
    ctx = load(route.target)
    days = int(ctx.config["look_back_days"] or 0)
    since = _since(route.target, days)
    if not days or since is None:
        return 0
    count = 0
    ids = ctx.oa.instance_ids(route.match, since, timezone.now() - JUST_NOW, states=["COMPLETED"])
    for part in _parts(ids):
        known = _known(route.flow, part)
        count += sum(_store(route, number) for number in part if number not in known)
    return count


def _since(flow: FlowInstance, days: int) -> datetime | None:
    """Not before the flow was first switched on: what was agreed then was entered by hand."""
    if flow.first_enabled_at is None:
        return None
    return max(timezone.now() - timedelta(days=days), flow.first_enabled_at)


def _parts(ids: Iterable[str]) -> Iterable[list[str]]:
    part: list[str] = []
    for number in ids:
        part.append(number)
        if len(part) == AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _known(router: FlowInstance, ids: list[str]) -> set[str]:
    """Those of which an event was taken up; ignored ones (a start, no route at the time) do not count."""
    taken = InboundEvent.objects.filter(flow=router, target_key__in=ids)
    taken = taken.exclude(state__in=[EventState.IGNORED, EventState.UNREADABLE])
    return set(taken.values_list("target_key", flat=True))


def _store(route: FlowRoute, number: str) -> bool:
    body = {"EventType": INSTANCE_CHANGE, "type": "finish", "processInstanceId": number, "processCode": route.match}
    return events.store(
        route.flow, f"missed:{number}", kind=INSTANCE_CHANGE, route=route.match, target_key=number, body=body
    )
