"""An approval template: its controls, as gettemplatedetail describes them (page 91982)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("zh_CN", "zh")


@dataclass(frozen=True)
class Control:
    """A control of the form.

    kind      Text, Textarea, Number, Money, Date, Selector, Contact, File, Table ...
    options   ((key, texts in all languages), ...) of a Selector or a Vacation
    variant   the kind's own type: day/hour of a Date, single/multi of a Selector or Contact, halfday/hour of a range
    mode      user or department of a Contact
    children  the columns of a Table
    """

    kind: str
    id: str
    title: str
    required: bool = False
    titles: tuple[str, ...] = ()
    options: tuple[tuple[str, tuple[str, ...]], ...] = ()
    variant: str = ""
    mode: str = ""
    children: tuple[Control, ...] = ()

    @property
    def is_table(self) -> bool:
        return self.kind == "Table"

    def __str__(self) -> str:
        return f"{self.title or '?'} ({self.id})"

    def answers_to(self, name: str) -> bool:
        """Is this its id, or its title in any language?"""
        return name == self.id or name in self.titles


@dataclass(frozen=True)
class Template:
    """A form: ``controls`` in its order."""

    id: str
    name: str
    controls: tuple[Control, ...]

    @classmethod
    def of(cls, template_id: str, body: dict[str, Any]) -> Template:
        """From the answer of gettemplatedetail."""
        given = _object(body.get("template_content")).get("controls")
        return cls(template_id, text_of(body.get("template_names")), tuple(_controls(given)))

    def fields(self) -> list[Control]:
        """Controls outside of tables, without the tables."""
        return [control for control in self.controls if not control.is_table]

    def tables(self) -> list[Control]:
        """The tables."""
        return [control for control in self.controls if control.is_table]

    def by_id(self, control_id: str) -> Control | None:
        """A control or a table's column."""
        everything = [*self.controls, *(child for table in self.tables() for child in table.children)]
        return next((control for control in everything if control.id == control_id), None)


def named(controls: list[Control], name: str) -> Control | None:
    """The control with this id, or the only one with this title; None where there is none, or more than one."""
    name = name.strip()
    for control in controls:
        if control.id == name:
            return control
    found = [control for control in controls if control.answers_to(name)]
    return found[0] if len(found) == 1 else None


def text_of(given: Any) -> str:
    """The words of a [{text, lang}] list, Chinese first; "" for none."""
    texts = {str(entry.get("lang") or ""): str(entry.get("text") or "") for entry in _entries(given)}
    chinese = next((texts[language] for language in LANGUAGES if texts.get(language)), "")
    return chinese or next((text for text in texts.values() if text), "")


def texts_of(given: Any) -> tuple[str, ...]:
    """The words in all languages."""
    found = [str(entry.get("text") or "").strip() for entry in _entries(given)]
    return tuple(dict.fromkeys(text for text in found if text))


def _entries(given: Any) -> list[dict[str, Any]]:
    return [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []


def _controls(given: Any) -> Iterator[Control]:
    for entry in _entries(given):
        about = entry.get("property")
        if isinstance(about, dict) and about.get("id"):
            yield _control(about, _object(entry.get("config")))


def _object(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _control(about: dict[str, Any], config: dict[str, Any]) -> Control:
    kind = str(about.get("control") or "")
    # Config may hold keys that have nothing to do with this control: only its own kind's counts.
    own = _object(config.get(_CONFIG_KEYS.get(kind, kind.lower())))
    return Control(
        kind=kind,
        id=str(about["id"]),
        title=text_of(about.get("title")).strip(),
        required=str(about.get("require") or "0") == "1",
        titles=texts_of(about.get("title")),
        options=_options(kind, own),
        variant=str(own.get("type") or ""),
        mode=str(own.get("mode") or ""),
        children=tuple(_controls(own.get("children"))) if kind == "Table" else (),
    )


_CONFIG_KEYS = {
    "DateRange": "date_range",
    "RelatedApproval": "related_approval",
    "Vacation": "vacation_list",
    "BankAccount": "bank_account",
    "PunchCorrection": "punch_correction",
}


def _options(kind: str, own: dict[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if kind == "Vacation":
        return tuple((str(item.get("id")), texts_of(item.get("name"))) for item in _entries(own.get("item")))
    return tuple((str(option.get("key")), texts_of(option.get("value"))) for option in _entries(own.get("options")))
