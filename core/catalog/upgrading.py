"""Upgrading a flow to another version of its template: three-way, keeping what the tenant made its own.

For every config key, mapping row and the schedule: the version the flow was made of (``base``), the flow (``mine``)
and the other version (``new``). What the tenant did not touch follows the template; what it changed stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import registry
from core.audit import note
from core.catalog import audit, comparing, updating
from core.catalog import rows as mapping_rows
from core.errors import ConfigurationError
from core.mapping.engine import Row
from core.models import FlowInstance, FlowTemplate

NEW, MINE = "new", "mine"


@dataclass(frozen=True)
class Change:
    """One line of an upgrade; None: not there.

    kind      config, mapping or schedule; ``name``: the config key, "section.target", "schedule"
    taken     "new" (the tenant left it alone) or "mine" (the tenant's own value); ``id`` tells upgrade() otherwise
    conflict  both changed it: a person should look
    """

    kind: str
    name: str
    base: Any
    mine: Any
    new: Any
    taken: str

    @property
    def id(self) -> str:
        """config:page_size"""
        return f"{self.kind}:{self.name}"

    @property
    def conflict(self) -> bool:
        """Did both change it?"""
        return self.taken == MINE and self.base != self.new

    @property
    def result(self) -> Any:
        """What the flow would have."""
        return self.new if self.taken == NEW else self.mine


def plan_upgrade(flow: FlowInstance, template: FlowTemplate) -> list[Change]:
    """What an upgrade to ``template`` would look at: every place where the new version differs from the flow or from
    the version it was made of. ``result != mine``: the flow would change there."""
    _check(flow, template)
    lines = [*_config(flow, template), *_mappings(flow, template)[0], *_schedule(flow, template)]
    return [line for line in lines if line.base != line.new or line.mine != line.new]


@transaction.atomic
def upgrade(
    flow: FlowInstance, template: FlowTemplate, choices: Mapping[str, str] | None = None, user: Any = None
) -> list[Change]:
    """Move the flow to ``template``; ``choices``: {change id: "new" | "mine"} where a person decided otherwise.

    Returns the changes that were made to the flow. Its state, ledger, connections and routes are not touched.
    """
    _check(flow, template)
    config = _config(flow, template, choices)
    mappings, rows = _mappings(flow, template, choices)
    schedule = _schedule(flow, template, choices)
    with audit.acting(user):
        if rows != mapping_rows.stored(flow):
            mapping_rows.write(flow, rows)
        updating.update_config(flow, _values(config), replace=True)
        for line in schedule:
            updating.update_schedule(flow, line.result or {})
        if flow.template_id != template.pk:
            flow.template = template
            flow.save(update_fields=["template"])
            note(flow, user, "template", f"{template.slug} v{template.version}")
    return [line for line in [*config, *mappings, *schedule] if line.result != line.mine]


def _check(flow: FlowInstance, template: FlowTemplate) -> None:
    if template.tenant_id != flow.tenant_id:
        raise ConfigurationError(
            _("template '%(template)s' is not one of tenant %(tenant)s: copy it to its own first")
            % {"template": template.slug, "tenant": flow.tenant.slug}
        )
    if template.flow_type != flow.flow_type:
        raise ConfigurationError(
            _(
                "flow '%(flow)s' is of %(flow_type)s, template '%(template)s' of %(flow_type2)s: a "
                "flow keeps its type; create another one"
            )
            % {
                "flow": flow.name,
                "flow_type": flow.flow_type,
                "template": template.slug,
                "flow_type2": template.flow_type,
            }
        )


def _line(kind: str, name: str, base: Any, mine: Any, new: Any, choices: Mapping[str, str] | None) -> Change:
    taken = NEW if mine in (base, new) else MINE
    chosen = (choices or {}).get(f"{kind}:{name}")
    return Change(kind, name, base, mine, new, chosen if chosen in (NEW, MINE) else taken)


def _config(flow: FlowInstance, template: FlowTemplate, choices: Mapping[str, str] | None = None) -> list[Change]:
    """A line a config key. A key that the flow type no longer knows is dropped."""
    base = flow.template.config if flow.template else {}
    known = registry.flow_type(flow.flow_type).Config.base_fields
    names = comparing.union(comparing.union(base, flow.config), template.config)
    return [
        _line("config", n, base.get(n), flow.config.get(n), template.config.get(n), choices)
        if n in known
        else Change("config", n, base.get(n), flow.config.get(n), None, NEW)
        for n in names
    ]


def _values(lines: list[Change]) -> dict[str, Any]:
    return {line.name: line.result for line in lines if line.result is not None}


def _mappings(
    flow: FlowInstance, template: FlowTemplate, choices: Mapping[str, str] | None = None
) -> tuple[list[Change], list[Row]]:
    """A line a row, and the rows that come out: in the new version's order, the tenant's own behind."""
    base = comparing.keyed(mapping_rows.stored(flow.template) if flow.template else [])
    mine, new = comparing.keyed(mapping_rows.stored(flow)), comparing.keyed(mapping_rows.stored(template))
    lines, rows = [], []
    for key in comparing.union(comparing.union(new, mine), base):
        shown = [comparing.shown(version.get(key)) for version in (base, mine, new)]
        line = _line("mapping", comparing.row_title(key), shown[0], shown[1], shown[2], choices)
        row = new.get(key) if line.taken == NEW else mine.get(key)
        lines.append(line)
        rows += [row] if row is not None else []
    return lines, mapping_rows.in_order(rows)


def _schedule(flow: FlowInstance, template: FlowTemplate, choices: Mapping[str, str] | None = None) -> list[Change]:
    base = flow.template.schedule if flow.template else {}
    return [_line("schedule", "schedule", base, flow.schedule, template.schedule, choices)]


def outdated(flow: FlowInstance, newest: FlowTemplate | None) -> bool:
    """Is there something to upgrade to?"""
    return bool(newest and flow.template and newest.pk != flow.template_id and newest.version > flow.template.version)
