"""Files into the drive of approvals, with the answers that the vendor documents (the sandbox has no drive)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses

from core.errors import B1FlowError, ConnectionBroken, RetryLater
from integrations.dingtalk.connector import DingTalk
from integrations.dingtalk.drive import ApprovalDrive
from tests.integrations.dingtalk.test_client import NEW, OLD, TOKEN, target

SPACE = f"{NEW}/v1.0/storage/spaces/123"
STORE = "https://store.example.com/bucket/object"


@pytest.fixture
def drive() -> Iterator[ApprovalDrive]:
    with responses.mock:
        responses.add(responses.POST, TOKEN, json={"accessToken": "T1", "expireIn": 7200})
        responses.add(responses.POST, f"{OLD}/topapi/v2/user/get", json={"errcode": 0, "result": {"unionid": "un1"}})
        space = {"success": True, "result": {"spaceId": 123}}
        responses.add(responses.POST, f"{NEW}/v1.0/workflow/processInstances/spaces/infos/query", json=space)
        signed = {"resourceUrls": [f"{STORE}?sig=1"], "headers": {"Authorization": "OSS x", "x-oss-date": "d"}}
        upload = {"uploadKey": "key1", "storageDriver": "DINGTALK", "headerSignatureInfo": signed}
        responses.add(responses.POST, f"{SPACE}/files/uploadInfos/query", json=upload)
        responses.add(responses.PUT, STORE, status=200)
        dentry = {"dentry": {"id": "55", "spaceId": "123", "name": "询价单.txt", "size": 6}}
        responses.add(responses.POST, f"{SPACE}/files/commit", json=dentry)
        yield ApprovalDrive(DingTalk(target()).client, "u1")


def request(url: str) -> Any:
    return next(call.request for call in responses.calls if call.request.url.split("?")[0] == url)


def test_a_file_goes_up_and_comes_back_as_a_control_takes_it(drive: ApprovalDrive) -> None:
    assert drive.upload("询价单.txt", b"abcdef") == {
        "spaceId": "123", "fileName": "询价单.txt", "fileSize": "6", "fileType": "txt", "fileId": "55",
    }  # fmt: skip
    put = request(STORE)
    assert put.body == b"abcdef"
    assert put.headers["Authorization"] == "OSS x"
    assert "x-acs-dingtalk-access-token" not in put.headers, "our token stays with DingTalk"
    assert "Content-Type" not in put.headers, "it would break the signature"
    commit = json.loads(request(f"{SPACE}/files/commit").body)
    assert commit["uploadKey"] == "key1"
    assert "unionId=un1" in request(f"{SPACE}/files/commit").url


@pytest.mark.parametrize(
    ("method", "url", "answer"),
    [
        ("POST", f"{NEW}/v1.0/workflow/processInstances/spaces/infos/query", {"result": {}}),
        ("POST", f"{SPACE}/files/uploadInfos/query", {"uploadKey": "k"}),
        ("POST", f"{SPACE}/files/uploadInfos/query", {"uploadKey": "k", "headerSignatureInfo": {"resourceUrls": []}}),
        ("POST", f"{SPACE}/files/commit", {"dentry": {}}),
        ("POST", f"{SPACE}/files/commit", []),
    ],
)
def test_answers_that_lack_something(drive: ApprovalDrive, method: str, url: str, answer: Any) -> None:
    responses.replace(method, url, json=answer)
    with pytest.raises(ConnectionBroken):
        drive.upload("a.txt", b"x")


@pytest.mark.parametrize(("method", "url"), [("PUT", STORE), ("POST", f"{SPACE}/files/commit")])
def test_a_broken_upload_is_tried_again_and_not_uncertain(drive: ApprovalDrive, method: str, url: str) -> None:
    responses.replace(method, url, status=500, json={"code": "systemError", "message": "x"})
    with pytest.raises(RetryLater):
        drive.upload("a.txt", b"x")


def test_a_storage_that_says_no(drive: ApprovalDrive) -> None:
    responses.replace("PUT", STORE, status=403, body="<Error>SignatureDoesNotMatch</Error>")
    with pytest.raises(B1FlowError, match="SignatureDoesNotMatch"):
        drive.upload("a.txt", b"x")
