"""The error table: vendor code, HTTP status and method -> what happens next (SAP manual, codes seen live)."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from core.errors import (
    B1FlowError,
    ConfigurationError,
    ConnectionBroken,
    DocumentRejected,
    NotFound,
    OutcomeUnknown,
    RetryLater,
)
from integrations.erp.client import ServiceLayerClient
from integrations.erp.errors import ChangedMeanwhile
from tests.integrations.erp.conftest import HOST, refusal, service_layer, session

ROOT = f"{HOST}/b1s/v1"
TABLE: list[tuple[str, int, Any, type[B1FlowError]]] = [
    # read
    ("GET", 404, refusal(-2028, "No matching records found (ODBC -2028)"), NotFound),
    ("GET", 400, refusal(-2028, "No matching records found (ODBC -2028)"), NotFound),
    ("GET", 400, refusal(201, "Property 'U_X' is invalid"), ConfigurationError),
    ("GET", 400, refusal(-1000, "Property 'U_X' of 'Document' is invalid"), ConfigurationError),
    ("GET", 400, refusal(205, "the given value('') of property 'U_X' is not a NUMBER"), ConfigurationError),
    ("GET", 400, refusal(-1002, "Invalid entityset"), ConfigurationError),
    ("GET", 400, refusal(200, "Unrecognized resource path."), ConfigurationError),
    ("GET", 403, refusal(804, "no permission"), ConnectionBroken),
    ("GET", 429, None, RetryLater),
    ("GET", 500, None, RetryLater),
    ("GET", 500, refusal(312, "Fail to connect to SLD"), RetryLater),
    # change
    ("PATCH", 404, refusal(-2028, "No matching records found (ODBC -2028)"), NotFound),
    ("PATCH", 412, refusal(-2039, "Another user modified data"), ChangedMeanwhile),
    ("PATCH", 412, None, ChangedMeanwhile),
    ("PATCH", 400, refusal(-2039, "Another user modified data"), RetryLater),
    ("PATCH", 400, refusal(206, "Bad patch content."), DocumentRejected),
    ("PATCH", 400, refusal(-1000, "Property 'U_X' of 'Document' is invalid"), DocumentRejected),
    ("PATCH", 400, refusal(-1116, "procedure says no"), DocumentRejected),
    ("PATCH", 502, None, RetryLater),
    # create
    ("POST", 400, refusal(-5002, "Invalid BP code [OPDN.CardCode]"), DocumentRejected),
    ("POST", 400, refusal(-10, "Item code 'i002' already exists"), DocumentRejected),
    ("POST", 400, refusal(-2028, "No matching records found (ODBC -2028)"), DocumentRejected),
    ("POST", 400, refusal(-1002, "Invalid entityset"), ConfigurationError),
    ("POST", 401, refusal(-304, "Fail to get DB Credentials from SLD"), ConnectionBroken),
    ("POST", 500, None, OutcomeUnknown),
    ("POST", 502, None, OutcomeUnknown),
    ("POST", 504, None, OutcomeUnknown),
    ("POST", 503, None, OutcomeUnknown),
    ("DELETE", 400, refusal(-5006, "The requested action is not supported for this object."), DocumentRejected),
]


def send(client: ServiceLayerClient, method: str) -> Any:
    sends = {
        "GET": lambda: client.get("Drafts", 1),
        "PATCH": lambda: client.update("Drafts", 1, {"U_X": "Y"}),
        "POST": lambda: client.create("Drafts", {"CardCode": "C1"}),
        "DELETE": lambda: client.delete("Drafts", 1),
    }
    return sends[method]()


def answer(wire: responses.RequestsMock, method: str, status: int, body: Any) -> None:
    url = f"{ROOT}/Drafts" if method == "POST" else f"{ROOT}/Drafts(1)"
    wire.add(method, url, status=status, **({"json": body} if body is not None else {"body": b""}))


@pytest.mark.parametrize(("method", "status", "body", "error"), TABLE)
def test_the_error_says_what_happens_next(
    wire: responses.RequestsMock, method: str, status: int, body: Any, error: type[B1FlowError]
) -> None:
    session(wire)
    answer(wire, method, status, body)
    with pytest.raises(B1FlowError) as caught:
        send(service_layer(), method)
    assert type(caught.value) is error, caught.value
    if body is not None:
        assert caught.value.code == str(body["error"]["code"])
        assert body["error"]["message"]["value"] in caught.value.message
    assert f"{method} b1s/v1/Drafts" in caught.value.message


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
def test_both_versions_say_the_same(wire: responses.RequestsMock, method: str) -> None:
    session(wire)
    answer(wire, method, 400, refusal(-5002, "Specify an active branch [OQUT.BPLId]", "v2"))
    with pytest.raises(DocumentRejected, match="Specify an active branch") as caught:
        send(service_layer(), method)
    assert caught.value.code == "-5002"


def test_a_missing_user_field_says_what_to_do(wire: responses.RequestsMock) -> None:
    session(wire)
    answer(wire, "GET", 400, refusal(201, "Property 'U_SyncStatus' is invalid"))
    with pytest.raises(ConfigurationError, match="U_SyncStatus") as caught:
        send(service_layer(), "GET")
    assert "Service Layer" in caught.value.message


def test_a_page_of_a_proxy_is_shown_but_not_believed(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add("GET", f"{ROOT}/Drafts(1)", status=200, body="<html>Welcome</html>")
    with pytest.raises(ConnectionBroken, match="Welcome"):
        send(service_layer(), "GET")


def test_an_unreadable_answer_to_a_create_is_an_unknown_outcome(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add("POST", f"{ROOT}/Drafts", status=201, body="<html>")
    with pytest.raises(OutcomeUnknown):
        send(service_layer(), "POST")


@pytest.mark.parametrize(("method", "error"), [("GET", RetryLater), ("PATCH", RetryLater), ("POST", OutcomeUnknown)])
def test_a_lost_answer(wire: responses.RequestsMock, method: str, error: type[B1FlowError]) -> None:
    session(wire)
    url = f"{ROOT}/Drafts" if method == "POST" else f"{ROOT}/Drafts(1)"
    wire.add(method, url, body=requests.ConnectionError("Remote end closed connection without response"))
    with pytest.raises(error):
        send(service_layer(), method)


def test_a_patch_with_if_match_is_not_repeatable(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add("PATCH", f"{ROOT}/Drafts(1)", body=requests.ConnectionError("Remote end closed"))
    with pytest.raises(OutcomeUnknown):
        service_layer().update("Drafts", 1, {"U_X": "Y"}, etag='W/"A"')
    assert wire.calls[-1].request.headers["If-Match"] == 'W/"A"'


def test_a_key_of_the_wrong_type_never_leaves(wire: responses.RequestsMock) -> None:
    with pytest.raises(DocumentRejected, match="abc"):
        service_layer().update("Drafts", "abc", {"U_X": "Y"})
    assert not wire.calls
