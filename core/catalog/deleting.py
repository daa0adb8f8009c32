"""Deleting flows, connections and templates, and why it is refused: the ledger is what keeps documents single."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from core import registry
from core.catalog import audit, values
from core.errors import ConfigurationError
from core.models import Connection, Delivery, FlowInstance, FlowTemplate
from core.models.delivery import OPEN_STATES


def obstacles_of_flow(flow: FlowInstance) -> list[str]:
    """Why this flow cannot be deleted, in words; empty: it can."""
    found = []
    if flow.enabled:
        found.append(_("it is switched on: switch it off first"))
    if FlowInstance.objects.filter(pk=flow.pk, lease_until__gt=Now()).exists():
        found.append(_("it is running: wait until the run has ended"))
    routers = list(flow.routed_from.values_list("flow__name", flat=True).distinct())
    if routers:
        found.append(_("events are routed to it by %(names)s: remove the routes first") % {"names": ", ".join(routers)})
    documents = flow.deliveries.count()
    if documents:
        found.append(
            _(
                "its ledger knows %(documents)s documents; without it they would be sent again. Keep "
                "the flow switched off, or let another flow take its ledger over"
            )
            % {"documents": documents}
        )
    return found


@transaction.atomic
def delete_flow(flow: FlowInstance, user: Any = None) -> None:
    """Delete a flow that nothing needs; ConfigurationError says what does."""
    _refuse(_("flow '%(flow)s' cannot be deleted") % {"flow": flow.name}, obstacles_of_flow(flow))
    with audit.acting(user):
        # The audit log asks each row for its tenant: the flow goes last.
        for children in (flow.mappings, flow.bindings, flow.routes):
            children.all().delete()
        flow.delete()


@transaction.atomic
def take_over_ledger(source: FlowInstance, target: FlowInstance, user: Any = None) -> int:
    """Move what ``source`` has sent to ``target``, which replaces it: the number of documents.

    Both switched off, of one tenant, type and company, nothing in the air, and ``target`` has sent nothing yet.
    """
    same = all(getattr(source, name) == getattr(target, name) for name in ("tenant_id", "flow_type", "company_id"))
    if not same or source.pk == target.pk:
        raise ConfigurationError(_("only another flow of the same tenant, type and company can take a ledger over"))
    problems = [
        _("'%(flow)s' is switched on: switch it off first") % {"flow": flow.name}
        for flow in (source, target)
        if flow.enabled
    ]
    if source.deliveries.filter(state__in=OPEN_STATES).exists():
        problems.append(_("'%(source)s' has documents under way: let it finish first") % {"source": source.name})
    if target.deliveries.exists():
        problems.append(_("'%(target)s' has sent documents of its own already") % {"target": target.name})
    _refuse(_("the ledger cannot be taken over"), problems)
    with audit.acting(user):
        target.state, target.first_enabled_at = dict(source.state), source.first_enabled_at
        target.save(update_fields=["state", "first_enabled_at"])
        return Delivery.objects.filter(flow=source).update(flow=target)


def used_by(connection: Connection) -> list[FlowInstance]:
    """Flows that use the connection: bound to a slot, or named in the config."""
    bound = set(connection.bindings.values_list("flow_id", flat=True))
    flows = FlowInstance.objects.filter(tenant_id=connection.tenant_id)
    return [flow for flow in flows if flow.pk in bound or connection.name in _named(flow)]


@transaction.atomic
def delete_connection(connection: Connection, user: Any = None) -> None:
    """Delete a connection that no flow uses."""
    names = ", ".join(flow.name for flow in used_by(connection))
    _refuse(
        _("connection '%(connection)s' cannot be deleted") % {"connection": connection.name},
        [_("these flows use it: %(names)s") % {"names": names}] if names else [],
    )
    with audit.acting(user):
        connection.delete()


@transaction.atomic
def rename_connection(connection: Connection, name: str, user: Any = None) -> None:
    """Another name, also in the configs that name it."""
    name, old = name.strip(), connection.name
    if not name or len(name) > 80:
        raise ConfigurationError(fields={"name": _("a connection needs a name of at most 80 characters")})
    if Connection.objects.filter(Q(tenant_id=connection.tenant_id, name=name) & ~Q(pk=connection.pk)).exists():
        raise ConfigurationError(fields={"name": _("there is a connection '%(name)s' already") % {"name": name}})
    with audit.acting(user):
        for flow in used_by(connection):
            flow_type = registry.flow_type(flow.flow_type)
            flow.config = values.rename_connections(flow_type, flow.config, lambda n: name if n == old else n)
            flow.save(update_fields=["config"])
        connection.name = name
        connection.save(update_fields=["name"])


@transaction.atomic
def delete_template(template: FlowTemplate, user: Any = None) -> None:
    """Delete one version that no flow was made of."""
    names = ", ".join(template.flows.values_list("name", flat=True)[:10])
    _refuse(
        _("template %(template)s cannot be deleted") % {"template": template},
        [_("these flows were made of it: %(names)s") % {"names": names}] if names else [],
    )
    with audit.acting(user):
        template.mappings.all().delete()  # before the template: the audit log asks each row for its tenant
        template.delete()


def _named(flow: FlowInstance) -> set[str]:
    if flow.flow_type not in registry.flow_types():
        return set()
    return values.named_connections(registry.flow_type(flow.flow_type), flow.config)


def _refuse(what: str, obstacles: list[str]) -> None:
    if obstacles:
        raise ConfigurationError(f"{what}: {'; '.join(obstacles)}")
