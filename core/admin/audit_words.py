"""The audit log in words: entries keep names of fields and deeds; a person reads labels."""

from __future__ import annotations

from typing import Any

from auditlog.models import LogEntry
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import registry
from core.admin import shown
from core.models import Connection

# Deeds, and fields that no form shows.
NAMES = {
    "app_credentials": gettext_lazy("AppCodes"),
    "baseline": gettext_lazy("documents taken as sent"),
    "code_hash": gettext_lazy("AppCode"),
    "mappings": gettext_lazy("field mapping"),
    "previous_hash": gettext_lazy("previous AppCode"),
    "previous_until": gettext_lazy("previous AppCode valid until"),
    "reason": gettext_lazy("reason"),
    "replay": gettext_lazy("processed again"),
    "token_hash": gettext_lazy("API token"),
    "user fields": gettext_lazy("user fields"),
}
DEEDS = {
    "given up": gettext_lazy("given up"),
    "send again": gettext_lazy("send again"),
    "decision settled by hand": gettext_lazy("decision settled by hand"),
}
ARRIVED, ACTION = "arrived as ", "action "
HIDDEN = ("id", "checksum", "state", "fence", "lease_until", "lease_holder", "paused_by", "first_enabled_at")
OPERATIONS = {"add": gettext_lazy("added"), "delete": gettext_lazy("removed"), "clear": gettext_lazy("removed")}


def names(entry: LogEntry) -> list[str]:
    """What was changed, as a person calls it."""
    return [_name(entry, name) for name in _told(entry)]


def table(entry: LogEntry) -> SafeString | str:
    """What was changed, from what, to what."""
    rows = [(_name(entry, name), *_sides(entry, name, change)) for name, change in _told(entry).items()]
    if not rows:
        return shown.EMPTY
    head = format_html("<tr><th>{}</th><th>{}</th><th>{}</th></tr>", _("Field"), _("From"), _("To"))
    lines = format_html_join(
        "", '<tr><td>{}</td><td class="console-wrap">{}</td><td class="console-wrap">{}</td></tr>', rows
    )
    return format_html('<table class="console-table"><thead>{}</thead><tbody>{}</tbody></table>', head, lines)


def _told(entry: LogEntry) -> dict[str, Any]:
    """Without what says nothing: other tables' rows that point here, numbers of rows, the engine's fields."""
    kind, changes = entry.content_type.model_class(), entry.changes_dict
    engines = HIDDEN if kind is not None and kind._meta.model_name != "delivery" else ("id",)
    told = {name: change for name, change in changes.items() if name not in engines and not _points_here(kind, name)}
    return {
        name: change
        for name, change in told.items()
        if isinstance(change, dict) or change[0] != change[1] or change[0] == "***"
    }


def _field(kind: type[models.Model] | None, name: str) -> Any:
    try:
        return kind._meta.get_field(name) if kind is not None else None
    except FieldDoesNotExist:
        return None


def _points_here(kind: type[models.Model] | None, name: str) -> bool:
    field = _field(kind, name)
    return field is not None and field.auto_created and not field.concrete


def _name(entry: LogEntry, name: str) -> str:
    if name in NAMES:
        return str(NAMES[name])
    if name.startswith(ACTION):
        return _("action %(name)s") % {"name": _action(entry, name.removeprefix(ACTION))}
    field = _field(entry.content_type.model_class(), name)
    return str(getattr(field, "verbose_name", name))


def _action(entry: LogEntry, name: str) -> Any:
    """The label of a connector's action that was tried."""
    connection = Connection.objects.filter(pk=entry.object_id).only("connector").first()
    kind = registry.connectors().get(connection.connector) if connection else None
    actions = kind.actions() if kind else {}
    return actions[name].label if name in actions else name


def _sides(entry: LogEntry, name: str, change: Any) -> tuple[Any, Any]:
    if isinstance(change, dict):  # many to many
        operation = OPERATIONS.get(change.get("operation", ""), "")
        return operation, ", ".join(map(str, change.get("objects", [])))
    before, after = (_value(entry, name, value) for value in change[:2])
    return before, after


def _value(entry: LogEntry, name: str, value: Any) -> Any:
    """Choices, yes and no, and rows by their names; everything else as it was kept."""
    text = "" if value is None else str(value)
    if text in ("", "None"):
        return shown.EMPTY
    if text in DEEDS:
        return DEEDS[text]
    if text.startswith(ARRIVED):
        return _("arrived as %(number)s") % {"number": text.removeprefix(ARRIVED)}
    field = _field(entry.content_type.model_class(), name)
    if isinstance(field, models.BooleanField):
        return {"True": _("Yes"), "False": _("No")}.get(text, text)
    if isinstance(field, models.ForeignKey):
        return _row(field, text)
    return dict(getattr(field, "flatchoices", ()) or ()).get(text, text)


def _row(field: models.ForeignKey, text: str) -> str:
    """The row's name while it exists; its number after that."""
    found = field.related_model._default_manager.filter(pk=text).first() if text.isdecimal() else None
    return text if found is None else str(found)
