"""What a mapping makes of one document, row by row: for the mapping editor and the dry run. Nothing is raised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import ConfigurationError, DocumentRejected
from core.mapping.engine import Mapper, Part, Row
from core.mapping.steps import Step
from core.mapping.transforms import Scope

if TYPE_CHECKING:
    from core.flows.base import FlowType

LINES = 3  # lines tried of each section over lines


@dataclass(frozen=True)
class RowPreview:
    """One row tried on one source. ``line``: 1-based in its collection; 0 = the document itself or no line at all.

    ``value``: what the source held (None for a row that reads none); ``result`` None with no error: left out.
    """

    section: str
    target: str
    source: str
    line: int = 0
    value: Any = None
    result: Any = None
    error: str = ""


@dataclass(frozen=True)
class Preview:
    """``payload`` as the flow would send it; None where a row or the document was refused (see ``errors``)."""

    rows: list[RowPreview] = field(default_factory=list)
    payload: dict[str, Any] | None = None
    errors: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def preview(mapper: Mapper, body: dict[str, Any], lines: int = LINES) -> Preview:
    """Every row tried, in the order of sections and rows; of lines the first few."""
    rows: list[RowPreview] = []
    errors: list[str] = []
    for part in mapper.parts.values():
        try:
            rows += _tried(mapper, part, body, lines)
        except DocumentRejected as error:
            errors.append(error.message)
    payload, problem = _payload(mapper, body)
    if problem and problem not in errors:
        errors.append(problem)
    return Preview(rows, payload, errors)


def preview_rows(
    rows: Iterable[Row],
    flow_type: type[FlowType],
    config: dict[str, Any],
    value_maps: dict[str, dict[str, Any]],
    zone: str,
    body: dict[str, Any],
    lines: int = LINES,
) -> Preview:
    """As ``preview``, for rows that may be wrong themselves: a wrong one shows its mistake, the others are tried."""
    good: list[Row] = []
    wrong: list[RowPreview] = []
    for row in rows:
        try:
            Mapper([row], flow_type, config, value_maps, zone)
        except ConfigurationError as error:
            wrong.append(RowPreview(row.section, row.target, row.source, error=error.message))
        else:
            good.append(row)
    try:
        found = preview(Mapper(good, flow_type, config, value_maps, zone), body, lines)
    except ConfigurationError as error:  # the zone
        return Preview(wrong, None, [error.message])
    if not wrong:
        return found
    return Preview(wrong + found.rows, None, [row.error for row in wrong] + found.errors)


def _tried(mapper: Mapper, part: Part, body: dict[str, Any], lines: int) -> list[RowPreview]:
    if not part.over_lines:
        return [_row(step, mapper.scope(body), 0) for step in part.steps]
    elements = mapper.lines(part, body)[:lines] if part.steps else []
    if not elements:
        return [RowPreview(part.section.name, step.row.target, step.row.source) for step in part.steps]
    scopes = [mapper.scope({**line, "header": body}) for line in elements]
    return [_row(step, scope, number) for number, scope in enumerate(scopes, 1) for step in part.steps]


def _row(step: Step, scope: Scope, line: int) -> RowPreview:
    value = result = None
    error = ""
    try:
        value = step.read(scope.document)
        result = step.apply(scope)
    except DocumentRejected as refused:
        error = refused.message
    return RowPreview(step.row.section, step.row.target, step.row.source, line, value, result, error)


def _payload(mapper: Mapper, body: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    try:
        return mapper.payload(body), ""
    except DocumentRejected as error:
        return None, error.message
