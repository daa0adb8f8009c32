"""Applies FieldMapping rows: source path -> transform -> target field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.flows.base import FlowType
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


class Mapper:
    """The rows of one flow, compiled once."""

    def __init__(
        self,
        rows: Iterable[Row],
        flow_type: type[FlowType],
        config: dict[str, Any],
        value_maps: dict[str, dict[str, Any]],
        zone: str,
    ) -> None:
        raise NotImplementedError

    def section(self, name: str, source: dict[str, Any], header: dict[str, Any] | None = None) -> dict[str, Any]:
        """Map one source with one section's rows: {target: value}. Raises DocumentRejected naming the row."""
        raise NotImplementedError

    def payload(self, body: dict[str, Any]) -> dict[str, Any]:
        """All sections: {section: fields}, and {section: [fields per element]} for a section over lines."""
        raise NotImplementedError
