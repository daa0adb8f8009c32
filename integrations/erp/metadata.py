"""The Service Layer's $metadata: which properties an entity set has, with the company's own user fields.

About 2.3 MB of XML with 251 types (v3); v4 differs in namespaces only. Kept small: names, kinds, collections.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from core.errors import ConnectionBroken
from integrations.erp import odata
from integrations.erp.entities import same_fields, table_of

_KINDS = {
    "String": odata.STRING,
    "Int16": odata.INT,
    "Int32": odata.INT,
    "Int64": odata.INT,
    "Byte": odata.INT,
    "Double": odata.DOUBLE,
    "Decimal": odata.DOUBLE,
    "Single": odata.DOUBLE,
    "DateTime": odata.DATE,
    "DateTimeOffset": odata.DATE,
    "Date": odata.DATE,
    "Time": odata.TIME,
    "TimeOfDay": odata.TIME,
}


class Unreadable(ConnectionBroken):
    """What came is no $metadata."""


_VERSION = 1  # of the packed form


@dataclass(frozen=True)
class Property:
    """``kind`` is a constant of odata; ``of``: the enumeration's or the collection's element type."""

    name: str
    kind: str = odata.STRING
    of: str = ""
    many: bool = False
    writable: bool = True

    @property
    def is_user_field(self) -> bool:
        return self.name.startswith("U_")


@dataclass(frozen=True)
class EntityType:
    """A type and its key properties."""

    name: str
    keys: tuple[str, ...]
    properties: dict[str, Property]

    @property
    def key_kinds(self) -> dict[str, str]:
        """{key property: kind} in order."""
        return {key: self.properties[key].kind for key in self.keys if key in self.properties}


@dataclass(frozen=True)
class Metadata:
    """``sets``: {entity set: type name}; ``tables``: {entity set: database table}, where the server names them."""

    sets: dict[str, str]
    types: dict[str, EntityType]
    enums: dict[str, dict[str, str]]
    tables: dict[str, str]

    def of_set(self, entity_set: str) -> EntityType | None:
        """The type of a set's elements."""
        return self.types.get(self.sets.get(entity_set, ""))

    def lines(self, entity_set: str, collection: str) -> EntityType | None:
        """The type of the elements of a set's collection (DocumentLines ...)."""
        kind = self.of_set(entity_set)
        found = kind.properties.get(collection) if kind else None
        return self.types.get(found.of) if found and found.many else None

    def shows(self, table: str, field: str) -> bool:
        """Is the field a property of a set over this table? Also True where no set is known to be over it."""
        over = [name for name in self.sets if same_fields(self.tables.get(name) or table_of(name), table)]
        if not over:
            return True
        return any(field in kind.properties for kind in map(self.of_set, over) if kind)

    def pack(self) -> bytes:
        """Small bytes for the cache."""
        types = {
            t.name: [t.keys, [[p.name, p.kind, p.of, p.many, p.writable] for p in t.properties.values()]]
            for t in self.types.values()
        }
        plain = [_VERSION, self.sets, types, self.enums, self.tables]
        return zlib.compress(json.dumps(plain, separators=(",", ":")).encode())

    @classmethod
    def unpack(cls, packed: bytes) -> Metadata | None:
        """The value of ``pack``; None for a form of another version."""
        version, *rest = json.loads(zlib.decompress(packed))
        if version != _VERSION:
            return None
        sets, types, enums, tables = rest
        made = {
            name: EntityType(name, tuple(keys), {p[0]: Property(*p) for p in properties})
            for name, (keys, properties) in types.items()
        }
        return cls(sets, made, enums, tables)


def parse(text: bytes) -> Metadata:
    """Read the XML. Raises Unreadable where it is none."""
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Unreadable(f"the ERP's $metadata is not readable: {error}") from error
    enums: dict[str, dict[str, str]] = {}
    types: dict[str, EntityType] = {}
    sets: dict[str, str] = {}
    tables: dict[str, str] = {}
    for element in root.iter():
        tag = _local(element)
        if tag == "EnumType":
            enums[element.get("Name", "")] = {m.get("Name", ""): m.get("Value", "") for m in element}
        elif tag in ("EntityType", "ComplexType"):
            entity = _entity(element)
            types[entity.name] = entity
        elif tag == "EntitySet":
            sets[element.get("Name", "")] = _bare(element.get("EntityType", ""))
            if element.get("TableName"):
                tables[element.get("Name", "")] = element.get("TableName", "")
    if not sets:
        raise Unreadable("the ERP's $metadata names no objects: is the address right?")
    return Metadata(sets, types, enums, tables)


def _entity(element: Element) -> EntityType:
    keys: list[str] = []
    properties: dict[str, Property] = {}
    for child in element:
        if _local(child) == "Key":
            keys = [ref.get("Name", "") for ref in child]
        elif _local(child) == "Property":
            made = _property(child)
            properties[made.name] = made
    return EntityType(element.get("Name", ""), tuple(keys), properties)


def _property(element: Element) -> Property:
    full = element.get("Type", "Edm.String")
    many = full.startswith("Collection(")
    inner = full.removeprefix("Collection(").rstrip(")")
    kind = _KINDS.get(_bare(inner), odata.STRING) if inner.startswith("Edm.") else odata.ENUM
    of = "" if inner.startswith("Edm.") else _bare(inner)
    return Property(element.get("Name", ""), "" if many else kind, of, many, element.get("Writable") != "false")


def _local(element: Any) -> str:
    """The tag without its namespace (v3 and v4 differ in it)."""
    return str(element.tag).rpartition("}")[2]


def _bare(type_name: str) -> str:
    return type_name.rpartition(".")[2]
