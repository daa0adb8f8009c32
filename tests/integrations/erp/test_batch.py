"""$batch: one change set a mark, stop at the first error, tolerant reading, and the way without it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
import responses

from core.connectors.http import Answer
from core.errors import ConnectionBroken, DocumentRejected, NotFound, RetryLater
from integrations.erp import batch
from integrations.erp.errors import ChangedMeanwhile
from tests.integrations.erp.conftest import HOST, refusal, service_layer, session

ROOT = f"{HOST}/b1s/v1"
MANUAL = """--batchresponse_d878cedc
Content-Type:application/http
Content-Transfer-Encoding:binary

HTTP/1.1 200 OK
Content-Type:application/json;odata=minimalmetadata;charset=utf-8
Content-Length:14729

{"ItemCode":"i001"}
--batchresponse_d878cedc
Content-Type:multipart/mixed;boundary=changesetresponse_8bfb3c36

--changesetresponse_8bfb3c36
Content-Type:application/http
Content-Transfer-Encoding:binary
Content-ID:1

HTTP/1.1 204 No Content


--changesetresponse_8bfb3c36--
--batchresponse_d878cedc
Content-Type:application/http
Content-Transfer-Encoding:binary

HTTP/1.1 400 Bad Request
Content-Type:application/json

{"error":{"code":-10,"innererror":{"context":null,"trace":null},"message":{"lang":"en-us","value":"no"}}}
--batchresponse_d878cedc--
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "header",
    ["multipart/mixed;boundary=batchresponse_d878cedc", 'multipart/mixed; boundary="batchresponse_d878cedc"', ""],
)
def test_the_manuals_answer(newline: str, header: str) -> None:
    """SAP manual: no blank after colons, CRLF or LF."""
    answer = Answer(202, {"Content-Type": header}, MANUAL.replace("\n", newline).encode(), ROOT)
    found = batch.answers(answer)
    assert [each.status for each in found] == [200, 204, 400]
    assert found[0].json() == {"ItemCode": "i001"}
    assert found[2].json()["error"]["code"] == -10


@pytest.mark.parametrize(
    "text", ["", "<html>", '{"value": 1}', "--b\r\nContent-Type: application/http\r\n\r\nnonsense\r\n--b--"]
)
def test_what_is_no_multipart_is_no_answer(text: str) -> None:
    with pytest.raises(ValueError):
        batch.answers(Answer(202, {}, text.encode(), ROOT))


def test_each_change_has_its_own_change_set() -> None:
    parts = [
        batch.Part("/b1s/v1/Drafts(16)", {"U_X": "是"}, {"If-Match": 'W/"A"'}),
        batch.Part("/b1s/v1/Drafts(17)", {}),
    ]
    content_type, body = batch.body(parts)
    text = body.decode()
    assert re.fullmatch(r"multipart/mixed;boundary=batch_\w+", content_type)
    assert text.count("Content-Type: multipart/mixed;boundary=changeset_") == 2
    assert re.findall(r"Content-ID: (\d)", text) == ["1", "2"]
    expected = (
        'PATCH /b1s/v1/Drafts(16)\r\nContent-Type: application/json\r\nIf-Match: W/"A"\r\n\r\n{"U_X": "是"}\r\n--'
    )
    assert expected in text
    assert text.endswith("--\r\n")


class BatchServer:
    """Carries out the parts until one fails; ``refusals`` {key: (status, body text)}."""

    def __init__(self, wire: responses.RequestsMock, refusals: dict[int, tuple[int, str]] | None = None) -> None:
        self.wire, self.refusals, self.done, self.batches = wire, refusals or {}, [], 0
        session(wire)
        wire.add_callback(responses.POST, f"{ROOT}/$batch", callback=self.answer)

    def answer(self, request: requests.PreparedRequest) -> tuple[int, dict, str]:
        self.batches += 1
        parts = []
        for key in map(int, re.findall(r"PATCH /b1s/v1/Drafts\((\d+)\)", str(request.body, "utf-8"))):
            status, text = self.refusals.get(key, (204, ""))
            inner = f"Content-Type:application/http\r\n\r\nHTTP/1.1 {status} X\r\nA:b\r\n\r\n{text}"
            if status == 204:
                self.done.append(key)
                inner = f"Content-Type:multipart/mixed;boundary=c\r\n\r\n--c\r\n{inner}\r\n--c--"
            parts.append(f"--b\r\n{inner}\r\n")
            if status != 204:
                break
        return 202, {"Content-Type": "multipart/mixed;boundary=b"}, "".join(parts) + "--b--\r\n"


def single(wire: responses.RequestsMock, key: int, status: int = 204, body: Any = None) -> None:
    wire.add(responses.PATCH, f"{ROOT}/Drafts({key})", status=status, **({"json": body} if body else {}))


def marks(*keys: int) -> dict[int, dict[str, str]]:
    return {key: {"U_X": "Y"} for key in keys}


def patched(wire: responses.RequestsMock) -> list[str]:
    return [call.request.url.rpartition("/")[2] for call in wire.calls if call.request.method == "PATCH"]


def test_many_marks_are_one_round_trip(wire: responses.RequestsMock) -> None:
    server = BatchServer(wire)
    assert service_layer().update_many("Drafts", marks(*range(20))) == {}
    assert (server.batches, server.done) == (1, list(range(20)))


def test_parts_behind_a_refused_one_are_sent_again(wire: responses.RequestsMock) -> None:
    no = '{"error":{"code":-1116,"message":{"lang":"en-us","value":"procedure says no"}}}'
    gone = '{"error":{"code":-2028,"message":{"lang":"en-us","value":"No matching records found"}}}'
    server = BatchServer(wire, {2: (400, no), 4: (404, gone)})
    failed = service_layer().update_many("Drafts", marks(1, 2, 3, 4, 5, 6))
    assert server.done == [1, 3, 5, 6]
    assert {key: type(error) for key, error in failed.items()} == {2: DocumentRejected, 4: NotFound}
    assert "procedure says no" in str(failed[2])


def test_an_etag_that_does_not_hold_is_told_apart(wire: responses.RequestsMock) -> None:
    changed = '{"error":{"code":-2039,"message":{"lang":"en-us","value":"Another user"}}}'
    BatchServer(wire, {2: (412, changed)})
    failed = service_layer().update_many("Drafts", marks(1, 2), etags={2: 'W/"A"'})
    assert isinstance(failed[2], ChangedMeanwhile)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_without_batch_it_goes_one_by_one_for_an_hour(wire: responses.RequestsMock, status: int) -> None:
    session(wire)
    wire.add(responses.POST, f"{ROOT}/$batch", status=status)
    for key in (1, 2):
        single(wire, key)
    client = service_layer()
    assert client.mark_limit() == 20
    assert client.update_many("Drafts", marks(1, 2)) == {}
    assert client.mark_limit() == 1
    assert service_layer().mark_limit() == 1
    assert service_layer().update_many("Drafts", marks(1, 2)) == {}
    assert sum("$batch" in call.request.url for call in wire.calls) == 1
    assert patched(wire) == ["Drafts(1)", "Drafts(2)"] * 2


def test_a_broken_off_batch_is_done_one_by_one_this_once(wire: responses.RequestsMock) -> None:
    """B1SLayer issue 18: a stored procedure's refusal may cut the connection."""
    session(wire)
    wire.add(responses.POST, f"{ROOT}/$batch", body=requests.ConnectionError("Response ended prematurely"))
    single(wire, 1)
    single(wire, 2, 400, refusal(-1116, "procedure says no"))
    single(wire, 3)
    client = service_layer()
    failed = client.update_many("Drafts", marks(1, 2, 3))
    assert list(failed) == [2]
    assert client.mark_limit() == 20


def test_an_erp_that_is_away_is_not_asked_for_each_mark(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add(responses.POST, f"{ROOT}/$batch", status=503)
    for key in range(1, 6):
        single(wire, key, 503)
    failed = service_layer().update_many("Drafts", marks(1, 2, 3, 4, 5))
    assert {type(error) for error in failed.values()} == {RetryLater}
    assert (sorted(failed), patched(wire)) == ([1, 2, 3, 4, 5], ["Drafts(1)", "Drafts(2)"])


def test_a_broken_connection_stops_at_once(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add(responses.POST, f"{ROOT}/$batch", status=405)
    single(wire, 1, 403)
    failed = service_layer().update_many("Drafts", marks(1, 2, 3))
    assert (sorted(failed), patched(wire)) == ([1, 2, 3], ["Drafts(1)"])
    assert isinstance(failed[3], ConnectionBroken)


def test_one_mark_needs_no_batch(wire: responses.RequestsMock) -> None:
    session(wire)
    single(wire, 1)
    assert service_layer().update_many("Drafts", marks(1)) == {}


def test_nothing_to_mark_asks_nothing(wire: responses.RequestsMock) -> None:
    assert service_layer().update_many("Drafts", {}) == {}


def test_a_wrong_key_fails_alone(wire: responses.RequestsMock) -> None:
    server = BatchServer(wire)
    failed = service_layer().update_many("Drafts", {"x": {"U_X": "Y"}, 1: {"U_X": "Y"}, 2: {"U_X": "Y"}})
    assert (list(failed), server.done) == (["x"], [1, 2])


def test_the_parts_name_the_servers_inner_path(wire: responses.RequestsMock) -> None:
    session(wire, url=f"{HOST}/6160/b1s/v1/Login")
    wire.add(responses.POST, f"{HOST}/6160/b1s/v1/$batch", status=405)
    for key in (1, 2):
        wire.add(responses.PATCH, f"{HOST}/6160/b1s/v1/Drafts({key})", status=204)
    service_layer(f"{HOST}/6160").update_many("Drafts", marks(1, 2))
    body = next(str(c.request.body, "utf-8") for c in wire.calls if "$batch" in c.request.url)
    assert "PATCH /b1s/v1/Drafts(1)\r\n" in body
