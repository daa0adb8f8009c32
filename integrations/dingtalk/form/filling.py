"""From mapped values to ``formComponentValues``: by the form's schema, or as text where the form cannot be read."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from core.errors import DocumentRejected
from integrations.dingtalk.form import values
from integrations.dingtalk.form.schema import TABLE, Control, Form
from integrations.dingtalk.form.values import Unfit

MOST_CONTROLS = 150
Component = dict[str, str]


def filled(
    form: Form, fields: dict[str, Any], table: str = "", rows: list[dict[str, Any]] | None = None
) -> list[Component]:
    """``fields``: {control: value}; ``rows`` go into the control ``table``.

    Raises DocumentRejected naming every control that does not fit and every required one that is empty.
    """
    given = dict(fields)
    problems: list[str] = []
    if table:
        given[_table(form, table).name] = rows or []
    try:
        found = values.gathered(form.controls, given)
    except Unfit as error:
        raise DocumentRejected(
            _("The approval form “%(form)s”: %(problem)s.") % {"form": form.title, "problem": error}
        ) from None
    components = [_component(control, found, problems) for control in form.controls]
    sent = [component for component in components if component]
    if len(sent) > MOST_CONTROLS:
        problems.append(_("%(count)s controls; DingTalk takes %(most)s") % {"count": len(sent), "most": MOST_CONTROLS})
    if problems:
        text = _("The approval form “%(form)s” cannot be filled: %(problems)s.")
        raise DocumentRejected(text % {"form": form.title, "problems": "; ".join(problems)})
    return sent


def _table(form: Form, name: str) -> Control:
    control = form.find(name)
    if control is not None and control.kind == TABLE:
        return control
    known = ", ".join(each.label for each in form.tables()) or "-"
    text = _("The approval form “%(form)s” has no table “%(name)s” (table_control); its tables: %(known)s.")
    raise DocumentRejected(text % {"form": form.title, "name": name, "known": known})


def _component(control: Control, found: dict[str, Any], problems: list[str]) -> Component | None:
    try:
        text = values.cell(control, found.get(control.id or control.name))
    except Unfit as error:
        problems.append(str(error))
        return None
    if text:
        return {"name": control.name, "value": text}
    if control.required and control.settable:
        problems.append(_("“%(label)s” is required and empty") % {"label": control.label})
    return None


def as_text(fields: dict[str, Any], table: str = "", rows: list[dict[str, Any]] | None = None) -> list[Component]:
    """Without a schema: every value as text, a table in the one shape that DingTalk takes."""
    components = [
        {"name": name, "value": values.loose(value)} for name, value in fields.items() if value not in (None, "")
    ]
    if table and rows:
        cells = [
            [{"name": name, "value": values.loose(value)} for name, value in row.items() if value not in (None, "")]
            for row in rows
        ]
        components.append({"name": table, "value": json.dumps(cells, ensure_ascii=False, separators=(",", ":"))})
    return components
