"""The form of an approval template (vendor: "获取表单schema")."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TABLE = "TableField"
NEVER_SENT = frozenset({"TextNote"})
COMPUTED = frozenset({"CalculateField", "SeqNumberField", "SignatureField"})
COMPUTED_STARTS = ("OCR", "Invoice")


class UnreadableSchema(ValueError):
    """DingTalk answered something that is no form schema."""


@dataclass(frozen=True)
class Control:
    """One control. ``labels``: a range has two, everything else one; ``name`` is what DingTalk calls it on the wire."""

    kind: str
    id: str
    name: str
    labels: tuple[str, ...]
    alias: str = ""
    required: bool = False
    options: tuple[tuple[str, str], ...] = ()  # (text, key)
    several: bool = False
    with_time: bool = False
    most: int = 0  # stars
    children: tuple[Control, ...] = ()

    @property
    def label(self) -> str:
        """How a message calls it."""
        return " / ".join(self.labels)

    @property
    def settable(self) -> bool:
        return not (self.kind in NEVER_SENT | COMPUTED or self.kind.startswith(COMPUTED_STARTS))

    @property
    def is_note(self) -> bool:
        return self.kind in NEVER_SENT

    def answers_to(self, name: str) -> bool:
        """Is it called so: by its name on the wire, label, id or alias?"""
        return bool(name) and name in (self.name, self.id, self.alias, *self.labels)


@dataclass(frozen=True)
class Form:
    """``title``; ``published``: may it be started?"""

    title: str
    published: bool
    controls: tuple[Control, ...]

    def find(self, name: str) -> Control | None:
        """The control of this name (see ``Control.answers_to``); labels go before ids."""
        return find(self.controls, name)

    def tables(self) -> Iterator[Control]:
        return (control for control in self.controls if control.kind == TABLE)


def find(controls: tuple[Control, ...], name: str) -> Control | None:
    """The one of these controls that is called so."""
    wanted = name.strip()
    return next((control for control in controls if control.answers_to(wanted)), None)


def parse(result: Any) -> Form:
    """From the answer's ``result``. Raises UnreadableSchema."""
    content = result.get("schemaContent") if isinstance(result, dict) else None
    if isinstance(content, str):
        content = _json(content)
    items = content.get("items") if isinstance(content, dict) else None
    if not isinstance(content, dict) or not isinstance(items, list):
        raise UnreadableSchema("the answer holds no controls")
    title = str(content.get("title") or result.get("name") or "")
    status = str(result.get("status") or "PUBLISHED").upper()
    return Form(title, status == "PUBLISHED", tuple(_controls(items)))


def _controls(items: list[Any]) -> Iterator[Control]:
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("props"), dict):
            yield _control(item, item["props"])


def _control(item: dict[str, Any], props: dict[str, Any]) -> Control:
    kind, name = str(item.get("componentName") or ""), str(props.get("label") or "")
    parts = _json(name) if name.startswith("[") else None
    labels = tuple(str(part) for part in parts) if isinstance(parts, list) and parts else (name,)
    return Control(
        kind=kind,
        id=str(props.get("id") or ""),
        name=name,
        labels=labels,
        alias=str(props.get("bizAlias") or ""),
        required=_true(props.get("required")) and not _true(props.get("hidden")),
        options=tuple(_options(props.get("options"))),
        several=str(props.get("choice", "0")) == "1" or kind == "DDMultiSelectField",
        with_time="hh" in str(props.get("format") or "").lower(),
        most=_whole(props.get("limit") or props.get("count")),
        children=tuple(_controls(item.get("children") or [])) if kind == TABLE else (),
    )


def _options(options: Any) -> Iterator[tuple[str, str]]:
    """Texts, JSON texts and {key, value}: all three occur in real forms."""
    for option in options if isinstance(options, list) else []:
        if isinstance(option, str) and option.startswith("{"):
            option = _json(option) or option
        if isinstance(option, dict):
            yield str(option.get("value") or option.get("label") or ""), str(option.get("key") or "")
        else:
            yield str(option), ""


def _true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _whole(value: Any) -> int:
    return int(value) if str(value or "").isdigit() else 0


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
