"""Creating flows from templates (创建流), alone or with their companions (seed 2.5.5, 5.5.5, 6.5.4.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import registry
from core.catalog import audit, sharing, values, versions, wiring
from core.catalog import rows as mapping_rows
from core.catalog.schedules import check_schedule
from core.errors import ConfigurationError
from core.mapping.engine import Row
from core.models import Company, Connection, FlowInstance, FlowTemplate, Tenant

Rows = Sequence[dict[str, Any] | Row]


@dataclass(frozen=True)
class Companion:
    """What the wizard asked about a companion's flow; left out: the template's own words.

    ``routes``: template ids / process codes whose events the main flow, a callback router, sends to it.
    """

    name: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    mappings: Rows | None = None
    routes: tuple[str, ...] = ()


@transaction.atomic
def create_flow(
    tenant: Tenant,
    template: FlowTemplate,
    name: str,
    *,
    company: Company | None = None,
    connections: Mapping[str, Connection] | None = None,
    config: dict[str, Any] | None = None,
    mappings: Rows | None = None,
    schedule: dict[str, Any] | None = None,
    endpoint_key: str = "",
    user: Any = None,
) -> FlowInstance:
    """One flow, switched off. ``config`` goes over the template's by key; ``mappings`` replace the template's rows
    of every section they name. What is missing is asked for at enabling; what is wrong is refused now."""
    _check_template(tenant, template)
    flow_type = registry.flow_type(template.flow_type)
    wiring.check_company(tenant, company)
    bound = dict(connections or {})
    flow = FlowInstance(
        tenant=tenant,
        company=(company or common_company(bound)) if flow_type.has_company else None,
        name=free_name(tenant, name),
        flow_type=flow_type.key,
        template=template,
        config=_config(tenant, template, config or {}),
        schedule=check_schedule(flow_type, template.schedule if schedule is None else schedule),
        endpoint_key=wiring.endpoint_key_for(flow_type, endpoint_key),
    )
    rows = mapping_rows.rows_of(mappings or [], flow_type)
    with audit.acting(user):
        flow.save()
        wiring.bind(flow, bound)
        mapping_rows.write(flow, mapping_rows.merged(mapping_rows.stored(template), rows))
    return flow


@transaction.atomic
def create_with_companions(
    tenant: Tenant,
    template: FlowTemplate,
    name: str,
    *,
    company: Company | None = None,
    connections: Mapping[str, Connection] | None = None,
    companions: Mapping[str, Companion] | None = None,
    user: Any = None,
    **own: Any,
) -> list[FlowInstance]:
    """The template's flow and one for each companion template; the main flow comes first.

    ``connections`` serve all of them: each takes the slots that its type declares. ``companions``: {template key:
    what was asked about it}; ``own``: further arguments of ``create_flow`` for the main flow.
    """
    templates = [template, *companion_templates(tenant, template)]
    asked = dict(companions or {})
    _check_asked(templates, asked, connections or {})
    flow, *others = (
        create_flow(
            tenant,
            each,
            name if each is template else _companion_name(tenant, each, asked.get(each.slug), name),
            company=company,
            connections=_fitting(each, connections or {}),
            user=user,
            **(own if each is template else _own(asked.get(each.slug))),
        )
        for each in templates
    )
    with audit.acting(user):
        routes = {
            match: other for other, each in zip(others, templates[1:], strict=True) for match in _routes(asked, each)
        }
        if routes:
            wiring.set_routes(flow, routes)
    return [flow, *others]


def companion_templates(tenant: Tenant, template: FlowTemplate) -> list[FlowTemplate]:
    """The tenant's newest templates of everything that is created together with this one."""
    keys = [key for slug in template.companions for key in sharing.with_companions(tenant, slug)]
    found = [versions.own(tenant, key) for key in dict.fromkeys(keys) if key != template.slug]
    return [each for each in found if each is not None]


def free_name(tenant: Tenant, name: str) -> str:
    """The trimmed name; ConfigurationError when it is empty, too long or taken."""
    name = name.strip()
    if not name or len(name) > 120:
        raise ConfigurationError(fields={"name": _("a flow needs a name of at most 120 characters")})
    if FlowInstance.objects.filter(tenant=tenant, name=name).exists():
        raise ConfigurationError(
            fields={
                "name": _("tenant %(tenant)s has a flow '%(name)s' already") % {"tenant": tenant.slug, "name": name}
            }
        )
    return name


def unused_name(tenant: Tenant, name: str) -> str:
    """The name, or with a number behind it where it is taken."""
    taken = set(FlowInstance.objects.filter(tenant=tenant).values_list("name", flat=True))
    number, found = 2, name[:120]
    while found in taken:
        found, number = f"{name[:114]} {number}", number + 1
    return found


def _check_template(tenant: Tenant, template: FlowTemplate) -> None:
    if template.tenant_id != tenant.pk:
        raise ConfigurationError(
            _("template '%(template)s' is not one of tenant %(tenant)s: copy it to its own first")
            % {"template": template.slug, "tenant": tenant.slug}
        )


def _config(tenant: Tenant, template: FlowTemplate, given: dict[str, Any]) -> dict[str, Any]:
    flow_type = registry.flow_type(template.flow_type)
    config = {**template.config, **values.storable(flow_type, given)}
    values.check(flow_type, config, complete=False)
    values.check_named_connections(tenant, flow_type, config)
    return config


def common_company(connections: Mapping[str, Connection]) -> Company | None:
    """The one company that the connections belong to."""
    companies = {c.company for c in connections.values() if c.company_id}
    return companies.pop() if len(companies) == 1 else None


def _fitting(template: FlowTemplate, connections: Mapping[str, Connection]) -> dict[str, Connection]:
    declared = registry.flow_type(template.flow_type).connections
    return {slot: connection for slot, connection in connections.items() if slot in declared}


def _check_asked(
    templates: list[FlowTemplate], asked: dict[str, Companion], connections: Mapping[str, Connection]
) -> None:
    main, others = templates[0], [template.slug for template in templates[1:]]
    unknown = sorted(set(asked) - set(others))
    if unknown:
        raise ConfigurationError(
            _("template '%(main)s' has no companion %(names)s; it has: %(names2)s")
            % {"main": main.slug, "names": ", ".join(unknown), "names2": ", ".join(others) or "none"}
        )
    slots = {slot for each in templates for slot in registry.flow_type(each.flow_type).connections}
    for slot in connections:
        if slot not in slots:
            wiring.check_slot(registry.flow_type(main.flow_type), slot)


def _companion_name(tenant: Tenant, template: FlowTemplate, asked: Companion | None, main: str) -> str:
    return asked.name if asked and asked.name else unused_name(tenant, f"{main} - {template.name}")


def _own(asked: Companion | None) -> dict[str, Any]:
    return {"config": asked.config, "mappings": asked.mappings} if asked else {}


def _routes(asked: dict[str, Companion], template: FlowTemplate) -> tuple[str, ...]:
    return asked[template.slug].routes if template.slug in asked else ()
