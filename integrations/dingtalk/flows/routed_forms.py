"""The forms of the templates whose events are routed to a flow: what its mapping can read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from core.errors import B1FlowError
from core.flows.context import FlowContext
from core.mapping.sources import SPECIAL
from core.models import FlowRoute
from integrations.dingtalk.form.schema import TABLE, Control, Form, UnreadableSchema, find


def routed_forms(ctx: FlowContext) -> list[Form]:
    """Those that can be read; [] before there is a route."""
    codes = FlowRoute.objects.filter(target_id=ctx.flow.pk).values_list("match", flat=True)
    return list(_readable(ctx, list(codes)))


def _readable(ctx: FlowContext, codes: list[str]) -> Iterator[Form]:
    for code in codes:
        try:
            yield ctx.oa.schema(code)
        except (B1FlowError, UnreadableSchema) as error:
            ctx.recorder.add(f"form of {code}", slot="oa", ok=False, output=str(error))


def columns(form: Form, table: str) -> tuple[Control, ...] | None:
    """What one price is read from: the table's columns, or the form itself; None where there is no such table."""
    if not table:
        return form.controls
    control = form.find(table)
    return control.children if control is not None and control.kind == TABLE else None


def source_problems(form: Form, config: dict[str, Any], sources: set[str]) -> list[str]:
    """Plain source names that are no column; expressions are left alone."""
    known = columns(form, config["table_control"])
    if known is None:
        tables = ", ".join(table.label for table in form.tables()) or "-"
        text = _("The form “%(form)s” has no table “%(name)s” (table_control); its tables: %(known)s.")
        return [text % {"form": form.title, "name": config["table_control"], "known": tables}]
    plain = sorted(source for source in sources if source and not SPECIAL.intersection(source))
    return [
        _("The form “%(form)s” has no “%(name)s” to read from.") % {"form": form.title, "name": name}
        for name in plain
        if find(known, name) is None
    ]
