"""Switching flows on and off (开启 / 停用), one or a set in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import registry
from core.catalog import audit, first_run, updating
from core.catalog.checking import Problem, check
from core.catalog.first_run import FirstRun, baseline, can_count, first_run_count
from core.catalog.schedules import first_time
from core.catalog.wiring import endpoint_key_for
from core.errors import ConfigurationError
from core.models import FlowInstance

__all__ = [
    "FirstRun",
    "Problem",
    "baseline",
    "can_count",
    "check",
    "disable",
    "enable",
    "enable_set",
    "first_run_count",
    "in_dependency_order",
]

ALL, SINCE, BASELINE = "all", "since", "baseline"


def enable(
    flow: FlowInstance,
    first_run_mode: str = ALL,
    *,
    since: date | str | None = None,
    strict: bool = True,
    calls: bool = True,
    user: Any = None,
) -> list[Problem]:
    """Switch a flow on; returns what a person should know. ConfigurationError lists what stands against it.

    ``first_run_mode``: "all" that qualifies is sent; only documents "since" a day; "baseline": what is there now
    counts as sent. ``strict`` and ``calls`` as in ``check``; a flow that is on is checked and left as it is.
    """
    problems = check(flow, strict=strict, calls=calls)
    against = [problem.text for problem in problems if problem.blocking]
    if against:
        raise ConfigurationError(
            _("flow '%(flow)s' cannot be switched on: %(names)s") % {"flow": flow.name, "names": "; ".join(against)}
        )
    if not flow.enabled:
        _prepare(flow, first_run_mode, since, user)
        _switch_on(flow, user)
    return problems


def disable(flow: FlowInstance, user: Any = None) -> list[str]:
    """Switch a flow off; what runs now ends by itself. Returns the names of running routers that lead to it."""
    if flow.enabled:
        flow.enabled, flow.next_run_at = False, None
        with audit.acting(user):
            flow.save(update_fields=["enabled", "next_run_at"])
    return list(flow.routed_from.filter(flow__enabled=True).values_list("flow__name", flat=True).distinct())


def enable_set(flows: Iterable[FlowInstance], *, user: Any = None, **options: Any) -> dict[int, list[Problem]]:
    """Switch several flows on, route targets before their routers: {flow id: what a person should know}."""
    return {flow.pk: enable(flow, user=user, **options) for flow in in_dependency_order(flows)}


def in_dependency_order(flows: Iterable[FlowInstance]) -> list[FlowInstance]:
    """Route targets before the routers that lead to them; otherwise the given order. A circle is left as it is."""
    waiting = {flow.pk: flow for flow in flows}
    needs = {pk: set(flow.routes.values_list("target_id", flat=True)) & set(waiting) for pk, flow in waiting.items()}
    ordered: list[FlowInstance] = []
    while waiting:
        ready = [pk for pk in waiting if not needs[pk] & set(waiting) - {pk}] or list(waiting)
        ordered += [waiting.pop(pk) for pk in ready]
    return ordered


def _prepare(flow: FlowInstance, mode: str, since: date | str | None, user: Any) -> None:
    if mode == SINCE:
        if "since" not in registry.flow_type(flow.flow_type).Config.base_fields:
            raise ConfigurationError(_("flow type %(flow_type)s has no 'since'") % {"flow_type": flow.flow_type})
        if not since:
            raise ConfigurationError(fields={"since": _("which day should the first run begin with?")})
        updating.update_config(flow, {"since": since}, user=user)
    elif mode == BASELINE:
        first_run.baseline(flow, user=user)
    elif mode != ALL:
        raise ConfigurationError(_("the first run is 'all', 'since' or 'baseline', not '%(mode)s'") % {"mode": mode})


@transaction.atomic
def _switch_on(flow: FlowInstance, user: Any) -> None:
    flow.enabled = True
    flow.next_run_at = first_time(flow)
    flow.first_enabled_at = flow.first_enabled_at or timezone.now()
    flow.endpoint_key = flow.endpoint_key or endpoint_key_for(registry.flow_type(flow.flow_type))
    flow.paused, flow.paused_by, flow.last_error, flow.failures_in_a_row = "", None, "", 0
    fields = ["enabled", "next_run_at", "first_enabled_at", "endpoint_key"]
    fields += ["paused", "paused_by", "last_error", "failures_in_a_row"]
    with audit.acting(user):
        flow.save(update_fields=fields)
