"""From a mapped document to the contents of an approval: each value in its control's form, checked before it leaves.

A mapping's targets are control ids, or titles where they are unique. What does not fit is said all at once, in the
words of the form.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.errors import DocumentRejected
from integrations.wecom import values
from integrations.wecom.template import Control, Template, named

FORM, TABLE = "form", "table"
SHOWN = 12  # problems named in one message
Cell = dict[str, Any]


@dataclass
class Filling:
    """One form being filled in; ``problems`` are the words for a person."""

    template: Template
    zone: ZoneInfo
    problems: list[str] = field(default_factory=list)
    _wrong: set[tuple[str, str]] = field(default_factory=set)  # (place, control id) that has its problem already

    def contents(self, form: dict[str, Any], rows: list[dict[str, Any]]) -> list[Cell]:
        """apply_data.contents, in the form's order. Raises DocumentRejected, naming every problem."""
        plain = self._by_control(self.template.fields(), form)
        cells = {control.id: self._cell(control, value) for control, value in plain}
        self._required([c for c in self.template.controls if not c.is_table], cells, "")
        for table, lines in self._rows_by_table(rows).items():
            cells[table.id] = self._table(table, lines)
        self._required_tables(cells)
        if self.problems:
            raise DocumentRejected(self._words())
        return [cell for control in self.template.controls if (cell := cells.get(control.id))]

    def _words(self) -> str:
        shown = self.problems[:SHOWN] + ["..."] * (len(self.problems) > SHOWN)
        message = _("The WeCom form “%(form)s” cannot be filled in: %(problems)s")
        return message % {"form": self.template.name, "problems": "; ".join(shown)}

    # -- finding the control

    def _by_control(self, controls: list[Control], given: dict[str, Any]) -> list[tuple[Control, Any]]:
        found = []
        for name, value in given.items():
            control = named(controls, name)
            if control is None:
                self.problems.append(self._unknown(name, controls))
            else:
                found.append((control, value))
        return found

    def _unknown(self, name: str, controls: list[Control]) -> str:
        """Why a target of section ``form`` is none."""
        other = self.template.by_id(name) or named(self.template.tables(), name)
        if other is not None and other.is_table:
            return _("%(control)s is a table: map its columns in section “table”") % {"control": other}
        if other is not None:
            return _("%(control)s is a column of a table: map it in section “table”") % {"control": other}
        return no_control(name, controls)

    def _rows_by_table(self, rows: list[dict[str, Any]]) -> dict[Control, list[list[tuple[Control, Any]]]]:
        """{table: its rows}. A column belongs to exactly one table."""
        found: dict[Control, list[list[tuple[Control, Any]]]] = {}
        for row in rows:
            by_table: dict[Control, list[tuple[Control, Any]]] = {}
            for name, value in row.items():
                place = self._column(name)
                if place is not None:
                    by_table.setdefault(place[0], []).append((place[1], value))
            for table, cells in by_table.items():
                found.setdefault(table, []).append(cells)
        return found

    def _column(self, name: str) -> tuple[Control, Control] | None:
        """(table, column) of a target of section ``table``."""
        pairs = [(table, child) for table in self.template.tables() for child in table.children]
        column = named([child for _table, child in pairs], name)
        if column is not None:
            return next((table, child) for table, child in pairs if child is column)
        problem = no_control(name, [child for _table, child in pairs], _("no table of the form has a column"))
        if problem not in self.problems:
            self.problems.append(problem)
        return None

    # -- values

    def _cell(self, control: Control, value: Any, place: str = "") -> Cell | None:
        if values.is_empty(value):
            return None
        try:
            filled = values.written(control, value, self.zone)
        except ValueError as error:
            self.problems.append(f"{place}{control}: {error}")
            self._wrong.add((place, control.id))
            return None
        return {"control": control.kind, "id": control.id, "value": filled}

    def _table(self, table: Control, lines: list[list[tuple[Control, Any]]]) -> Cell:
        children = []
        for number, line in enumerate(lines, 1):
            place = _("row %(number)s, ") % {"number": number}
            cells = {control.id: self._cell(control, value, place) for control, value in line}
            self._required(table.children, cells, place)
            children.append({"list": [cell for child in table.children if (cell := cells.get(child.id))]})
        return {"control": table.kind, "id": table.id, "value": {"children": children}}

    # -- what may not be missing

    def _required(self, controls: Iterable[Control], cells: dict[str, Cell | None], place: str) -> None:
        for control in controls:
            if control.required and not cells.get(control.id) and (place, control.id) not in self._wrong:
                self.problems.append(_("%(place)s%(control)s is required") % {"place": place, "control": control})

    def _required_tables(self, cells: dict[str, Cell | None]) -> None:
        for table in self.template.tables():
            cell = cells.get(table.id)
            if table.required and not (cell and cell["value"]["children"]):
                message = _("%(control)s needs at least one row: map its columns in section “table”")
                self.problems.append(message % {"control": table})


def no_control(name: str, controls: Iterable[Control], words: str = "") -> str:
    """What to say of a target that is no control, with those there are."""
    known = "、".join(str(control) for control in list(controls)[:20]) or "-"
    words = words or _("the form has no control")
    return _("%(words)s “%(name)s”; known: %(known)s") % {"words": words, "name": name, "known": known}


def mapping_problems(template: Template, form: set[str], table: set[str]) -> list[str]:
    """Before anything is sent: targets that are no controls, and required controls that no row fills."""
    filling = Filling(template, ZoneInfo("UTC"))
    mapped = {control.id for control, _value in filling._by_control(template.fields(), dict.fromkeys(form))}
    columns = [place for name in sorted(table) if (place := filling._column(name))]
    mapped |= {child.id for _table, child in columns}
    used = {table.id for table, _child in columns}
    wanted = [control for control in template.fields() if control.required]
    for owner in template.tables():
        if owner.required and owner.id not in used:
            message = _("%(control)s is a required table: map its columns in section “table”")
            filling.problems.append(message % {"control": owner})
        elif owner.id in used:
            wanted += [child for child in owner.children if child.required]
    filling.problems += [
        _("no mapping row fills the required control %(control)s") % {"control": control}
        for control in wanted
        if control.id not in mapped
    ]
    return filling.problems
