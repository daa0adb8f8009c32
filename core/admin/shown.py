"""How values are shown: JSON, lists of settings, times, links."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

EMPTY = "–"


def pretty(value: Any) -> SafeString | str:
    """JSON (a value, or text that may be JSON) in a readable block; plain text as it is."""
    if value in (None, "", {}, []):
        return EMPTY
    if isinstance(value, str):
        value = _parsed(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return format_html('<pre class="console-json" tabindex="0">{}</pre>', text)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def settings_list(fields: dict[str, forms.Field], values: dict[str, Any]) -> SafeString | str:
    """A form's fields with their values, for people who may look but not change."""
    rows = ((f.label or name, _worded(f, values.get(name, f.initial))) for name, f in fields.items())
    return (
        format_html('<dl class="console-facts">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows))
        if fields
        else EMPTY
    )


def _worded(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.BooleanField):
        return _("Yes") if value else _("No")
    if isinstance(field, forms.ChoiceField):
        choices: dict[Any, Any] = dict(field.choices)  # type: ignore[arg-type]
        return str(choices.get(value, value or EMPTY))
    text = field.prepare_value(value)
    return EMPTY if text in (None, "") else str(text)


def facts(pairs: Iterable[tuple[Any, Any]]) -> SafeString:
    """Pairs of label and value."""
    return format_html('<dl class="console-facts">{}</dl>', format_html_join("", "<dt>{}</dt><dd>{}</dd>", pairs))


def address(row: models.Model) -> str:
    """Address of a row's page in the console."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def link(row: models.Model | None, text: Any = None) -> SafeString | str:
    """Link to a row's page in the console."""
    return EMPTY if row is None else format_html('<a href="{}" class="console-link">{}</a>', address(row), text or row)
