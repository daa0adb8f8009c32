"""Rings the pump's bell: "do task X for row N now". The rows are the queue; a lost or doubled bell is harmless."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task

from core.models import Beat, FlowInstance, FlowRun
from core.models.run import Trigger

RUN = "core.tasks.run_flow"
EVENTS = "core.tasks.process_events"
RECONCILE = "core.tasks.reconcile_flow"
WORKER_ALIVE = timedelta(minutes=3)
_worker_seen = (0.0, False)


def worker_alive() -> bool:
    """Is a ``manage.py worker`` about, which serves all queues? Asked every ten seconds at most."""
    global _worker_seen
    if time.monotonic() - _worker_seen[0] > 10:
        alive = Beat.objects.filter(name__startswith="dispatcher:", at__gte=Now() - WORKER_ALIVE).exists()
        _worker_seen = (time.monotonic(), alive)
    return _worker_seen[1]


def queue_for(name: str) -> str | None:
    """The queue to use: with a bare ``qcluster`` only the default one is served."""
    return name if name in settings.Q_CLUSTER["ALT_CLUSTERS"] and worker_alive() else None


def ring(path: str, *args: Any, queue: str = "") -> None:
    """One task, inside the running transaction where the broker is the database."""
    name = queue_for(queue) if queue else None
    options = {"cluster": name} if name else {}
    async_task(path, *args, **options)


def ring_many(path: str, ids: Iterable[int], queue: str = "") -> None:
    """Many tasks: by one INSERT where the broker is the database."""
    ids = list(ids)
    if settings.BROKER_URL or not ids:
        for pk in ids:
            ring(path, pk, queue=queue)
        return
    key = queue_for(queue) or settings.Q_CLUSTER["name"]
    now = timezone.now()
    rows = [OrmQ(key=key, payload=_package(path, pk, now), lock=now) for pk in ids]
    OrmQ.objects.bulk_create(rows, batch_size=500)


def _package(path: str, pk: int, now: Any) -> str:
    """The signed task, in the form that ``async_task`` gives it."""
    from django_q.humanhash import uuid

    name, task_id = uuid()
    return SignedPackage.dumps(
        {
            "id": task_id,
            "name": name,
            "func": path,
            "args": (pk,),
            "kwargs": {},
            "started": now,
            "cluster": None,
            "ack_failure": True,
        }
    )


def waiting_ids(path: str) -> set[int] | None:
    """Row ids of this task that wait in the broker; None where it cannot be looked into (Redis).

    Those that a worker has taken do not count: it may have been killed, and the broker gives them out again only
    after ``retry``, long after their row is due.
    """
    if settings.BROKER_URL:
        return None
    found = set()
    for payload in OrmQ.objects.filter(lock__lte=timezone.now()).values_list("payload", flat=True).iterator():
        try:
            task = SignedPackage.loads(payload)
        except Exception:  # noqa: BLE001, S112 - signed with another key: it will never run
            continue
        if task.get("func") == path and task.get("args"):
            found.add(task["args"][0])
    return found


def run_now(
    flow: FlowInstance, user: Any = None, *, trigger: str = Trigger.MANUAL, params: dict[str, Any] | None = None
) -> FlowRun:
    """Queue a run of a flow outside its schedule."""
    with transaction.atomic():
        run = FlowRun.objects.create(
            flow=flow,
            trigger=trigger,
            user=user if getattr(user, "pk", None) else None,
            params=params or {},
            queued_at=timezone.now(),
        )
        ring(RUN, run.pk, queue="bulk" if trigger == Trigger.RETRY else "")
    return run


def depth() -> dict[str, int]:
    """{queue: waiting tasks}."""
    names = [settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]]
    return {name: get_broker(name).queue_size() for name in names}
