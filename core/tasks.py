"""All that django-q ever calls in core: each takes the id of a row and does what the row says.

They never raise for what may happen: errors are in the rows. Housekeeping functions are kept as Schedule rows, made
in code at every start of a worker.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone
from django_q.models import Schedule
from django_q.models import Task as QTask

from core import alerts, registry
from core.flows import dispatcher, events, execute, reconcile, sweeper
from core.models import Beat, Delivery, FlowRun, InboundEvent, RunStep, Tenant, UnknownValue
from core.models.delivery import DeliveryState
from core.models.event import EventState

log = logging.getLogger(__name__)
STEPS_A_TIME = 5_000
CANARY = "core.tasks.canary"


def run_flow(run_id: int) -> None:
    """Carry out one FlowRun."""
    if FlowRun.objects.filter(pk=run_id).exists():
        execute.run_flow(run_id)


def process_events(flow_id: int) -> None:
    """Process the due events of one flow."""
    events.process(flow_id)


def reconcile_flow(run_id: int) -> None:
    """Carry out one reconciling run."""
    reconcile.run(run_id)


def canary(name: str) -> None:
    """Nothing: what counts is that it comes back (see ``canary_came_back``)."""


def canary_came_back(task: dict[str, Any], **kwargs: Any) -> None:
    """Receiver of django-q's ``post_execute``: proof that a queue's tasks are taken, carried out and acknowledged.

    Sent by the pump's last process, the monitor: one that hangs would let finished tasks come again for ever.
    """
    if task.get("func") in (CANARY, canary):
        Beat.objects.update_or_create(name=task["args"][0], defaults={"at": timezone.now()})


@registry.register_task(minutes=1)
def tick() -> None:
    """The dispatcher's work once a minute, where only ``manage.py qcluster`` runs."""
    dispatcher.dispatch()
    dispatcher.ring_inbox()
    dispatcher.ring_reconcile()
    sweeper.sweep()
    alerts.tell()


@registry.register_task(minutes=60)
def prune() -> None:
    """Retention: steps, events, deliveries by each tenant's days; old runs with no steps; the pump's failures."""
    for tenant in Tenant.objects.all():
        _prune_tenant(tenant)
    QTask.objects.filter(stopped__lt=timezone.now() - timedelta(days=7)).delete()


def _prune_tenant(tenant: Tenant) -> None:
    now = timezone.now()
    _in_parts(RunStep.objects.filter(run__flow__tenant=tenant, at__lt=now - timedelta(days=tenant.step_days)))
    runs = FlowRun.objects.filter(flow__tenant=tenant, ended_at__lt=now - timedelta(days=tenant.step_days))
    _in_parts(runs.exclude(Exists(RunStep.objects.filter(run=OuterRef("pk")))))
    seen = InboundEvent.objects.filter(flow__tenant=tenant, received_at__lt=now - timedelta(days=tenant.event_days))
    _in_parts(UnknownValue.objects.filter(flow__tenant=tenant, last_seen__lt=now - timedelta(days=tenant.event_days)))
    _in_parts(seen.filter(state__in=[EventState.PROCESSED, EventState.IGNORED, EventState.UNREADABLE]))
    if tenant.delivery_days:
        old = Delivery.objects.filter(flow__tenant=tenant, updated_at__lt=now - timedelta(days=tenant.delivery_days))
        _in_parts(old.filter(state=DeliveryState.DONE, decide_at__isnull=True))


def _in_parts(query: object) -> None:
    """Delete in small transactions: a large one would hold the database."""
    while True:
        pks = list(query.values_list("pk", flat=True)[:STEPS_A_TIME])  # type: ignore[attr-defined]
        if not pks:
            return
        query.model.objects.filter(pk__in=pks).delete()  # type: ignore[attr-defined]


def keep_schedules() -> None:
    """Make the Schedule rows what the registry says: the only place that writes any."""
    wanted = registry.housekeeping()
    Schedule.objects.exclude(name__in=wanted).delete()
    for path, task in wanted.items():
        Schedule.objects.update_or_create(
            name=path,
            defaults={"func": path, "schedule_type": Schedule.MINUTES, "minutes": task.minutes, "repeats": -1},
        )


def beat(name: str, **detail: object) -> None:
    """A background process is alive."""
    Beat.objects.update_or_create(name=name, defaults={"at": Now(), "detail": detail})
