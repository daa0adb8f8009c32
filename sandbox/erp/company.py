"""One company database: its documents in the store, and its schema with its user fields, tables and objects."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sandbox import store
from sandbox.erp import schema
from sandbox.erp.schema import Property, Type
from sandbox.erp.sets import SETS, TABLE_TYPES, EntitySet

NAMES = {"SBODEMOCN": "演示账套", "SBODEMO2": "第二账套"}

_FIELD_TYPES = {"db_Alpha": "S", "db_Memo": "S", "db_Numeric": "I", "db_Date": "date", "db_Float": "D"}
_UDO_HEADER = {  # columns of every document-type user object
    "DocEntry!": "I", "DocNum!": "I", "Period!": "I", "Series": "I", "Canceled!": "S", "Object!": "S", "UserSign!": "I",
    "Status!": "S", "CreateDate!": "date", "CreateTime!": "time", "UpdateDate!": "date", "UpdateTime!": "time",
    "Creator!": "S", "Remark": "S",
}  # fmt: skip
_UDO_MASTER = {"Code": "S", "Name": "S", "DocEntry!": "I", "Canceled!": "S", "Object!": "S", "UserSign!": "I"}
_UDO_LINE = {"DocEntry!": "I", "LineId": "I", "VisOrder!": "I", "Object!": "S"}
_TABLE_ONLY = {"Code": "S", "Name": "S"}


class Company:
    """Reads and writes one company's documents; ``schema`` is what its Service Layer knows."""

    def __init__(self, code: str) -> None:
        self.code, self.system = code, f"erp:{code}"

    def find(self, kind: str, key: Any) -> dict | None:
        """A copy of the body, None when there is none."""
        try:
            return store.get(self.system, kind, key)
        except store.Missing:
            return None

    def peek(self, kind: str, key: Any) -> dict | None:
        """The body as kept: change nothing in it."""
        entry = store.peek(self.system, kind, key)
        return entry.body if entry else None

    def put(self, kind: str, key: Any, body: dict, *, silent: bool = False) -> dict:
        return store.put(self.system, kind, key, body, silent=silent)

    def bodies(self, kind: str) -> list[dict]:
        """Every body of a kind as kept, in key order: change nothing in them."""
        return [entry.body for entry in store.scan(self.system, kind)]

    @property
    def schema(self) -> CompanySchema:
        found = _schemas.get(self.code)
        if found is None:
            found = _schemas[self.code] = CompanySchema(self)
        return found


class CompanySchema:
    """Types and sets of a company as of the last start of its Service Layer."""

    def __init__(self, company: Company) -> None:
        self._fields: dict[str, list[dict]] = {}
        for user_field in company.bodies("UserFieldsMD"):
            self._fields.setdefault(user_field["TableName"], []).append(user_field)
        tables = {table["TableName"]: table for table in company.bodies("UserTablesMD")}
        self.types = {name: self._with_user_fields(kind) for name, kind in schema.TYPES.items()}
        self.sets: dict[str, EntitySet] = dict(SETS)
        for name, table in tables.items():
            if table.get("TableType") in (None, "bott_NoObject"):
                self._add_type(f"U_{name}", ("Code",), _TABLE_ONLY, f"@{name}")
                self.sets[f"U_{name}"] = EntitySet(f"U_{name}", f"U_{name}", f"@{name}")
        for user_object in company.bodies("UserObjectsMD"):
            self._add_object(user_object)

    def _with_user_fields(self, kind: Type) -> Type:
        tables = [table for table, names in TABLE_TYPES.items() if kind.name in names]
        fields = {f["Name"]: f for table in tables for f in self._fields.get(table, [])}
        return kind.extended([_user_property(f) for f in fields.values()])

    def _add_type(self, name: str, keys: tuple[str, ...], columns: dict[str, str], table: str) -> None:
        fixed = [Property(n.rstrip("!"), t, False, n.endswith("!"), n.rstrip("!")) for n, t in columns.items()]
        own = fixed + [_user_property(f) for f in self._fields.get(table, [])]
        self.types[name] = Type(name, keys, {p.name: p for p in own})

    def _add_object(self, user_object: dict) -> None:
        code, table = user_object["Code"], user_object["TableName"]
        document = user_object.get("ObjectType", "boud_Document") == "boud_Document"
        columns, key = (_UDO_HEADER, "DocEntry") if document else (_UDO_MASTER, "Code")
        self._add_type(code, (key,), columns, f"@{table}")
        children = user_object.get("UserObjectMD_ChildTables") or []
        for child in children:
            line = child["TableName"]
            self._add_type(line, (), _UDO_LINE, f"@{line}")
            collection = Property(f"{child.get('ObjectName') or line}Collection", line, many=True)
            self.types[code] = self.types[code].extended([collection])
        allowed = {"Cancel": user_object.get("CanCancel"), "Close": user_object.get("CanClose")}
        actions = tuple(action for action, can in allowed.items() if can == "tYES")
        lines = f"{children[0].get('ObjectName') or children[0]['TableName']}Collection" if children else ""
        line_table = f"@{children[0]['TableName']}" if children else ""
        self.sets[code] = EntitySet(code, code, f"@{table}", line_table, lines=lines, actions=actions)

    @cached_property
    def sets_by_lower_case(self) -> dict[str, str]:
        return {name.lower(): name for name in self.sets}


_schemas: dict[str, CompanySchema] = {}


def restart() -> None:
    """The Service Layer starts again: it sees every user field that exists."""
    _schemas.clear()


def by_code(code: str) -> Company | None:
    return COMPANIES.get(code)


def _user_property(user_field: dict) -> Property:
    kind = _FIELD_TYPES.get(user_field.get("Type") or "db_Alpha", "S")
    if user_field.get("SubType") == "st_Time":
        kind = "time"
    size = int(user_field.get("Size") or 0) if kind == "S" and user_field.get("Type") != "db_Memo" else 0
    name = f"U_{user_field['Name']}"
    default: Any = user_field.get("DefaultValue")
    if default not in (None, "") and kind in ("I", "D"):
        default = int(default) if kind == "I" else float(default)
    valid = tuple((v["Value"], v.get("Description") or "") for v in user_field.get("ValidValuesMD") or [])
    return Property(name, kind, column=name, size=size, default=default or None, valid_values=valid)


COMPANIES = {code: Company(code) for code in NAMES}
