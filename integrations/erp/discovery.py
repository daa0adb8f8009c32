"""What a mapping can choose from: objects, fields and lines of the ERP, with the company's own user fields."""

from __future__ import annotations

from collections.abc import Iterable

from core.connectors.base import FieldInfo
from core.errors import B1FlowError, ConfigurationError
from integrations.erp import odata
from integrations.erp.client import ServiceLayerClient
from integrations.erp.entities import KEYS, same_fields, table_of
from integrations.erp.metadata import EntityType, Metadata, Property

SHOWN_TYPES = {
    odata.STRING: "text",
    odata.INT: "number",
    odata.DOUBLE: "number",
    odata.DATE: "date",
    odata.TIME: "time",
    odata.ENUM: "choice",
}
# Where "lines" is not said: the collections people map.
MAIN_LINES = ("DocumentLines", "StockTransferLines", "ProductionOrderLines", "SpecialPriceDataAreas", "BPAddresses")


def objects(client: ServiceLayerClient) -> list[FieldInfo]:
    """The entity sets: documents, master data, user tables (U_...) and user objects."""
    sets = client.metadata().sets
    return [FieldInfo(name, type="object") for name in sorted(sets, key=lambda n: (n not in KEYS, n))]


def fields(client: ServiceLayerClient, entity_set: str, lines: str | Iterable[str] = "") -> list[FieldInfo]:
    """Fields of an object, and of its collections ``lines`` (FieldInfo.each names the collection).

    Raises ConfigurationError for an object the ERP does not know.
    """
    metadata = client.metadata()
    kind = metadata.of_set(entity_set)
    if kind is None:
        raise ConfigurationError(f"the ERP has no object {entity_set!r} (upper and lower case count)")
    wanted = [lines] if isinstance(lines, str) and lines else list(lines)
    collections = wanted or [name for name in MAIN_LINES if name in kind.properties] or _first_collection(kind)
    table = metadata.tables.get(entity_set) or table_of(entity_set)
    labels = _labels(client, table, kind)
    found = [_info(metadata, prop, labels) for prop in kind.properties.values()]
    for collection in collections:
        element = metadata.lines(entity_set, collection)
        if element is not None:
            labels = _labels(client, _line_table(table), element)
            found += [_info(metadata, prop, labels, collection) for prop in element.properties.values()]
    return found


def users(client: ServiceLayerClient) -> list[FieldInfo]:
    """The ERP's users: name is the internal key that approvals use."""
    rows = client.query("Users", select="InternalKey,UserCode,UserName")
    return [FieldInfo(str(row["InternalKey"]), f"{row.get('UserCode')} {row.get('UserName') or ''}") for row in rows]


def _first_collection(kind: EntityType) -> list[str]:
    """A user object's lines."""
    return [p.name for p in kind.properties.values() if p.many and p.name.endswith("Collection")][:1]


def _line_table(table: str) -> str:
    """ORDR -> RDR1; the line table of a user object is its own name, not derived here."""
    return f"{table[1:]}1" if table.startswith("O") else table


def _info(metadata: Metadata, prop: Property, labels: dict[str, str], each: str = "") -> FieldInfo:
    shown = "table" if prop.many else SHOWN_TYPES.get(prop.kind, "text")
    options = tuple(metadata.enums.get(prop.of, {})) if prop.kind == odata.ENUM else ()
    return FieldInfo(prop.name, labels.get(prop.name, ""), shown, each=each, options=options)


def _labels(client: ServiceLayerClient, table: str, kind: EntityType) -> dict[str, str]:
    """{U_ field: description}. Names without descriptions are good enough: a refusal is no error here."""
    if not any(prop.is_user_field for prop in kind.properties.values()):
        return {}
    found: dict[str, str] = {}
    try:
        for row in client.query("UserFieldsMD", select="TableName,FieldID,Name,Description"):
            name = f"U_{row.get('Name')}"
            if name not in found or same_fields(str(row.get("TableName")), table):
                found[name] = str(row.get("Description") or "")
    except B1FlowError:
        return {}
    return found
