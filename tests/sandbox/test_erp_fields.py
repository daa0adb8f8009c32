"""User fields, $metadata, attachments (protocol notes 2.8, 3.2)."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from tests.sandbox.erp_caller import Caller
from tests.sandbox_server import SandboxServer

MISSING = (404, -2028, "No matching records found (ODBC -2028)")
EDM = "{http://schemas.microsoft.com/ado/2009/11/edm}"


@pytest.fixture
def caller(sandbox: SandboxServer) -> Caller:
    return Caller(sandbox)


def test_files_of_a_draft(caller: Caller) -> None:
    entry = caller.get("Drafts(16)")["AttachmentEntry"]
    lines = caller.get(f"Attachments2({entry})")["Attachments2_Lines"]

    assert [(line["FileName"], line["FileExtension"]) for line in lines] == [("询价单", "txt"), ("图纸", "png")]
    path = f"Attachments2({entry})/$value"
    assert caller.send("GET", f"{path}?filename='%E5%9B%BE%E7%BA%B8.png'").content[:4] == b"\x89PNG"
    assert caller.send("GET", path).content.decode().startswith("聚氯乙烯")
    assert caller.refused("GET", f"{path}?filename='x.txt'") == MISSING


def test_upload_of_a_file(caller: Caller) -> None:
    files = {"files": ("合同.pdf", b"%PDF-1.4 \r\n\x00")}
    headers = {"Cookie": caller.cookie}
    made = caller.http.post(f"{caller.root}Attachments2", files=files, headers=headers, timeout=10).json()

    assert made["Attachments2_Lines"][0]["FileName"] == "合同"
    content = caller.send(
        "GET", f"Attachments2({made['AbsoluteEntry']})/$value?filename='%E5%90%88%E5%90%8C.pdf'"
    ).content
    assert content == b"%PDF-1.4 \r\n\x00"


def test_new_user_field_is_there_at_once(caller: Caller) -> None:
    field = {"Name": "ZZ", "Type": "db_Alpha", "Size": 5, "TableName": "ORDR", "Description": "新", "DefaultValue": "N"}
    made = caller.done("POST", "UserFieldsMD", field)

    assert made["FieldID"] == 0
    assert caller.rows("UserFieldsMD", filter="Name eq 'ZZ'")[0]["TableName"] == "ORDR"
    caller.done("PATCH", "Drafts(16)", {"U_ZZ": "Y"})  # one document table's field is on all of them
    assert caller.rows("Drafts", filter="U_ZZ eq 'Y'", select="DocEntry,U_ZZ")[0]["U_ZZ"] == "Y"
    assert caller.refused("POST", "UserFieldsMD", {**field, "TableName": "OPOR"})[1] == -2035


def test_new_user_field_waits_for_the_restart(sandbox: SandboxServer, caller: Caller) -> None:
    sandbox.switch("erp", "user_fields_after_restart", True)
    caller.done("POST", "UserFieldsMD", {"Name": "ZZ", "Type": "db_Numeric", "TableName": "OITM"})

    assert len(caller.rows("UserFieldsMD", filter="Name eq 'ZZ'")) == 1
    assert caller.refused("PATCH", "Items('11028')", {"U_ZZ": 1})[1] == -1000
    sandbox.press("erp", "restart")
    caller.done("PATCH", "Items('11028')", {"U_ZZ": "1"})
    assert caller.get("Items('11028')", select="U_ZZ")["U_ZZ"] == 1


def test_metadata_describes_types_sets_and_user_fields(caller: Caller) -> None:
    reply = caller.send("GET", "$metadata", B1S_WithMappingInfo="1")

    assert reply.headers["Content-Type"].startswith("application/xml")
    schema = next(ET.fromstring(reply.content).iter(f"{EDM}Schema"))
    kinds = {kind.get("Name"): kind for kind in schema if kind.tag in (f"{EDM}EntityType", f"{EDM}ComplexType")}
    enums = {enum.get("Name") for enum in schema.iter(f"{EDM}EnumType")}
    known = set(kinds) | enums
    for kind in kinds.values():
        names = [prop.get("Name") for prop in kind.findall(f"{EDM}Property")]
        assert len(names) == len(set(names))
        keys = [ref.get("Name") for ref in kind.iter(f"{EDM}PropertyRef")]
        assert set(keys) <= set(names)
        for prop in kind.findall(f"{EDM}Property"):
            own = prop.get("Type", "").removeprefix("Collection(").removesuffix(")").removeprefix("SAPB1.")
            assert own in known or own.startswith("Edm.")
    sets = {s.get("Name"): s.get("EntityType", "").removeprefix("SAPB1.") for s in schema.iter(f"{EDM}EntitySet")}
    assert sets["Drafts"] == sets["InventoryGenEntries"] == "Document"
    assert set(sets.values()) <= set(kinds)
    order = {prop.get("Name"): prop for prop in kinds["ProductionOrder"].findall(f"{EDM}Property")}
    assert order["U_SyncStatus"].get("Type") == "Edm.String"
    assert order["ProductionOrderStatus"].get("Alias") == "Status"
    assert "UpdateDate" not in order
    assert kinds["CONTRACT"].find(f"{EDM}Key") is not None


def test_service_document_lists_the_sets(caller: Caller) -> None:
    names = {row["name"] for row in caller.get("")["value"]}

    assert {"Items", "Drafts", "CONTRACT", "U_SCANLOG"} <= names
