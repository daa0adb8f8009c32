"""What the mapping editor works with, for a flow as well as for one that the wizard is about to create."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from core import registry
from core.connectors.base import FieldInfo
from core.errors import B1FlowError, ConfigurationError
from core.flows.base import FlowType, Plan, Rehearsal, Sample, Section, Write
from core.flows.context import FlowContext
from core.mapping import automap, transforms
from core.mapping.engine import Mapper, Row
from core.mapping.preview import Preview, RowPreview, preview_rows
from core.models import FlowInstance, Tenant, ValueMap

FIELD = re.compile(r"^row-(\d+)-(section|source|target|transform|argument|default|required|value_map)$")


@dataclass
class Subject:
    """Whose mapping it is. ``context`` reads all that is needed for calls to the other systems."""

    tenant: Tenant
    flow_type: type[FlowType]
    config: dict[str, Any]
    rows: list[Row]
    context: Callable[[], FlowContext]

    @classmethod
    def of(cls, flow: FlowInstance) -> Subject:
        """A flow that exists."""
        from core.catalog import rows
        from core.flows import context

        kind = registry.flow_type(flow.flow_type)
        return cls(flow.tenant, kind, flow.config, rows.stored(flow), lambda: context.load(flow))

    def value_maps(self) -> dict[str, dict[str, Any]]:
        """The tenant's value maps by name."""
        return {m.name: m.rows for m in ValueMap.objects.filter(tenant=self.tenant)}


def rows_from(post: QueryDict) -> list[Row]:
    """The rows of the editor's form (``row-<n>-source`` ...), in order; rows without a target are left out."""
    found: dict[int, dict[str, str]] = {}
    for name, value in post.items():
        if match := FIELD.match(name):
            found.setdefault(int(match[1]), {})[match[2]] = str(value).strip()
    return [_row(given) for _number, given in sorted(found.items()) if given.get("target")]


def _row(given: dict[str, str]) -> Row:
    name, argument = given.get("transform", ""), given.get("argument", "")
    return Row(
        section=given.get("section", ""),
        source=given.get("source", ""),
        target=given["target"],
        transform=f"{name}:{argument}" if name and argument else name,
        default=given.get("default", ""),
        required=bool(given.get("required")),
        value_map=given.get("value_map", ""),
    )


def sections(subject: Subject, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """For the template: each section with its rows, numbered through the whole form."""
    rows = list(rows)
    declared = {section.name: section for section in subject.flow_type.sections}
    for row in rows:
        if row.section not in declared:
            declared[row.section] = next(iter(subject.flow_type.sections_for(row.section)), Section(row.section))
    numbered = [(number, row) for number, row in enumerate(rows)]
    return [
        {
            "section": section,
            "each": section.collection({**subject.flow_type.Config.defaults(), **subject.config}),
            "rows": [shown_row(number, row) for number, row in numbered if row.section == section.name],
        }
        for section in declared.values()
    ]


def shown_row(number: int, row: Row) -> dict[str, Any]:
    """A row with its transform taken apart."""
    name, argument = transforms.split(row.transform)
    return {"number": number, **asdict(row), "transform": name, "argument": argument}


def transform_choices() -> list[transforms.Transform]:
    """What the editor's picker offers."""
    return transforms.choices()


def fields(subject: Subject) -> dict[str, Any]:
    """What both sides offer, by section, asked of the systems: {section: {sources, targets}}, and what went wrong."""
    problems: list[str] = []
    found: dict[str, Any] = {}
    try:
        ctx = subject.context()
    except B1FlowError as error:
        return {"sections": {}, "problems": [str(error)]}
    for section in {s["section"] for s in sections(subject, subject.rows)}:
        found[section.name] = {
            "sources": _asked(problems, partial(ctx.flow_type.source_fields, ctx, section)),
            "targets": _asked(problems, partial(ctx.flow_type.target_fields, ctx, section)),
        }
    return {"sections": found, "problems": list(dict.fromkeys(problems))}


def _asked(problems: list[str], ask: Callable[[], list[FieldInfo]]) -> list[FieldInfo]:
    try:
        return list(ask())
    except B1FlowError as error:
        problems.append(str(error))
        return []


def suggestions(subject: Subject, rows: list[Row]) -> dict[str, Any]:
    """智能映射 for every section: {suggestions: [{section, source, ...}], problems}."""
    known = fields(subject)
    found: list[dict[str, Any]] = []
    for entry in sections(subject, rows):
        section = entry["section"]
        sides = known["sections"].get(section.name)
        if not sides:
            continue
        required = {info.name for info in sides["targets"] if info.required} | set(section.required)
        mapped = {row.target for row in rows if row.section == section.name}
        # A target may be written by its name or by its title.
        taken = mapped | {info.name for info in sides["targets"] if str(info.label) in mapped}
        proposals = automap.propose(sides["sources"], sides["targets"], collection=entry["each"], taken=taken)
        found += [
            {"section": section.name, **asdict(p), "reason": str(p.reason), "required": p.target in required}
            for p in proposals
        ]
    return {"suggestions": found, "problems": known["problems"]}


@dataclass
class Tried:
    """A preview: the rows one by one, and what would be written. ``source``: what the rows read.

    ``errors``: why nothing would be written, or not all of it.
    """

    rows: list[RowPreview]
    writes: list[Write]
    source: Any = None
    notes: Sequence[str] = ()
    answer: Any = None
    errors: Sequence[str] = ()


def tried(subject: Subject, rows: list[Row], ctx: FlowContext, sample: Sample) -> Tried:
    """What the flow makes of a sample with these rows: nothing is sent. Raises what reading the sample raises."""
    maps, zone = subject.value_maps(), subject.tenant.zone
    good, wrong = [], []
    for row in rows:
        try:
            Mapper([row], subject.flow_type, ctx.config, maps, zone)
            good.append(row)
        except ConfigurationError as error:
            wrong.append(error.message)
    ctx.mapper = Mapper(good, subject.flow_type, ctx.config, maps, zone)
    rehearsal = ctx.flow_type.rehearse(ctx, sample)
    shown: Preview | None = None
    if rehearsal.source is not None:
        shown = preview_rows(rows, subject.flow_type, ctx.config, maps, zone, rehearsal.source)
    plan, problem = _planned(rehearsal) if not wrong else (Plan(), "")
    # A row that is refused is named by the plan, too, where the flow uses its section.
    errors = wrong if wrong else [problem] if problem else []
    source = sample.body if rehearsal.source is None else rehearsal.source
    return Tried(shown.rows if shown else [], plan.writes, source, plan.notes, plan.answer, errors)


def _planned(rehearsal: Rehearsal) -> tuple[Plan, str]:
    try:
        return rehearsal.plan(), ""
    except B1FlowError as error:
        return Plan(), error.message


def unmapped(subject: Subject, rows: list[Row]) -> list[str]:
    """Required targets without a row, in words."""
    words = _("%(section)s: %(target)s")
    have = {(row.section, row.target) for row in rows}
    return [
        words % {"section": section.label or section.name, "target": target}
        for section in subject.flow_type.sections
        for target in section.required
        if (section.name, target) not in have and (not section.each or section.collection(subject.config))
    ]
