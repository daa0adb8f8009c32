"""Applies FieldMapping rows: source path -> transform -> target field."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from core.errors import ConfigurationError, DocumentRejected
from core.mapping import sources, steps
from core.mapping.steps import Step
from core.mapping.transforms import Scope

if TYPE_CHECKING:
    from core.flows.base import FlowType, Section
    from core.models import FieldMapping


@dataclass(frozen=True)
class Row:
    """A mapping row as plain data."""

    section: str
    source: str
    target: str
    transform: str = ""
    default: str = ""
    required: bool = False
    value_map: str = ""

    @classmethod
    def of(cls, mapping: FieldMapping) -> Row:
        """From the database row."""
        return cls(
            mapping.section,
            mapping.source,
            mapping.target,
            mapping.transform,
            mapping.default,
            mapping.required,
            mapping.value_map,
        )


@dataclass
class Part:
    """A section with its compiled rows. ``over_lines``: its source is each element of ``collection``."""

    section: Section
    over_lines: bool
    collection: str
    steps: list[Step] = field(default_factory=list)

    @property
    def passes(self) -> bool:
        """Do the fields pass by name?"""
        return self.section.passthrough and not self.steps


class Mapper:
    """The rows of one flow, compiled once. Reads no database and changes nothing: threads may share it.

    Raises ConfigurationError, naming the row, for an expression, transform, argument or value map that is wrong.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        flow_type: type[FlowType],
        config: dict[str, Any],
        value_maps: dict[str, dict[str, Any]],
        zone: str,
    ) -> None:
        self._flow_type = flow_type
        self._config = config
        self._value_maps = value_maps
        self._zone = _zone(zone)
        self.parts = {section.name: self._part(section) for section in flow_type.sections}
        scope = self.scope({})
        for row in rows:
            if row.section not in self.parts:
                self.parts[row.section] = self._part(flow_type.section(row.section))
            self.parts[row.section].steps.append(steps.compiled(row, scope))
        # A header that passes by name leaves out what the line sections take.
        self._collections = frozenset(part.collection for part in self.parts.values() if part.collection)

    def section(self, name: str, source: dict[str, Any], header: dict[str, Any] | None = None) -> dict[str, Any]:
        """Map one source with one section's rows: {target: value}. Raises DocumentRejected naming the row."""
        if name not in self.parts:
            self._flow_type.section(name)  # raises for an unknown one; a known one has no rows
            return {}
        if not isinstance(source, dict):
            raise DocumentRejected(_("mapping %(section)s: the source is not an object") % {"section": name})
        part = self.parts[name]
        if part.passes:
            others = frozenset() if part.over_lines else self._collections
            return {key: value for key, value in source.items() if key not in others}
        scope = self.scope(source if header is None else {**source, "header": header})
        fields = {}
        for step in part.steps:
            value = step.apply(scope)
            if value is not None:
                fields[step.row.target] = value
        return fields

    def payload(self, body: dict[str, Any]) -> dict[str, Any]:
        """All sections: {section: fields}, and {section: [fields per element]} for a section over lines."""
        return {
            name: self._lines(part, body) if part.over_lines else self.section(name, body)
            for name, part in self.parts.items()
        }

    def lines(self, part: Part, body: dict[str, Any]) -> list[dict[str, Any]]:
        """The elements a section over lines is mapped from. Raises DocumentRejected where they are no objects."""
        found = sources.reader(part.collection)(body)
        if found is None:
            return []
        if isinstance(found, list) and all(isinstance(line, dict) for line in found):
            return found
        problem = _("%(collection)s of the document is not a list of lines") % {"collection": part.collection}
        raise DocumentRejected(problem)

    def scope(self, document: dict[str, Any]) -> Scope:
        """What the rows read from this document (or line)."""
        return Scope(document, self._value_maps, self._zone)

    def _part(self, section: Section) -> Part:
        return Part(section, bool(section.each), section.collection(self._config) if section.each else "")

    def _lines(self, part: Part, body: dict[str, Any]) -> list[dict[str, Any]]:
        if not part.steps and not part.passes:
            return []
        mapped = []
        for number, line in enumerate(self.lines(part, body), 1):
            try:
                mapped.append(self.section(part.section.name, line, body))
            except DocumentRejected as error:
                place = {"collection": part.collection, "number": number, "problem": error.message}
                message = _("%(collection)s, line %(number)s: %(problem)s") % place
                raise DocumentRejected(message, code=error.code) from error
        return mapped


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(_("unknown time zone %(name)s") % {"name": name}) from error


def check_rows(
    rows: Iterable[Row], flow_type: type[FlowType], config: dict[str, Any], value_map_names: Collection[str]
) -> list[str]:
    """Everything that is wrong with the rows of a flow, in words; empty: fine. For enable checks and editors."""
    rows = list(rows)
    scope = Scope({}, {name: {} for name in value_map_names}, ZoneInfo("UTC"))
    problems: list[str] = []
    for row in rows:
        problems += _row_problems(row, flow_type, scope)
    problems += _doubles(rows)
    for section in _sections(rows, flow_type):
        if section.collection(config) or not section.each:
            problems += _missing(section, {row.target for row in rows if row.section == section.name})
    return problems


def _row_problems(row: Row, flow_type: type[FlowType], scope: Scope) -> list[str]:
    try:
        flow_type.section(row.section)
        step = steps.compiled(row, scope)
    except ConfigurationError as error:
        return [error.message]
    if row.required and not (row.source.strip() or step.takes_null or step.default is not None):
        return [steps.named(row, _("a required field needs a source or a default"))]
    return []


def _doubles(rows: list[Row]) -> list[str]:
    seen: set[tuple[str, str]] = set()
    problems = []
    for row in rows:
        if (row.section, row.target) in seen:
            problems.append(steps.named(row, _("this field is mapped twice")))
        seen.add((row.section, row.target))
    return problems


def _sections(rows: list[Row], flow_type: type[FlowType]) -> list[Section]:
    """The declared sections, and numbered ones that rows use."""
    found = {section.name: section for section in flow_type.sections}
    for name in {row.section for row in rows} - set(found):
        found.update({section.name: section for section in flow_type.sections_for(name)})
    return list(found.values())


def _missing(section: Section, targets: set[str]) -> list[str]:
    """A section without rows that needs some, and required targets without a row."""
    if not targets and (section.passthrough or section.optional):
        return []
    problems = [] if targets else [_("mapping %(section)s has no rows") % {"section": section.name}]
    for target in section.required:
        if target not in targets:
            place = {"section": section.name, "target": target}
            problems.append(_("mapping %(section)s: the required field %(target)s has no row") % place)
    return problems
