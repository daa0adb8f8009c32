"""The Service Layer client against the sandbox: sessions, lists, marks, faults, over real HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.errors import ConfigurationError, DocumentRejected, NotFound, OutcomeUnknown, RetryLater
from integrations.erp import odata
from integrations.erp.client import ServiceLayerClient
from integrations.erp.errors import ChangedMeanwhile
from tests.sandbox_server import SandboxServer

Make = Callable[..., ServiceLayerClient]


def test_a_session_that_ended_is_renewed_by_one_of_many_threads(sandbox: SandboxServer, erp: Make) -> None:
    client = erp(sessions=2)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: client.count("Items"), range(16)))
        assert len(sandbox.effects("erp", "login")) <= 2
        sandbox.press("erp", "expire_sessions")
        counts = set(pool.map(lambda _n: client.count("Items"), range(16)))
    assert len(counts) == 1
    assert len(sandbox.effects("erp", "login")) <= 4


def test_an_idle_session_ends_and_nobody_notices(sandbox: SandboxServer, erp: Make) -> None:
    sandbox.switch("erp", "session_minutes", 0.005)
    client = erp()
    client.count("Items")
    time.sleep(0.4)
    assert client.count("Items") > 0
    assert len(sandbox.effects("erp", "login")) == 2


def test_sessions_side_by_side_are_faster_than_one(sandbox: SandboxServer, erp: Make) -> None:
    """The sandbox, as the ERP, does the requests of one session one after the other."""

    def seconds(sessions: int) -> float:
        client = erp(sessions=sessions)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _n: client.count("Items"), range(8)))  # log in
            sandbox.fault(system="erp", op="query", action="delay", seconds=0.15, times=4)
            started = time.monotonic()
            list(pool.map(lambda _n: client.count("Items"), range(4)))
        sandbox.clear_faults()
        return time.monotonic() - started

    one, four = seconds(1), seconds(4)
    assert one > 0.55
    assert four < one * 0.7


@pytest.mark.parametrize("form", ["path", "relative", "encoded"])
def test_marking_while_reading_misses_none(sandbox: SandboxServer, erp: Make, form: str) -> None:
    sandbox.switch("erp", "page_link", form)
    made = sandbox.erp_bulk("Orders", 53, U_SyncStatus="N")
    client = erp()
    seen: list[int] = []
    where = odata.all_of(f"DocEntry ge {made['first']}", odata.not_marked("U_SyncStatus"))
    for rows in client.query_pages("Orders", filter=where, select="DocEntry", page_size=10):
        seen += [row["DocEntry"] for row in rows]
        assert client.update_many("Orders", {row["DocEntry"]: {"U_SyncStatus": "Y"} for row in rows}) == {}
    assert seen == list(range(made["first"], made["last"] + 1))
    assert client.count("Orders", filter=where) == 0


def test_null_counts_as_not_marked(sandbox: SandboxServer, erp: Make) -> None:
    for code, mark in (("11028", None), ("14003", "N"), ("101010001", "Y")):
        sandbox.erp_put("Items", {"ItemCode": code, "U_ISSYN": mark})
    found = {row["ItemCode"] for row in erp().query("Items", filter=odata.not_marked("U_ISSYN"), select="ItemCode")}
    assert {"11028", "14003"} <= found
    assert "101010001" not in found


@pytest.mark.parametrize("code", ["A'B", "C/D?e=1&f#g", "100% + 1", "物料 甲", "x=1,y"])
def test_awkward_keys(sandbox: SandboxServer, erp: Make, code: str) -> None:
    client = erp()
    client.create("Items", {"ItemCode": code, "ItemName": code})
    client.update("Items", code, {"ForeignName": "seen"})
    assert client.get("Items", code)["ForeignName"] == "seen"
    assert client.first("Items", filter=odata.eq("ItemName", code))["ItemCode"] == code  # type: ignore[index]


def test_composite_keys(sandbox: SandboxServer, erp: Make) -> None:
    client = erp()
    key = {"ItemCode": "11028", "CardCode": "C30002"}
    client.create("SpecialPrices", {**key, "Price": 5})
    client.update("SpecialPrices", key, {"Price": 6})
    assert client.get("SpecialPrices", key)["Price"] == 6
    assert client.exists("SpecialPrices", key)


def test_an_etag_protects_a_change(sandbox: SandboxServer, erp: Make) -> None:
    client = erp()
    version = odata.etag(client.get("Drafts", 16))
    client.update("Drafts", 16, {"U_SyncStatus": "N"}, etag=version)
    with pytest.raises(ChangedMeanwhile):
        client.update("Drafts", 16, {"U_SyncStatus": "Y"}, etag=version)
    changes = {16: {"U_SyncStatus": "Y"}, 17: {"U_SyncStatus": "Y"}}
    failed = client.update_many("Drafts", changes, etags={16: version})
    assert (list(failed), type(failed[16])) == ([16], ChangedMeanwhile)


@pytest.mark.parametrize("batch", [0, 405])
def test_marks_with_and_without_batch(sandbox: SandboxServer, erp: Make, batch: int) -> None:
    sandbox.switch("erp", "batch", batch)
    client = erp()
    changes = {entry: {"U_SyncStatus": "Y"} for entry in (16, 17, 999, 18)} | {22: {"U_Nonsense": "Y"}}
    failed = client.update_many("Drafts", changes)
    assert {key: type(error) for key, error in failed.items()} == {999: NotFound, 22: DocumentRejected}
    assert [sandbox.erp_object("Drafts", entry)["U_SyncStatus"] for entry in (16, 17, 18)] == ["Y"] * 3


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_batch_is_repeated_one_by_one(sandbox: SandboxServer, erp: Make, when: str) -> None:
    client = erp()
    client.count("Drafts")
    sandbox.fault(system="erp", op="batch", when=when, action="drop", times=1)
    assert client.update_many("Drafts", {16: {"U_SyncStatus": "Y"}, 17: {"U_SyncStatus": "Y"}}) == {}
    assert sandbox.erp_object("Drafts", 17)["U_SyncStatus"] == "Y"


def test_version_two_works_too(sandbox: SandboxServer, erp: Make) -> None:
    client = erp(api_version="v2")
    made = sandbox.erp_bulk("Orders", 25)
    rows = list(client.query("Orders", filter=f"DocEntry ge {made['first']}", select="DocEntry", page_size=10))
    assert len(rows) == 25
    assert client.update_many("Drafts", {16: {"U_SyncStatus": "Y"}, 999: {"U_SyncStatus": "Y"}}).keys() == {999}
    with pytest.raises(NotFound) as caught:
        client.get("Drafts", 999)
    assert caught.value.code == "-2028"
    assert client.key_kinds("CONTRACT") == {"DocEntry": odata.INT}


def test_a_lost_answer_to_a_create_is_an_unknown_outcome(sandbox: SandboxServer, erp: Make) -> None:
    client = erp()
    client.count("Items")
    sandbox.fault(system="erp", op="create", when="after", action="drop", times=1)
    with pytest.raises(OutcomeUnknown):
        client.create("Items", {"ItemCode": "LOST", "ItemName": "x"})
    assert client.exists("Items", "LOST")


def test_an_outage_is_told_from_a_refusal(sandbox: SandboxServer, erp: Make) -> None:
    client = erp()
    with pytest.raises(DocumentRejected):
        client.create("Items", {"ItemCode": "11028", "ItemName": "there already"})
    sandbox.fault(system="erp", op="mark", action="status", status=503, times=1)
    with pytest.raises(RetryLater):
        client.update("Items", "11028", {"ForeignName": "x"})


def test_a_misspelt_object_or_field_is_a_setting(sandbox: SandboxServer, erp: Make) -> None:
    client = erp()
    with pytest.raises(ConfigurationError, match="items"):
        list(client.query("items"))
    with pytest.raises(ConfigurationError, match="U_Nonsense"):
        list(client.query("Items", filter="U_Nonsense eq 'Y'"))
    with pytest.raises(ConfigurationError, match="U_Nonsense"):
        list(client.query("Items", select="U_Nonsense"))


def test_the_recorder_knows_what_was_sent(sandbox: SandboxServer, erp: Make) -> None:
    client = erp()
    client.update("Items", "11028", {"ForeignName": "x"})
    step = client.recorder.take()[-1]
    assert (step.name, step.ok, step.input) == ("PATCH b1s/v1/Items(%2711028%27)", True, '{"ForeignName": "x"}')


def test_a_thread_that_ends_leaves_its_session_to_others(sandbox: SandboxServer, erp: Make) -> None:
    client = erp(sessions=1)
    seen: list[Any] = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: seen.append(client.count("Items")))
        thread.start()
        thread.join()
    assert len(seen) == 3
    assert len(sandbox.effects("erp", "login")) == 1
