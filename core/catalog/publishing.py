"""A flow as a template (发布为模板), and templates as files: nothing of the customer's goes along."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import registry
from core.catalog import audit, content, values, versions, yaml_text
from core.catalog import rows as mapping_rows
from core.catalog.document import Node
from core.errors import ConfigurationError
from core.models import FlowInstance, FlowTemplate, Tenant

# Config names whose values belong to one customer: ids of forms, users and departments, and whatever is secret.
_PRIVATE = re.compile(
    r"(^|_)(ids?|userid|process_code|operator|approvers?|notifyers|cc|fallback|since)$|passw|secret|token",
    re.IGNORECASE,
)


def private_names(flow: FlowInstance) -> list[str]:
    """Config names that a template should not carry: shown to the person who publishes, who may choose others."""
    flow_type = registry.flow_type(flow.flow_type)
    naming = values.naming_fields(flow_type, flow.config)
    declared = set(getattr(flow_type.Config, "private", ()))
    return [name for name in flow.config if name in naming | declared or _PRIVATE.search(name)]


@transaction.atomic
def publish_from_flow(
    flow: FlowInstance,
    key: str,
    name: str,
    *,
    description: str = "",
    changes: str = "",
    without: list[str] | None = None,
    user: Any = None,
) -> FlowTemplate:
    """The flow's config, mappings and schedule as a new version of its tenant's template ``key``.

    ``without``: config names to leave out (default ``private_names``); there the flow's template speaks again.
    Connections, endpoint keys and routes never go along. Unchanged content makes no new version.
    """
    base = flow.template
    left_out = set(private_names(flow) if without is None else without)
    defaults = base.config if base is not None else {}
    config = {n: v for n, v in flow.config.items() if n not in left_out}
    config |= {n: v for n, v in defaults.items() if n in left_out}
    given = content.Content(
        key=key,
        flow_type=flow.flow_type,
        name=name.strip(),
        description=description.strip() or (base.description if base is not None else ""),
        changes=changes.strip(),
        config=config,
        schedule=flow.schedule,
        companions=tuple(base.companions) if base is not None else (),
        rows=tuple(mapping_rows.stored(flow)),
    )
    return _stored(flow.tenant, content.read(Node(given.as_dict(), "template")), user)


def export_yaml(template: FlowTemplate) -> str:
    """The template as a file that ``import_yaml`` and ``load_templates`` read."""
    return yaml_text.dump(content.of(template).as_dict())


@transaction.atomic
def import_yaml(tenant: Tenant, text: str, user: Any = None) -> FlowTemplate:
    """A template file as the tenant's own newest version; unchanged content makes none."""
    return _stored(tenant, content.read(Node(yaml_text.parse(text, "template"), "template")), user)


def _stored(tenant: Tenant, given: content.Content, user: Any) -> FlowTemplate:
    given = _with_own_companions(tenant, given)
    newest = versions.own(tenant, given.key)
    if newest is not None and newest.checksum == given.checksum:
        return newest
    if newest is not None and newest.flow_type != given.flow_type:
        raise ConfigurationError(
            _("template '%(given)s' is of %(flow_type)s, this one of %(flow_type2)s: choose another key")
            % {"given": given.key, "flow_type": newest.flow_type, "flow_type2": given.flow_type}
        )
    with audit.acting(user):
        return versions.add(tenant, given)


def _with_own_companions(tenant: Tenant, given: content.Content) -> content.Content:
    """Companions that the tenant does not have are left out: nobody could create their flows."""
    have = [key for key in given.companions if versions.own(tenant, key) is not None]
    return replace(given, companions=tuple(have))
