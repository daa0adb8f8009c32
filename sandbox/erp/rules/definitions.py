"""User fields, tables and objects: the company's own part of the schema."""

from __future__ import annotations

from sandbox.erp import company as companies
from sandbox.erp import errors, settings
from sandbox.erp.sets import HEADER_TABLES, LINE_TABLES, TABLE_TYPES
from sandbox.erp.writing import AFTER_CREATE, AFTER_DELETE, AFTER_UPDATE, BEFORE_CREATE, Change, rule

SETS = ("UserFieldsMD", "UserTablesMD", "UserObjectsMD")


@rule(BEFORE_CREATE, "UserFieldsMD")
def new_field(change: Change) -> None:
    new, company = change.new, change.company
    table = new["TableName"] = str(new.get("TableName") or "").upper()
    if table not in TABLE_TYPES and not company.peek("UserTablesMD", table.lstrip("@")):
        raise errors.ServiceError(-2028, "No matching records found (ODBC -2028)", 400)
    fields = [f for f in company.bodies("UserFieldsMD") if f["TableName"] == table]
    family = HEADER_TABLES if table in HEADER_TABLES else LINE_TABLES if table in LINE_TABLES else {table}
    same = [f for f in company.bodies("UserFieldsMD") if f["TableName"] in family and f["Name"] == new.get("Name")]
    if not new.get("Name") or same:
        text = f"This entry already exists in the following tables (ODBC -2035): '{table}.{new.get('Name')}'"
        raise errors.ServiceError(-2035, text)
    new["FieldID"] = max((f["FieldID"] for f in fields), default=-1) + 1
    defaults = {"Type": "db_Alpha", "SubType": "st_None", "Mandatory": "tNO", "Description": new["Name"]}
    for name, value in defaults.items():
        new.setdefault(name, value)
    change.key = f"{table}|{new['FieldID']}"


@rule(BEFORE_CREATE, "UserTablesMD")
def new_table(change: Change) -> None:
    change.new["TableName"] = change.key = change.new["TableName"].upper()
    change.new.setdefault("TableType", "bott_NoObject")


@rule(AFTER_CREATE, *SETS)
@rule(AFTER_UPDATE, *SETS)
@rule(AFTER_DELETE, *SETS)
def announce(change: Change) -> None:
    """The running Service Layer sees the change at once, or only after its restart, as the switch says."""
    if not settings.FIELDS_AFTER_RESTART():
        companies.restart()
