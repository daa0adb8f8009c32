"""The modelling interface: signature, rows, verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from core.errors import B1FlowError, ConfigurationError, ConnectionBroken, DocumentRejected, OutcomeUnknown
from integrations.ecology import cube
from integrations.ecology.client import EcologyClient
from integrations.ecology.cube import Record
from tests.integrations.ecology import oa

SAVE = oa.CUBE + "saveOrUpdateModeData/material"
ROWS = [Record({"wlbm": "A1"}), Record({"wlbm": "A2"}, bill_id="7")]


@pytest.fixture(autouse=True)
def wire() -> Iterator[None]:
    with responses.mock:
        oa.issue_token()
        yield


@pytest.fixture
def client() -> EcologyClient:
    return EcologyClient(oa.target())


def test_the_signature_is_the_published_vector() -> None:
    now = datetime(2023, 9, 20, 13, 4, 44, tzinfo=UTC)

    assert cube.header("SYS01", "PWD01", now) == {
        "systemid": "SYS01",
        "currentDateTime": "20230920210444",
        "Md5": "e4c5396a332b8f8fc914b87ba61cf3f4",
    }


def test_rows_are_sent_with_operator_id_and_wrapped_details(client: EcologyClient) -> None:
    oa.answer("cube_saved", SAVE)
    row = Record({"wlbm": "A2"}, {"detail1": [{"dz": "上海"}]}, "7")

    assert client.save_records("material", "15273", [Record({"wlbm": "A1"}), row]) == ["1001", "1002"]

    sent = oa.form(responses.calls[-1])["datajson"]
    assert list(sent) == ["header", "data"]
    first, second = sent["data"]
    assert first["mainTable"] == {"wlbm": "A1"}
    assert first["operationinfo"]["operator"] == "15273"
    assert second["mainTable"] == {"wlbm": "A2", "id": "7"}
    operate = {"action": "SaveOrUpdate", "actionDescribe": ""}
    assert second["detail1"] == [{"operate": operate, "data": {"dz": "上海"}}]
    assert responses.calls[-1].request.headers["token"]


@pytest.mark.parametrize("name", ["cube_saved", "cube_saved_code"])
def test_each_row_gets_its_billid(client: EcologyClient, name: str) -> None:
    oa.answer(name, SAVE)

    assert client.save_records("material", "1", ROWS) == ["1001", "1002"]


def test_a_body_that_is_json_text_is_opened_twice(client: EcologyClient) -> None:
    responses.add("POST", SAVE, json=json.dumps(oa.recorded("cube_saved")))

    assert client.save_records("material", "1", ROWS) == ["1001", "1002"]


def kinds(verdicts: list[str | B1FlowError]) -> list[Any]:
    return [verdict if isinstance(verdict, str) else type(verdict) for verdict in verdicts]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cube_partly_saved", ["1001", DocumentRejected]),
        ("cube_none_saved", [DocumentRejected, DocumentRejected]),
        ("cube_fewer_verdicts", ["1001", OutcomeUnknown]),
    ],
)
def test_a_refused_row_does_not_take_the_others_along(client: EcologyClient, name: str, expected: list[Any]) -> None:
    oa.answer(name, SAVE)

    verdicts = client.save_records("material", "1", ROWS)

    assert kinds(verdicts) == expected
    if expected[1] is DocumentRejected:
        assert "必填" in str(verdicts[1]) or "字段不存在" in str(verdicts[1])


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("cube_wrong_md5", ConnectionBroken, "systemid"),
        ("cube_unknown_method", ConfigurationError, "method"),
        ("cube_system_error", OutcomeUnknown, "系统异常"),
        ("userid_undecryptable", ConnectionBroken, "userid"),
    ],
)
def test_what_a_refused_call_means(client: EcologyClient, name: str, error: type, words: str) -> None:
    oa.answer(name, SAVE)

    with pytest.raises(error, match=words):
        client.save_records("material", "1", ROWS)


def test_rows_are_read_with_lower_case_columns(client: EcologyClient) -> None:
    oa.answer("cube_records", oa.CUBE + "getModeDataPageList/material")

    found = client.records("material", "1", {"wlbm": "A00006"})

    assert found == [{"id": "1001", "wlbm": "A00006", "wlmc": "HP 600"}]
    sent = oa.form(responses.calls[-1])["datajson"]
    assert sent["mainTable"] == {"wlbm": "A00006"}


def test_without_a_systemid_nothing_is_sent() -> None:
    client = EcologyClient(oa.target(systemid="", password=""))

    with pytest.raises(ConfigurationError, match="systemid"):
        client.save_records("material", "1", ROWS)

    assert not responses.calls


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["status", "code", "message", "datajson", "data", "billid", "msg"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@given(ANY_JSON, st.integers(1, 3))
def test_any_answer_gives_a_verdict_for_each_row_or_an_error_of_ours(body: Any, count: int) -> None:
    try:
        verdicts = cube.verdicts(body, count, "saveOrUpdateModeData/x")
    except B1FlowError:
        return
    assert len(verdicts) == count
    assert all(isinstance(v, B1FlowError) or int(v) > 0 for v in verdicts)
