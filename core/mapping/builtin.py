"""The transforms that come with the platform."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.mapping import dates, decimals, sources
from core.mapping.texts import text as written
from core.mapping.transforms import Scope, register_transform
from core.mapping.unknown import UnknownValueError

YES = frozenset({"tyes", "y", "yes", "true", "t", "1", "是", "√", "on"})
NO = frozenset({"tno", "n", "no", "false", "f", "0", "否", "×", "off"})
YES_NO = "是/否"
FIELD = re.compile(r"(?P<double>\{\{|\}\})|\{(?P<source>[^{}]*)\}|(?P<brace>[{}])")


@register_transform(
    "text",
    _("Text"),
    help=_("What a row without a transform does: 55.0 becomes 55, an ERP date 2026-01-31. Lists become JSON."),
)
def text(value: Any, argument: str, scope: Scope) -> str:
    """As ``texts.text``."""
    return written(value)


def as_text(value: Any, argument: str, scope: Scope) -> Any:
    """A row without a transform: ``text``, but lists and objects pass as they are (the flow knows their form)."""
    if type(value) is str:
        return value if len(value) < 19 else written(value)
    return value if isinstance(value, list | dict) else written(value)


@register_transform("number", _("Number"), help=_("Reads 1,200 and １２ too. A blank text counts as nothing."))
def number(value: Any, argument: str, scope: Scope) -> int | float | None:
    """A JSON number; None for a blank text."""
    parsed = decimals.parse(value)
    return None if parsed is None else decimals.plain(parsed)


@register_transform("integer", _("Whole number"), help=_("Refuses 5.5: nothing is rounded."))
def integer(value: Any, argument: str, scope: Scope) -> int | None:
    """An int; ValueError where something stands behind the point."""
    found = number(value, argument, scope)
    if isinstance(found, float):
        raise ValueError(gettext("%(value)s is not a whole number") % {"value": decimals.shown(value)})
    return found


def _check_pattern(argument: str, scope: Scope) -> None:
    if argument.strip():
        dates.pieces(argument.strip())


@register_transform(
    "date",
    _("Date"),
    help=_("yyyy-MM-dd unless a format is given. Moments are shown in the tenant's time zone."),
    argument=_("format"),
    optional=True,
    example="date:yyyy/MM/dd",
    check=_check_pattern,
)
def date(value: Any, argument: str, scope: Scope) -> str | None:
    """A day as text."""
    moment = dates.parse(value, scope.zone)
    return dates.written(moment, argument.strip() or dates.DATE) if moment else None


@register_transform(
    "datetime",
    _("Date and time"),
    help=_("yyyy-MM-dd HH:mm:ss unless a format is given, in the tenant's time zone."),
    argument=_("format"),
    optional=True,
    example="datetime:yyyy-MM-dd HH:mm",
    check=_check_pattern,
)
def date_and_time(value: Any, argument: str, scope: Scope) -> str | None:
    """A moment as text."""
    moment = dates.parse(value, scope.zone)
    return dates.written(moment, argument.strip() or dates.DATETIME) if moment else None


@register_transform("timestamp_ms", _("Timestamp (ms)"), help=_("Milliseconds since 1970; a day is its midnight."))
def timestamp_ms(value: Any, argument: str, scope: Scope) -> int | None:
    """Milliseconds since 1970-01-01 UTC of a moment, or of midnight of a day in the tenant's zone."""
    moment = dates.parse(value, scope.zone)
    return round(moment.timestamp() * 1000) if moment else None


@register_transform("timestamp_s", _("Timestamp (s)"), help=_("Seconds since 1970; a day is its midnight."))
def timestamp_s(value: Any, argument: str, scope: Scope) -> int | None:
    """Whole seconds, as ``timestamp_ms``."""
    moment = dates.parse(value, scope.zone)
    return int(moment.timestamp() // 1) if moment else None


def _words(argument: str) -> tuple[str, str]:
    yes, slash, no = (argument.strip() or YES_NO).partition("/")
    if not slash:
        raise ValueError(gettext("write the words for yes and no with a slash between them: Y/N"))
    return yes.strip(), no.strip()


@register_transform(
    "yes_no",
    _("Yes or no"),
    help=_("tYES, Y, true, 1 become 是; tNO, N, false, 0 become 否; other words may be given."),
    argument=_("words for yes and no"),
    optional=True,
    example="yes_no:Y/N",
    check=lambda argument, scope: _words(argument) and None,
)
def yes_no(value: Any, argument: str, scope: Scope) -> str | None:
    """The word for yes or no; None for a blank text."""
    word = written(value).strip().lower()
    if not word:
        return None
    if word not in YES and word not in NO:
        raise ValueError(gettext("%(value)s is neither yes nor no") % {"value": decimals.shown(value)})
    return _words(argument)[0 if word in YES else 1]


def _check_value_map(argument: str, scope: Scope) -> None:
    if argument.strip() not in scope.value_maps:
        known = ", ".join(sorted(scope.value_maps)) or "-"
        raise ValueError(gettext("unknown value map %(name)s; known: %(known)s") % {"name": argument, "known": known})


@register_transform(
    "lookup",
    _("Value map"),
    help=_("Looks the value up. A value that the map does not know refuses the document."),
    argument=_("name of the value map"),
    example="lookup:departments",
    check=_check_value_map,
    default_as_is=True,
    value_map=True,
)
def lookup(value: Any, argument: str, scope: Scope) -> Any:
    """What the map says; of a list, of each element. A blank text that the map does not know is nothing."""
    if isinstance(value, list):
        return [lookup(item, argument, scope) for item in value]
    rows = scope.value_maps[argument.strip()]
    word = written(value)
    for key in (word, word.strip()):
        if key in rows:
            return rows[key]
    if not word.strip():
        return None
    raise UnknownValueError(argument.strip(), word)


def template_sources(argument: str) -> Iterator[str]:
    """The sources between braces. Raises ValueError for a brace that stands alone."""
    for found in FIELD.finditer(argument):
        if found["brace"]:
            raise ValueError(gettext("a brace stands alone in the template; write {{ or }} for a brace itself"))
        if found["source"]:
            yield found["source"].strip()


def _check_template(argument: str, scope: Scope) -> None:
    for source in template_sources(argument):
        sources.reader(source)


@register_transform(
    "template",
    _("Text with fields"),
    help=_("Fields stand in braces; a missing one is empty. {} is the row's own source."),
    argument=_("text"),
    example="template:采购申请 {DocEntry} {header.Comments}",
    check=_check_template,
    takes_null=True,
    default_as_is=True,
)
def template(value: Any, argument: str, scope: Scope) -> str:
    """The text with its fields filled in."""

    def filled(found: re.Match[str]) -> str:
        if found["double"]:
            return found["double"][0]
        source = found["source"].strip()
        return written(scope.read(source) if source else value)

    return FIELD.sub(filled, argument)


@register_transform(
    "constant",
    _("Fixed value"),
    help=_("Always this text, whatever the source says."),
    argument=_("text"),
    optional=True,
    example="constant:默认",
    takes_null=True,
    default_as_is=True,
)
def constant(value: Any, argument: str, scope: Scope) -> str:
    """The argument."""
    return argument


def _length(argument: str) -> int:
    text = argument.strip()
    if not (text.isascii() and text.isdecimal()) or int(text[:9]) < 1:
        raise ValueError(gettext("the length must be a whole number above 0"))
    return int(text[:9])


@register_transform(
    "truncate",
    _("Shortened text"),
    help=_("The first characters only."),
    argument=_("number of characters"),
    example="truncate:20",
    check=lambda argument, scope: _length(argument) and None,
)
def truncate(value: Any, argument: str, scope: Scope) -> str:
    """The first n characters of the text."""
    return written(value)[: _length(argument)]


@register_transform(
    "join",
    _("Joined list"),
    help=_("The elements of a list as one text; nulls are left out. Without a separator: a comma; \\n: a new line."),
    argument=_("separator"),
    optional=True,
    example="join:、",
)
def join(value: Any, argument: str, scope: Scope) -> str:
    """The elements as texts with the separator between them; what is no list is written as text."""
    items = value if isinstance(value, list | tuple) else [value]
    separator = (argument or ",").replace("\\n", "\n")
    return separator.join(written(item) for item in items if item is not None)
