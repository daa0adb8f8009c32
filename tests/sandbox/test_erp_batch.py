"""$batch: envelopes, change sets as transactions, the first failing part ends it (protocol notes 2.7)."""

from __future__ import annotations

import json
import re

import pytest
import requests

from tests.sandbox.erp_caller import Caller
from tests.sandbox_server import SandboxServer


@pytest.fixture
def caller(sandbox: SandboxServer) -> Caller:
    return Caller(sandbox)


def request_part(line: str, body: dict | None = None, content_id: str = "") -> str:
    head = "Content-Type: application/http\nContent-Transfer-Encoding: binary\n"
    head += f"Content-ID: {content_id}\n" if content_id else ""
    if body is None:
        return f"{head}\n{line}\n\n"
    return f"{head}\n{line}\nContent-Type: application/json\n\n{json.dumps(body, ensure_ascii=False)}"


def change_set(*parts: str) -> str:
    inner = "".join(f"--changeset_1\n{part}\n" for part in parts)
    return f"Content-Type: multipart/mixed;boundary=changeset_1\n\n{inner}--changeset_1--"


def batch(caller: Caller, *parts: str, end: str = "--batch_1--\n", boundary: str = "batch_1") -> requests.Response:
    text = "".join(f"--batch_1\n{part}\n" for part in parts) + end
    headers = {"Cookie": caller.cookie, "Content-Type": f"multipart/mixed;boundary={boundary}"}
    return caller.http.post(f"{caller.root}$batch", data=text.replace("\n", "\r\n").encode(), headers=headers)


def statuses(reply: requests.Response) -> list[int]:
    return [int(status) for status in re.findall(r"^HTTP/1\.1 (\d+)", reply.text, re.MULTILINE)]


def mark(number: int, value: str = "Y", content_id: str = "") -> str:
    return request_part(f"PATCH /b1s/v1/Drafts({number})", {"U_SyncStatus": value}, content_id)


def marks(sandbox: SandboxServer) -> list[str]:
    return [effect["key"] for effect in sandbox.effects("erp", "mark")]


def test_reads_and_a_change_set(sandbox: SandboxServer, caller: Caller) -> None:
    reply = batch(
        caller,
        request_part("GET /b1s/v1/Items('11028')?$select=ItemCode"),
        change_set(mark(16, content_id="1"), mark(17, content_id="2")),
        request_part("GET Items?$top=1&$select=ItemCode"),
    )

    assert reply.status_code == 202
    assert reply.headers["Content-Type"].startswith("multipart/mixed;boundary=batchresponse_")
    assert statuses(reply) == [200, 204, 204, 200]
    assert "Content-ID:2\r\n" in reply.text
    assert marks(sandbox) == ["Drafts(16)", "Drafts(17)"]


def test_a_failing_change_set_is_undone_and_ends_the_batch(sandbox: SandboxServer, caller: Caller) -> None:
    reply = batch(
        caller,
        change_set(mark(17)),
        change_set(mark(16), mark(999), mark(18)),
        change_set(mark(18)),
    )

    error = json.loads(re.findall(r"^\{\"error.*$", reply.text, re.MULTILINE)[0])["error"]
    assert statuses(reply) == [204, 404]
    assert (error["code"], error["innererror"]) == (-2028, {"context": None, "trace": None})
    assert marks(sandbox) == ["Drafts(17)"]
    assert [sandbox.erp_object("Drafts", n)["U_SyncStatus"] for n in (16, 17, 18)] == ["N", "Y", "N"]
    assert caller.get("Drafts(16)")["U_SyncStatus"] == "N"


def test_undone_documents_leave_stock_alone(sandbox: SandboxServer, caller: Caller) -> None:
    line = {"ItemCode": "11028", "Quantity": 5}
    issue = request_part("POST /b1s/v1/InventoryGenExits", {"DocumentLines": [line]})
    wrong = request_part("POST /b1s/v1/InventoryGenEntries", {"DocumentLines": [{"ItemCode": "nothing"}]})

    reply = batch(caller, change_set(issue, wrong))

    assert statuses(reply) == [400]
    assert sandbox.erp_object("Items", "11028")["QuantityOnStock"] == 1000.0
    assert sandbox.erp_objects("InventoryGenExits") == []
    assert statuses(batch(caller, change_set(issue))) == [201]
    assert sandbox.erp_object("Items", "11028")["QuantityOnStock"] == 995.0


def test_content_id_names_what_was_created(caller: Caller) -> None:
    order = {"CardCode": "C26000", "DocumentLines": [{"ItemCode": "11028"}]}
    reply = batch(
        caller,
        change_set(
            request_part("POST /b1s/v1/Orders", order, "1"),
            request_part("PATCH /b1s/v1/$1", {"Comments": "改"}, "2"),
            request_part("POST /b1s/v1/$1/Close", {}, "3"),
        ),
    )

    created = int(re.findall(r'"DocEntry":(\d+)', reply.text)[0])
    assert statuses(reply) == [201, 204, 204]
    assert caller.get(f"Orders({created})")["Comments"] == "改"
    assert caller.get(f"Orders({created})")["DocumentStatus"] == "bost_Close"


def test_a_set_takes_no_reads(sandbox: SandboxServer, caller: Caller) -> None:
    reply = batch(caller, change_set(mark(16), request_part("GET /b1s/v1/Items('11028')")))

    assert statuses(reply) == [400]
    assert marks(sandbox) == []


def test_version_two_wants_content_ids(sandbox: SandboxServer) -> None:
    caller = Caller(sandbox, version="v2")
    part = request_part("PATCH /b1s/v2/Drafts(16)", {"U_SyncStatus": "Y"})

    reply = batch(caller, change_set(part))

    assert (reply.status_code, statuses(reply)) == (200, [400])
    assert '"code":"244"' in reply.text


def test_a_get_needs_its_two_blank_lines(caller: Caller) -> None:
    reply = batch(caller, "Content-Type: application/http\n\nGET /b1s/v1/Items('11028')")

    assert statuses(reply) == [400]
    assert "Incomplete request" in reply.text


@pytest.mark.parametrize("more", [{"end": ""}, {"boundary": "other"}])
def test_bad_envelopes(caller: Caller, more: dict) -> None:
    reply = batch(caller, request_part("GET /b1s/v1/Items"), **more)

    assert (reply.status_code, reply.json()["error"]["code"]) == (400, -1000)
    assert reply.json()["error"]["message"]["value"] == "Incomplete Batch Request Body!"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_batch_that_is_not_offered(sandbox: SandboxServer, caller: Caller, status: int) -> None:
    sandbox.switch("erp", "batch", status)

    assert batch(caller, change_set(mark(16))).status_code == status
    assert marks(sandbox) == []


def test_answer_lost_after_the_commit(sandbox: SandboxServer, caller: Caller) -> None:
    sandbox.fault(system="erp", op="batch", when="after", action="drop")

    with pytest.raises(requests.ConnectionError):
        batch(caller, change_set(mark(16)))

    assert marks(sandbox) == ["Drafts(16)"]


def test_chinese_in_bodies(sandbox: SandboxServer, caller: Caller) -> None:
    part = request_part("PATCH /b1s/v1/Items('%E7%89%A9%E6%96%99%2B50%25%26%231')", {"User_Text": "中文\n第二行"})

    assert statuses(batch(caller, change_set(part))) == [204]
    assert sandbox.erp_object("Items", "物料+50%&#1")["User_Text"] == "中文\n第二行"
