"""The connector: settings, test in words, discovery, actions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import translation

from core import registry
from core.errors import ConfigurationError, ConnectionBroken, DocumentRejected
from integrations.ecology.connector import Ecology
from tests.integrations.ecology import oa


@pytest.fixture(autouse=True)
def wire() -> Iterator[None]:
    with responses.mock:
        oa.issue_token()
        yield


@pytest.fixture
def connector() -> Ecology:
    return Ecology(oa.target())


def test_it_is_registered() -> None:
    assert registry.connector("ecology.oa") is Ecology
    assert Ecology.secret_names() == {"secret", "spk", "password"}


def test_an_spk_with_pem_armour_is_taken() -> None:
    armoured = f"-----BEGIN PUBLIC KEY-----\n{oa.spk()[:64]}\n{oa.spk()[64:]}\n-----END PUBLIC KEY-----\n"

    _workflows()
    assert Ecology(oa.target(spk=armoured)).check().ok


def _workflows() -> None:
    oa.answer("workflows", oa.SERVICE + "getCreateWorkflowList")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"spk": "not base64!"}, "spk"),
        ({"spk": "QUJD"}, "spk"),
        ({"spk": oa.spk(rsa.generate_private_key(65537, 1024))[:-20]}, "spk"),
        ({"secret": "x" * 199 + "y" * 60}, "secret"),
        ({"appid": ""}, "appid"),
        ({"wrong": "1"}, "wrong"),
    ],
)
def test_wrong_settings_are_named_before_any_call(changes: dict[str, str], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        oa.target(**changes)

    assert field in caught.value.fields


def test_a_secret_that_the_key_cannot_hold_is_named() -> None:
    small = rsa.generate_private_key(65537, 1024)

    with pytest.raises(ConfigurationError) as caught:
        oa.target(spk=oa.spk(small), secret="s" * 118)

    assert "117" in caught.value.fields["secret"]


def test_the_test_says_who_may_do_what(connector: Ecology) -> None:
    _workflows()

    with translation.override("en"):
        check = connector.check()

    assert check.ok
    assert "2978" in check.text
    assert "2 workflows" in check.text


def test_the_test_asks_for_a_fresh_token(connector: Ecology) -> None:
    _workflows()
    connector.check()
    responses.replace("POST", oa.TOKEN, json=oa.recorded("token_wrong_secret"))

    with pytest.raises(ConnectionBroken, match="secret"):
        connector.check()


def test_a_workflows_form_is_discovered(connector: Ecology) -> None:
    oa.answer("form", oa.SERVICE + "getCreateWorkflowRequestInfo", method="GET")

    number, date, urgency, quantity = connector.discover("form", workflow_id="781")

    assert (number.name, number.label, number.type, number.required) == ("djbh", "草稿单号", "text", True)
    assert (date.type, date.required) == ("date", True)
    assert urgency.options == ("0 普通", "1 重要")
    assert (quantity.name, quantity.type, quantity.each) == ("sl", "number", "formtable_main_1356_dt1")


def test_columns_are_discovered_from_a_row(connector: Ecology) -> None:
    oa.answer("cube_records", oa.CUBE + "getModeDataPageList/material")

    assert [field.name for field in connector.discover("cube", method="material")] == ["wlbm", "wlmc"]


def test_unknown_discoveries_find_nothing(connector: Ecology) -> None:
    assert connector.discover("nothing") == []


def test_actions_are_typed_and_the_writing_ones_marked() -> None:
    actions = Ecology.actions()

    assert {name for name, action in actions.items() if action.writes} == {
        "archive_request",
        "create_request",
        "save_data",
        "withdraw_request",
    }
    assert {"read_request", "read_form", "find_data"} <= set(actions)


def test_the_action_that_saves_a_row_tells_why_it_was_refused(connector: Ecology) -> None:
    oa.answer("cube_none_saved", oa.CUBE + "saveOrUpdateModeData/material")

    with pytest.raises(DocumentRejected, match="字段不存在"):
        connector.save_data(connector.client, method="material", operator="1", main_table={"xyz": "1"})


def test_the_action_that_creates_a_request_answers_its_number(connector: Ecology) -> None:
    oa.answer("created", oa.SERVICE + "doCreateRequest")

    made = connector.create_request(connector.client, workflow_id="781", title="t", main_data={"djbh": "1"})

    assert made == {"requestid": "3038137"}
