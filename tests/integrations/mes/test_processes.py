"""The last process of a work order (protocol B8)."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import DocumentRejected
from integrations.mes.processes import is_of_last, last_process


def plan(*numbers: str, follow: tuple[tuple[str, str], ...] = (), codes: str = "") -> dict[str, Any]:
    """Processes 17, 18 ... of definitions 1, 2 ... with these numbers; ``follow``: which comes after which."""
    letters = codes or "ABCDEFGH"
    processes = [
        {"id": 17 + n, "processId": 1 + letters.index(letters[n]), "processNum": number, "processSeq": n,
         "processCode": letters[n]}
        for n, number in enumerate(numbers)
    ]  # fmt: skip
    ids = {p["processNum"]: p["id"] for p in processes}
    connections = [
        {"prevProcessNum": a, "nextProcessNum": b, "prevProcessId": ids[a], "nextProcessId": ids[b]} for a, b in follow
    ]
    return {"processes": processes, "processConnections": connections}


def of(given: dict[str, Any], number: str, by: str = "processId") -> dict[str, Any]:
    """A report of the process with this number."""
    process = next(p for p in given["processes"] if p["processNum"] == number)
    if by == "id":
        return {"processId": process["id"], "processCode": process["processCode"]}
    return {by: process[by], "processCode": process["processCode"]}


@pytest.mark.parametrize(
    ("numbers", "last"),
    [
        (("10", "100", "20"), "100"),
        (("100", "20", "10"), "100"),
        (("9", "10"), "10"),
        (("OP10", "OP100", "OP20"), "OP100"),
        (("A2", "B1"), "B1"),
        (("1",), "1"),
        (("", "5"), "5"),
    ],
)
def test_numbers_compare_as_numbers(numbers, last):
    assert last_process(plan(*numbers))["processNum"] == last


def test_equal_numbers_go_by_their_sequence():
    given = plan("10", "10")
    assert last_process(given)["id"] == 18


def test_connections_go_before_numbers():
    given = plan("30", "10", "20", follow=(("10", "20"), ("20", "30")))
    assert last_process(given)["processNum"] == "30"
    given = plan("30", "10", "20", follow=(("30", "10"), ("10", "20")))
    assert last_process(given)["processNum"] == "20"


def test_connections_with_several_ends_or_none_say_nothing():
    assert last_process(plan("10", "20", "30", follow=(("10", "20"), ("10", "30"))))["processNum"] == "30"
    assert last_process(plan("10", "20", follow=(("10", "20"), ("20", "10"))))["processNum"] == "20"


def test_connections_without_ids_go_by_numbers():
    given = plan("20", "10")
    given["processConnections"] = [{"prevProcessNum": "20", "nextProcessNum": "10"}]
    assert last_process(given)["processNum"] == "10"


@pytest.mark.parametrize("by", ["id", "processId", "processCode"])
def test_a_report_names_its_process_by_id_definition_or_code(by):
    given = plan("10", "100", "20")
    assert is_of_last(of(given, "100", by), given)
    assert not is_of_last(of(given, "20", by), given)


@pytest.mark.parametrize(
    "given", [{}, {"processes": []}, {"processes": None}, {"processes": [], "processConnections": []}]
)
def test_without_processes_everything_is_the_last_step(given):
    assert is_of_last({"processId": None}, given)


def test_a_process_that_stands_twice_cannot_be_told():
    given = plan("10", "20", "30", codes="JZJ")
    with pytest.raises(DocumentRejected):
        is_of_last(of(given, "10"), given)
    assert not is_of_last(of(given, "20"), given)
    assert is_of_last(of(given, "30", "id"), given)  # by its own id it can


def test_a_process_that_stands_twice_but_not_at_the_end_can_be_told():
    given = plan("10", "20", "30", codes="JJZ")
    assert not is_of_last(of(given, "10"), given)


@pytest.mark.parametrize(
    "report", [{}, {"processId": 999, "processCode": "X"}, {"processId": None, "processCode": None}]
)
def test_a_report_of_no_process_of_the_plan(report):
    with pytest.raises(DocumentRejected):
        is_of_last(report, plan("10", "20"))
