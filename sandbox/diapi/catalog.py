"""The database's tables as SQLite views over the ERP's JSON documents.

Columns come from the types' database names; enumerations show their values ('Y', 'R'), times their integers. Keys are
the store's own indexed columns, so that joins by DocEntry or ItemCode stay quick.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.erp.company import Company, CompanySchema
from sandbox.erp.schema import ENUMERATIONS, Property, Type
from sandbox.erp.sets import EntitySet

_TABLE = "sandbox_record"


@dataclass(frozen=True)
class View:
    """``columns``: name -> SQL over ``r`` (the record) and ``l`` (a line); ``numeric``: names that hold numbers."""

    kind: str
    columns: dict[str, str]
    numeric: frozenset[str]
    lines: str = ""  # JSON path of the collection that gives the rows

    def statement(self, name: str, system: str) -> str:
        """CREATE TEMP VIEW; system and kind are ours, never a client's."""
        columns = ", ".join(f'{expression} AS "{column}"' for column, expression in self.columns.items())
        source = f"{_TABLE} r" + (f", json_each(r.body, '$.{self.lines}') l" if self.lines else "")
        where = f"r.system = '{system}' AND r.kind = '{self.kind}'"
        return f'CREATE TEMP VIEW "{name}" AS SELECT {columns} FROM {source} WHERE {where}'


def views(company: Company) -> dict[str, View]:
    """Every table of a company by its name."""
    schema = company.schema
    found: dict[str, View] = {}
    for entity_set in schema.sets.values():
        if entity_set.table not in found and entity_set.name != "StockTransferDrafts":
            found[entity_set.table] = _header(schema, entity_set)
        if entity_set.line_table and entity_set.lines and entity_set.line_table not in found:
            found[entity_set.line_table] = _lines(schema, entity_set, entity_set.lines)
    return {**found, **_further(schema), **_stock(schema)}


def _header(schema: CompanySchema, entity_set: EntitySet) -> View:
    kind = schema.types[entity_set.type]
    return View(entity_set.name, {**_columns(kind, "r.body"), **_keys(kind)}, _numeric(kind))


def _lines(schema: CompanySchema, entity_set: EntitySet, collection: str) -> View:
    owner = schema.types[entity_set.type]
    kind = schema.types[owner.properties[collection].type]
    columns = {**_columns(kind, "l.value"), **_keys(owner)}
    return View(entity_set.name, columns, _numeric(kind) | _numeric(owner), collection)


def _columns(kind: Type, body: str) -> dict[str, str]:
    """Column -> SQL; where two properties show one column (CANCELED) the first counts."""
    found: dict[str, str] = {}
    for prop in kind.properties.values():
        if not prop.many:
            found.setdefault(_column(prop), _expression(prop, body))
    return found


def _keys(kind: Type) -> dict[str, str]:
    """The key column of a single key, straight from the store's index."""
    if len(kind.keys) != 1:
        return {}
    prop = kind.properties[kind.keys[0]]
    return {_column(prop): "r.number" if prop.type == "I" else "r.key"}


def _column(prop: Property) -> str:
    return prop.column or prop.name


def _numeric(kind: Type) -> frozenset[str]:
    return frozenset(_column(p) for p in kind.properties.values() if p.type in ("I", "D", "time"))


def _expression(prop: Property, body: str) -> str:
    value = f"json_extract({body}, '$.{prop.name}')"
    if prop.type == "time":
        digits = f"replace({value}, ':', '')"
        return (
            f"CAST({digits} AS INTEGER)" if _column(prop).endswith("TS") else f"CAST(substr({digits}, 1, 4) AS INTEGER)"
        )
    if prop.type in ENUMERATIONS and prop.type != "BoObjectTypes":
        members = ENUMERATIONS[prop.type].members.items()
        return f"CASE {value} " + " ".join(f"WHEN '{m}' THEN '{v}'" for m, v in members) + " END"
    return value


def _further(schema: CompanySchema) -> dict[str, View]:
    """Tables that belong to a set, but to no collection named in sets.py."""
    approvals, stages = schema.sets["ApprovalRequests"], schema.sets["ApprovalStages"]
    partners, tables = schema.sets["BusinessPartners"], {}
    tables["WDD1"] = _lines(schema, approvals, "ApprovalRequestLines")
    tables["WST1"] = _lines(schema, stages, "ApprovalStageApprovers")
    tables["CRD1"] = _lines(schema, partners, "BPAddresses")
    tables["OCPR"] = _lines(schema, partners, "ContactEmployees")
    prices = _lines(schema, schema.sets["SpecialPrices"], "SpecialPriceDataAreas")
    tables["SPP1"] = prices
    admin = {name: f"json_extract(r.body, '$.{name}')" for name in ("CompnyName", "CompnyAddr")}
    tables["OADM"] = View("AdminInfo", {"Code": "1", **admin}, frozenset({"Code"}))
    return tables


def _stock(schema: CompanySchema) -> dict[str, View]:
    """Stock: by warehouse (OITW), batches (OBTN), batch quantities (OBTQ), bins (OBIN, OIBQ, OBBQ)."""
    warehouse = _lines(schema, schema.sets["Items"], "ItemWarehouseInfoCollection")
    return {
        "OITW": warehouse,
        "OBTN": _plain(
            "BatchNumberDetails",
            "AbsEntry:DocEntry ItemCode itemName:ItemDescription SysNumber:SystemNumber DistNumber:Batch "
            "MnfSerial:BatchAttribute1 LotNumber:BatchAttribute2 ExpDate:ExpirationDate MnfDate:ManufacturingDate "
            "InDate:AdmissionDate Notes:Details",
            "AbsEntry SysNumber",
            AbsEntry="r.number",
        ),
        "OBTQ": _plain(
            "BatchQuantities", "ItemCode SysNumber WhsCode Quantity MdAbsEntry", "SysNumber Quantity MdAbsEntry"
        ),
        "OBIN": _plain("BinLocations", "AbsEntry WhsCode:Warehouse BinCode", "AbsEntry", AbsEntry="r.number"),
        "OIBQ": _plain("BinQuantities", "ItemCode BinAbs WhsCode OnHandQty", "BinAbs OnHandQty"),
        "OBBQ": _plain("BinQuantities", "ItemCode BinAbs WhsCode OnHandQty SnBMDAbs", "BinAbs OnHandQty SnBMDAbs"),
    }


def _plain(kind: str, columns: str, numeric: str, **fixed: str) -> View:
    """``Column:Property`` words, columns named as their property where there is no colon."""
    pairs = (word.partition(":") for word in columns.split())
    found = {column: f"json_extract(r.body, '$.{prop or column}')" for column, _, prop in pairs}
    return View(kind, {**found, **fixed}, frozenset(numeric.split()))
