"""A flow type with one section of each kind, and a mapper over it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.errors import DocumentRejected
from core.flows.base import FlowType, Section
from core.mapping.engine import Mapper, Row


class Orders(FlowType):
    key = "test.orders"
    sections = (
        Section("main", required=("wlbm",), optional=False),
        Section("lines", each="DocumentLines"),
        Section("chosen", each="config:lines_name", required=("no",), optional=False),
    )

    @classmethod
    def sections_for(cls, name: str) -> Iterator[Section]:
        if name.startswith("detail"):
            return iter([Section(name, each="DocumentLines", required=("a",))])
        return super().sections_for(name)


class ByName(FlowType):
    key = "test.by_name"
    sections = (
        Section("header", passthrough=True),
        Section("lines", each="config:lines_name", passthrough=True),
    )


VALUE_MAPS = {"departments": {"1": "D001", "-2": "D000", "yes": 1}, "empty": {"": "none"}}


def row(target: str, source: str = "", transform: str = "", *, section: str = "main", **options: Any) -> Row:
    return Row(section=section, source=source, target=target, transform=transform, **options)


def mapper(*rows: Row, flow_type: type[FlowType] = Orders, zone: str = "Asia/Shanghai", **config: Any) -> Mapper:
    return Mapper(rows, flow_type, config, VALUE_MAPS, zone)


def one(value: Any, transform: str = "", *, zone: str = "Asia/Shanghai", **options: Any) -> Any:
    """What one row makes of one value; None when it leaves the field out."""
    return mapper(row("t", "v", transform, **options), zone=zone).section("main", {"v": value}).get("t")


def refused(value: Any, transform: str, **options: Any) -> str:
    """The message with which the value was refused."""
    with pytest.raises(DocumentRejected) as error:
        one(value, transform, **options)
    return error.value.message
