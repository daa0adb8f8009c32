"""``manage.py seed_many``: many tenants, flows, runs and deliveries in an empty database, to see that the console stays
quick. Never for an installation that is used.
"""

from __future__ import annotations

import random
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.models import Company, Connection, Delivery, FlowInstance, FlowRun, Membership, Role, RunStep, Tenant
from core.models.delivery import OPEN_STATES

CHUNK = 20_000
DAYS = 90
STATES = ("done",) * 95 + ("refused", "failed", "held", "dead", "sending")


class Command(BaseCommand):
    """See the module."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tenants", type=int, default=200)
        parser.add_argument("--flows", type=int, default=2_000)
        parser.add_argument("--runs", type=int, default=1_000_000)
        parser.add_argument("--deliveries", type=int, default=1_000_000)

    def handle(self, *args: Any, **options: Any) -> None:
        if FlowInstance.objects.exists():
            raise CommandError("the database has flows already: use an empty one")
        tenants = _tenants(options["tenants"])
        flows = _flows(tenants, options["flows"])
        for made in (_runs(flows, options["runs"]), _deliveries(flows, options["deliveries"])):
            while rows := list(islice(made, CHUNK)):
                type(rows[0])._default_manager.bulk_create(rows)
        _steps()
        self.stdout.write(f"{Tenant.objects.count()} tenants, {len(flows)} flows; user: consultant")


def _tenants(count: int) -> list[Tenant]:
    rows = [Tenant(slug=f"t{number}", name=f"示例客户 {number:03}") for number in range(count)]
    tenants = Tenant.objects.bulk_create(rows)
    Company.objects.bulk_create(Company(tenant=t, code=f"SBO{t.pk}", name="账套") for t in tenants)
    person = get_user_model().objects.create(username="consultant")
    Membership.objects.bulk_create(Membership(user=person, tenant=t, role=Role.CONSULTANT) for t in tenants)
    return tenants


def _flows(tenants: list[Tenant], count: int) -> list[FlowInstance]:
    companies = {company.tenant_id: company for company in Company.objects.all()}
    now = timezone.now()
    rows = []
    for number in range(count):
        tenant = tenants[number % len(tenants)]
        rows.append(
            FlowInstance(
                tenant=tenant,
                company=companies[tenant.pk],
                name=f"流 {number}",
                flow_type="ecology.push_approval",
                enabled=number % 10 > 0,
                failures_in_a_row=number % 50 == 1,
                next_run_at=now + timedelta(seconds=number),
            )
        )
    Connection.objects.bulk_create(
        Connection(tenant=tenant, name="ERP", connector="erp.service_layer", base_url="http://127.0.0.1:1")
        for tenant in tenants
    )
    return FlowInstance.objects.bulk_create(rows)


def _moment(number: int, count: int, now: datetime) -> datetime:
    """Spread evenly over the last days, oldest first."""
    return now - timedelta(days=DAYS) * (1 - number / max(count, 1))


def _runs(flows: list[FlowInstance], count: int) -> Iterator[FlowRun]:
    now = timezone.now()
    for number in range(count):
        at = _moment(number, count, now)
        failed = random.random() < 0.02
        yield FlowRun(
            flow=flows[number % len(flows)],
            queued_at=at,
            started_at=at,
            ended_at=at + timedelta(seconds=2),
            status="failed" if failed else "succeeded",
            total=3,
            succeeded=0 if failed else 3,
            failed=3 if failed else 0,
        )


def _deliveries(flows: list[FlowInstance], count: int) -> Iterator[Delivery]:
    now = timezone.now()
    for number in range(count):
        state = random.choice(STATES)
        yield Delivery(
            flow=flows[number % len(flows)],
            key=f"{number}/{number}/1",
            label=str(number),
            state=state,
            target_key=f"OA{number}" if state == "done" else None,
            due_at=now if state in OPEN_STATES else None,
            error="" if state == "done" else "[PARAM_ERROR] 单据编号重复",
        )


def _steps() -> None:
    """Steps of the newest run."""
    run = FlowRun.objects.latest("queued_at")
    rows = [RunStep(run=run, name=f"POST {n}", at=timezone.now(), input='{"a": 1}', ms=12) for n in range(500)]
    RunStep.objects.bulk_create(rows)
