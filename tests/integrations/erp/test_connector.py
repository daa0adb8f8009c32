"""Settings, connection test, discovery and actions, against the sandbox's ERP."""

from __future__ import annotations

from typing import Any

import pytest

from core import registry
from core.connectors.target import Target
from core.errors import ConfigurationError, ConnectionBroken, DocumentRejected
from integrations.erp.connector import DiApi, ServiceLayer, key_of, version_text
from tests.integrations.erp.conftest import target
from tests.sandbox_server import SandboxServer


def service_layer(sandbox: SandboxServer, **options: Any) -> ServiceLayer:
    return ServiceLayer(target(f"{sandbox.url}/erp", **options))


def di_api(sandbox: SandboxServer, password: str = "sandbox") -> DiApi:
    clean, secrets = DiApi.clean({"company_db": "SBODEMOCN", "username": "manager"}, {"password": password})
    return DiApi(Target(8, 1, "erp.di_api", "SQL", f"{sandbox.url}/diapi", clean, secrets))


def run(connector: Any, name: str, /, **inputs: Any) -> Any:
    action = type(connector).actions()[name]
    form = action.form(inputs)
    assert form.is_valid(), form.errors
    return action.run(connector, connector.client, **form.cleaned_data)


def test_both_are_registered() -> None:
    assert registry.connector("erp.service_layer") is ServiceLayer
    assert registry.connector("erp.di_api") is DiApi


def test_defaults_and_trimming() -> None:
    settings, secrets = ServiceLayer.clean({"company_db": "SBODEMOCN ", "username": " manager"}, {"password": " p "})
    assert settings == {
        "company_db": "SBODEMOCN", "username": "manager", "language": 15, "sessions": 4, "api_version": "v1",
        "page_size": None,
    }  # fmt: skip
    assert secrets == {"password": " p "}


@pytest.mark.parametrize("wrong", [{"company_db": " "}, {"sessions": 0}, {"api_version": "v3"}, {"database": "x"}])
def test_wrong_settings_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ServiceLayer.clean({"company_db": "X", "username": "m", **wrong}, {"password": "p"})
    assert list(caught.value.fields) == list(wrong)


@pytest.mark.parametrize(("number", "text"), [("1000190", "10.00.190"), (930220, "9.30.220"), ("", ""), ("x1", "x1")])
def test_the_version_as_people_write_it(number: Any, text: str) -> None:
    assert version_text(number) == text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("16", "16"),
        (" I001 ", "I001"),
        ("'O''Neil'", "O'Neil"),
        ("CardCode='C1',ItemCode=I1", {"CardCode": "C1", "ItemCode": "I1"}),
        ("A=B C,D", "A=B C,D"),
    ],
)
def test_keys_as_people_write_them(text: str, key: Any) -> None:
    assert key_of(text) == key


def test_the_check_shows_who_and_where_and_leaves_no_session(sandbox: SandboxServer) -> None:
    sandbox.press("erp", "expire_sessions")
    check = service_layer(sandbox).check()
    assert check.ok
    assert {"company": "SBODEMOCN", "user": "manager", "version": "10.00.190"}.items() <= check.facts.items()
    assert check.facts["ms"] >= 0
    assert sandbox.press("erp", "expire_sessions") == 0


def test_the_check_does_not_believe_a_cached_session(sandbox: SandboxServer) -> None:
    connector = service_layer(sandbox, user="approver1")
    connector.client.count("Items")
    sandbox.erp_put("Users", {"InternalKey": 12, "_password": "changed"})
    assert connector.client.count("Items") > 0  # the session goes on
    with pytest.raises(ConnectionBroken, match="Login failed"):
        connector.check()


def test_a_person_may_try_again_at_once(sandbox: SandboxServer) -> None:
    connector = service_layer(sandbox, user="locked1")
    with pytest.raises(ConnectionBroken):
        connector.client.count("Items")
    sandbox.erp_put("Users", {"InternalKey": 41, "Locked": "tNO"})
    with pytest.raises(ConnectionBroken):
        connector.client.count("Items")
    assert connector.check().ok
    assert connector.client.count("Items") > 0


@pytest.mark.parametrize("options", [{"password": "wrong-password"}, {"company_db": "NOSUCHDB"}, {"user": "nobody"}])
def test_wrong_credentials_in_words(sandbox: SandboxServer, options: dict[str, Any]) -> None:
    with pytest.raises(ConnectionBroken) as caught:
        service_layer(sandbox, **options).check()
    assert caught.value.code in ("100000027", "305")


def test_a_wrong_address_in_words(sandbox: SandboxServer) -> None:
    with pytest.raises(ConnectionBroken):
        ServiceLayer(target(f"{sandbox.url}/nowhere")).check()


def test_objects_and_fields_are_discovered(sandbox: SandboxServer) -> None:
    connector = service_layer(sandbox)
    names = {info.name for info in connector.discover("objects")}
    assert {"Items", "Drafts", "CONTRACT", "U_SCANLOG"} <= names
    fields = {(info.each, info.name): info for info in connector.discover("fields", object="Drafts")}
    assert fields["", "RequriedDate"].type == "date"
    assert fields["", "U_SyncStatus"].label
    assert fields["", "DocumentLines"].type == "table"
    assert fields["DocumentLines", "Quantity"].type == "number"
    assert fields["", "DocType"].options == ("dDocument_Items", "dDocument_Service")
    with pytest.raises(ConfigurationError, match="items"):
        connector.discover("fields", object="items")


def test_a_user_objects_lines_are_discovered(sandbox: SandboxServer) -> None:
    found = service_layer(sandbox).discover("fields", object="CONTRACT")
    assert {info.each for info in found} - {""}


def test_users_are_discovered(sandbox: SandboxServer) -> None:
    found = {info.name: info.label for info in service_layer(sandbox).discover("users")}
    assert "approver1" in found["12"]
    assert service_layer(sandbox).discover("anything") == []


def test_actions_read_and_write(sandbox: SandboxServer) -> None:
    connector = service_layer(sandbox)
    assert len(run(connector, "query", object="Items", select="ItemName", top=3)) == 3
    assert run(connector, "get", object="Items", key="11028")["ItemCode"] == "11028"
    run(connector, "create", object="Items", content='{"ItemCode": "N/1", "ItemName": "new"}')
    assert (
        run(connector, "update", object="Items", key="N/1", content='{"ItemName": "O\'Neil"}')["ItemName"] == "O'Neil"
    )
    draft = next(row for row in sandbox.erp_objects("Orders") if row["DocumentStatus"] == "bost_Open")
    run(connector, "run", object="Orders", key=str(draft["DocEntry"]), name="Close")
    assert sandbox.erp_object("Orders", draft["DocEntry"])["DocumentStatus"] == "bost_Close"
    assert not ServiceLayer.actions()["create"].form({"object": "Items", "content": "[1]"}).is_valid()
    writes = {name for name, action in ServiceLayer.actions().items() if action.writes}
    assert writes == {"create", "update", "run"}


def test_di_api_checks_and_runs_sql(sandbox: SandboxServer) -> None:
    connector = di_api(sandbox)
    assert connector.check().ok
    assert run(connector, "sql", sql='SELECT "ItemCode" FROM OITM WHERE "ItemCode" = \'11028\'') == [
        {"ItemCode": "11028"}
    ]
    assert run(connector, "sql", sql="")["message"] == "Sql不能为空"
    with pytest.raises(DocumentRejected):
        run(connector, "sql", sql="SELECT nonsense FROM nowhere")
    with pytest.raises(ConnectionBroken):
        di_api(sandbox, "wrong-password").check()
