"""DingTalk's event payloads, whatever way they come (vendor: "审批事件").

Key spellings differ between events: EventType / eventType, corpid / corpId / CorpId. Everything is read without regard
to case.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from core.callbacks.base import Arrived
from core.models.event import EventState

INSTANCE_CHANGE = "bpms_instance_change"
ENDS = frozenset({"finish", "terminate", "delete"})
URL_CHECKS = frozenset({"check_url", "check_create_suite_url", "check_update_suite_url"})
ID_LIMIT = 150


def field(body: dict[str, Any], name: str) -> str:
    """A value by its name in any spelling, as text; "" for none."""
    wanted = name.lower()
    for key, value in body.items():
        if str(key).lower() == wanted and value is not None:
            return str(value)
    return ""


def arrived(body: dict[str, Any], *, event_type: str = "", event_id: str = "") -> Iterator[Arrived]:
    """The event of a payload; nothing for a check of the address.

    ``event_type``, ``event_id``: where they stand beside the payload (Stream mode). Ends of approvals are processed,
    everything else is kept as ignored. Raises ValueError for something that is no event.
    """
    if not isinstance(body, dict):
        raise ValueError("an event must be a JSON object")
    kind = event_type or field(body, "EventType")
    if kind in URL_CHECKS:
        return
    if not kind:
        raise ValueError("the event has no EventType")
    instance = field(body, "processInstanceId")
    ends = kind == INSTANCE_CHANGE and field(body, "type") in ENDS
    if ends and not instance:
        raise ValueError("the event names no processInstanceId")
    yield Arrived(
        event_id=identity(body, kind, event_id),
        kind=kind,
        route=field(body, "processCode"),
        target_key=instance,
        body=body,
        state=EventState.RECEIVED if ends else EventState.IGNORED,
    )


def identity(body: dict[str, Any], kind: str, event_id: str = "") -> str:
    """What makes it the same event again: its id; for older deliveries without one, what it says.

    Never the envelope: a redelivery has another nonce, timestamp and signature.
    """
    given = event_id or field(body, "eventId")
    if given:
        return given[:ID_LIMIT]
    instance = field(body, "processInstanceId")
    if not instance:
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        return f"{kind[:60]}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:40]}"
    moment = field(body, "finishTime") or field(body, "createTime")
    parts = [instance, kind, field(body, "type"), field(body, "taskId"), field(body, "result"), moment]
    return ":".join(parts)[:ID_LIMIT]


def frame(text: str | bytes) -> dict[str, Any]:
    """A frame of Stream mode. Raises ValueError."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("a frame must be a JSON object")
    return found
