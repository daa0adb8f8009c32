"""Schedules of flows in templates, files and services; core.flows.schedule knows their form."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core.catalog.document import Node, at
from core.errors import ConfigurationError
from core.flows import schedule as schedules
from core.flows.base import FlowType
from core.flows.clock import database_now
from core.models import FlowInstance


def read_schedule(node: Node | None, flow_type: type[FlowType]) -> dict[str, Any]:
    """A file's schedule, checked; the flow type's where the file names none."""
    if node is None:
        return check_schedule(flow_type, flow_type.schedule.as_dict() if flow_type.schedule else {})
    with at(node):
        return check_schedule(flow_type, {name: child.value for name, child in node.table().items()})


def check_schedule(flow_type: type[FlowType], schedule: dict[str, Any]) -> dict[str, Any]:
    """The schedule in its plain form; ConfigurationError says what is wrong. Empty: the flow runs by hand only."""
    if schedule and flow_type.kind != "sync":
        raise ConfigurationError(
            _("%(flow_type)s is started from outside: it has no schedule") % {"flow_type": flow_type.key}
        )
    return schedules.validate(schedule)


def first_time(flow: FlowInstance) -> datetime | None:
    """When a flow that is switched on now runs first; None: by hand only."""
    if not flow.schedule:
        return None
    return schedules.next_after(flow.schedule, database_now(), flow.tenant.zone)
