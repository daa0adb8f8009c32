"""Free structures (bodies of any document, shapes of answers) as rows of name, type and value: nobody types JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

OBJECT, LIST, ANY = "object", "list", "any"
ROOTS: dict[str, tuple[type, ...]] = {OBJECT: (dict,), LIST: (list,), ANY: (dict, list)}


class StructureWidget(forms.Widget):
    """console/structure.js draws the rows; a hidden input carries what they make. ``places``: values to pick from."""

    def __init__(self, root: str = OBJECT, places: Sequence[str] = (), attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.root, self.places = root, tuple(places)

    def id_for_label(self, id_: str) -> str:
        """The rows have labels of their own."""
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        given = {"name": name, "value": value or "", "id": (attrs or {}).get("id", f"id_{name}")}
        words, places = json.dumps(_words(), ensure_ascii=False), json.dumps(self.places, ensure_ascii=False)
        return format_html(
            '<div class="console-structure" role="group" data-structure="{}" data-words="{}" data-places="{}">'
            '<input type="hidden" name="{name}" value="{value}" id="{id}"></div>',
            self.root,
            words,
            places,
            **given,
        )


def _words() -> dict[str, Any]:
    """What structure.js shows."""
    return {
        "name": gettext("Field name"),
        "type": gettext("Type"),
        "value": gettext("Value"),
        "line": gettext("Line"),
        "remove": gettext("Remove row"),
        "field": gettext("Add field"),
        "row": gettext("Add line"),
        "types": {
            "text": gettext("Text"),
            "number": gettext("Number"),
            "truth": gettext("Yes or no"),
            "nothing": gettext("Nothing (null)"),
            "group": gettext("Group of fields"),
            "lines": gettext("List of lines"),
        },
        "yes": gettext("Yes"),
        "no": gettext("No"),
    }


class StructureField(forms.JSONField):
    """An object, a list, or any of both (``root``), edited in rows; ``apply`` and scripts give it as it is."""

    def __init__(self, *, root: str = OBJECT, places: Sequence[str] = (), **options: Any) -> None:
        self.root = root
        options.setdefault("widget", StructureWidget(root, places))
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        if found is None or isinstance(found, ROOTS[self.root]):
            return found
        raise forms.ValidationError(_("Fields or lines are wanted here, not a single value."), code="invalid")

    def prepare_value(self, value: Any) -> Any:
        return "" if value in (None, "") else super().prepare_value(value)
