"""One row of everything for a tenant, each with the tenant's mark in what people read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from core import models
from core.models import Role


@dataclass
class World:
    """A tenant with its people and rows. ``mark`` is in the name of every row."""

    mark: str
    tenant: models.Tenant
    people: dict[str, Any] = field(default_factory=dict)
    rows: dict[type, Any] = field(default_factory=dict)

    def __getitem__(self, model: type) -> Any:
        return self.rows[model]


def make(mark: str) -> World:
    """A tenant with one of everything."""
    world = World(mark, models.Tenant.objects.create(slug=mark.lower(), name=f"Tenant {mark}"))
    for role in Role:
        person = get_user_model().objects.create(username=f"{role}-{mark}", email=f"{role}@{mark}.example")
        world.people[role] = person
        world.rows[models.Membership] = models.Membership.objects.create(user=person, tenant=world.tenant, role=role)
    world.rows[get_user_model()] = world.people[Role.VIEWER]
    world.rows[models.Tenant] = world.tenant
    _configuration(world)
    _operation(world)
    return world


def _keep(world: World, *rows: Any) -> None:
    world.rows.update({type(row): row for row in rows})


def _configuration(world: World) -> None:
    mark, tenant = world.mark, world.tenant
    company = models.Company.objects.create(tenant=tenant, code=f"DB{mark}", name=f"Company {mark}")
    connection = models.Connection.objects.create(
        tenant=tenant,
        company=company,
        name=f"Connection {mark}",
        connector="pretend.system",
        base_url=f"http://{mark.lower()}.example:1",
        settings={"user_name": f"manager{mark}", "language": 15},
        secrets={"password": f"hidden-{mark}-secret"},
    )
    template = models.FlowTemplate.objects.create(
        tenant=tenant, slug=f"pretend.push-{mark}", name=f"Template {mark}", flow_type="pretend.push"
    )
    flow = models.FlowInstance.objects.create(
        tenant=tenant,
        company=company,
        name=f"Flow {mark}",
        flow_type="pretend.push",
        template=template,
        config={"object_type": f"Items{mark}"},
        schedule={"every": 1, "unit": "minute"},
    )
    for slot in ("erp", "oa"):
        models.FlowConnection.objects.create(flow=flow, slot=slot, connection=connection)
    models.FieldMapping.objects.create(flow=flow, section="main", source=f"Source{mark}", target="code", required=True)
    _keep(world, company, connection, template, flow)
    _keep(
        world,
        models.DomainFile.objects.create(tenant=tenant, name=f"WW_verify_{mark}.txt", content=mark),
        models.Person.objects.create(
            tenant=tenant, connector="pretend.system", erp_user="1", outside_user=f"u{mark}", name=f"Person {mark}"
        ),
        models.ValueMap.objects.create(tenant=tenant, name=f"Values {mark}", rows={"1": mark}),
        models.AppCredential.objects.create(tenant=tenant, name=f"AppCode {mark}", code_hash=f"hash-{mark}"),
        models.ApiToken.objects.create(tenant=tenant, name=f"Token {mark}", token_hash=f"hash-{mark}"),
        models.AlertChannel.objects.create(
            tenant=tenant, name=f"Channel {mark}", kind="email", target=f"hidden-{mark}-target"
        ),
        models.Alert.objects.create(tenant=tenant, subject="x", text=f"Alert {mark}"),
    )


def _operation(world: World) -> None:
    flow, mark, now = world[models.FlowInstance], world.mark, timezone.now()
    run = models.FlowRun.objects.create(
        flow=flow,
        queued_at=now,
        started_at=now,
        ended_at=now + timedelta(seconds=2),
        status="partial",
        message=f"Run {mark}",
    )
    delivery = models.Delivery.objects.create(
        flow=flow, run=run, key=f"key-{mark}", label=f"Document {mark}", state="held", error="cannot tell"
    )
    models.RunStep.objects.create(run=run, delivery=delivery, name=f"POST {mark}", at=now, input='{"a": 1}')
    event = models.InboundEvent.objects.create(flow=flow, event_id=f"event-{mark}", state="dead", body={"x": mark})
    _keep(world, run, delivery, event)
