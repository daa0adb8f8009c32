"""User fields in the ERP: found, missing, made, not visible before a restart."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import DocumentRejected
from core.flows.base import UserField
from integrations.erp import entities, preparation
from integrations.erp.client import ServiceLayerClient
from tests.sandbox_server import SandboxServer

Make = Callable[..., ServiceLayerClient]
NEW = UserField("ODRF", "U_OaNumber", "OA number", 60)
FLAG = UserField("OWOR", "U_NewFlag", "New flag", 1, default="N")


def test_what_is_there_is_not_missing(sandbox: SandboxServer, erp: Make) -> None:
    fields = [UserField("ODRF", "U_SyncStatus"), UserField("OITM", "U_ISSYN"), UserField("OWOR", "U_SyncFlag")]
    assert preparation.inspect(erp(), fields).ready


def test_a_field_of_one_document_is_on_all_of_them(sandbox: SandboxServer, erp: Make) -> None:
    assert preparation.problems(erp(), [UserField("OPOR", "U_SyncStatus"), UserField("OWTR", "U_SyncStatus")]) == []
    assert entities.same_fields("RDR1", "POR1")
    assert not entities.same_fields("ORDR", "RDR1")


def test_a_field_of_another_table_does_not_count(sandbox: SandboxServer, erp: Make) -> None:
    [line] = preparation.problems(erp(), [UserField("OITM", "U_REQUESTID")])
    assert "U_REQUESTID" in line
    assert "OITM" in line


def test_the_erps_own_fields_are_not_looked_for(sandbox: SandboxServer, erp: Make) -> None:
    client = erp()
    assert preparation.inspect(client, [UserField("OUSR", "FaxNumber")]).ready
    assert client.recorder.take() == []


def test_missing_fields_are_made_once(sandbox: SandboxServer, erp: Make) -> None:
    client = erp()
    assert preparation.inspect(client, [NEW, FLAG]).missing == (NEW, FLAG)
    assert preparation.create(client, [NEW, FLAG]) == [NEW, FLAG]
    assert preparation.create(client, [NEW, FLAG]) == []
    made = {row["Name"]: row for row in sandbox.erp_objects("UserFieldsMD") if row["Name"] in ("OaNumber", "NewFlag")}
    assert (made["OaNumber"]["Size"], made["OaNumber"]["TableName"]) == (60, "ODRF")
    assert made["NewFlag"]["DefaultValue"] == "N"
    client.update("Drafts", 16, {"U_OaNumber": "3038137"})
    assert sandbox.erp_object("Drafts", 16)["U_OaNumber"] == "3038137"


def test_a_new_field_waits_for_the_restart(sandbox: SandboxServer, erp: Make) -> None:
    sandbox.switch("erp", "user_fields_after_restart", True)
    client = erp()
    preparation.create(client, [NEW])
    found = preparation.inspect(client, [NEW])
    assert (found.missing, found.hidden) == ((), (NEW,))
    assert "U_OaNumber" in found.words()[0]
    sandbox.press("erp", "restart")
    assert preparation.problems(erp(), [NEW]) == []


def test_a_lost_answer_is_looked_up(sandbox: SandboxServer, erp: Make) -> None:
    client = erp()
    client.count("Items")
    sandbox.fault(system="erp", op="create", when="after", action="drop", times=1)
    assert preparation.create(client, [NEW]) == [NEW]
    assert preparation.inspect(client, [NEW]).ready


def test_a_refusal_is_shown(sandbox: SandboxServer, erp: Make) -> None:
    with pytest.raises(DocumentRejected):
        preparation.create(erp(), [UserField("NOSUCH", "U_X")])


def test_a_user_objects_table() -> None:
    assert entities.table_of("CONTRACT") == "@CONTRACT"
    assert entities.table_of("U_SCANLOG") == "@SCANLOG"
    assert entities.table_of("StockTransferDrafts") == "ODRF"
