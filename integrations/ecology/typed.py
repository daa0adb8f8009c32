"""Values that came as text, made the types the ERP's $metadata wants; unknown fields are named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.mapping import dates, decimals, texts
from integrations.ecology.inbound import BadBody, Fields
from integrations.erp import odata
from integrations.erp.metadata import EntityType, Metadata, Property

USER_FIELD = "U_"


def header(metadata: Metadata, entity_set: str, fields: Fields, zone: ZoneInfo) -> Fields:
    """The header's fields. Raises BadBody: 40002 for an unknown object, 40004 and 40005 naming ``mainData.<field>``."""
    kind = metadata.of_set(entity_set)
    if kind is None:
        raise BadBody(40002, _("the ERP has no object %(name)s") % {"name": entity_set})
    return _typed(kind, fields, "mainData", zone)


def lines(
    metadata: Metadata, entity_set: str, collection: str, rows: Sequence[tuple[int, Fields]], zone: ZoneInfo
) -> list[Fields]:
    """The lines; ``rows`` with their numbers in what was sent. Raises BadBody: 40003 for an unknown collection."""
    kind = metadata.lines(entity_set, collection)
    if kind is None:
        place = {"name": collection, "object": entity_set}
        raise BadBody(40003, _("%(object)s of the ERP has no lines %(name)s") % place)
    return [_typed(kind, fields, f"detailData[{number}]", zone) for number, fields in rows]


def _typed(kind: EntityType, fields: Fields, place: str, zone: ZoneInfo) -> Fields:
    return {name: _value(kind, name, value, f"{place}.{name}", zone) for name, value in fields.items()}


def _value(kind: EntityType, name: str, value: Any, place: str, zone: ZoneInfo) -> Any:
    known = kind.properties.get(name)
    if known is None:
        if name.startswith(USER_FIELD):  # made since the Service Layer was started, perhaps: the ERP decides
            return value
        raise BadBody(40004, _("%(place)s: the ERP has no such field") % {"place": place})
    try:
        return _of_kind(known, value, zone)
    except ValueError as error:
        raise BadBody(40005, f"{place}: {error}") from None


def _of_kind(known: Property, value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, dict | list):
        return value
    convert = CONVERSIONS.get("" if known.many else known.kind)
    return convert(value, zone) if convert else value


def _number(value: Any, zone: ZoneInfo) -> Any:
    parsed = decimals.parse(value)
    return None if parsed is None else decimals.plain(parsed)


def _integer(value: Any, zone: ZoneInfo) -> Any:
    number = _number(value, zone)
    if isinstance(number, float):
        raise ValueError(_("%(value)s is not a whole number") % {"value": decimals.shown(value)})
    return number


def _date(value: Any, zone: ZoneInfo) -> str | None:
    moment = dates.parse(value, zone)
    return dates.written(moment, dates.DATE) if moment else None


def _text(value: Any, zone: ZoneInfo) -> str:
    return value if isinstance(value, str) else texts.text(value)


CONVERSIONS: dict[str, Callable[[Any, ZoneInfo], Any]] = {
    odata.INT: _integer,
    odata.DOUBLE: _number,
    odata.DATE: _date,
    odata.STRING: _text,
}
