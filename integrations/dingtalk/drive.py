"""Files into the drive of an organisation's approvals (vendor: "获取审批钉盘空间信息", "获取文件上传信息", "提交文件").

Four steps a file: the space, an upload address, the content (to the storage behind it), the commit that gives an id.
Permissions: Storage.UploadInfo.Read, Storage.File.Write.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _

from core.connectors.http import HttpClient
from core.connectors.target import Target
from core.errors import ConnectionBroken, DocumentRejected, OutcomeUnknown, RetryLater
from integrations.dingtalk.client import INSTANCES, DingTalkClient

SPACES = "v1.0/storage/spaces"
ROOT = "0"


class Storage(HttpClient):
    """The storage that an upload address points at: signed by DingTalk, no login."""

    system = "DingTalk storage"
    needs_login = False


class ApprovalDrive:
    """The drive, as one user sees it."""

    def __init__(self, client: DingTalkClient, user: str) -> None:
        self.client, self.user = client, user

    def upload(self, name: str, content: bytes) -> dict[str, str]:
        """One file; what a DDAttachment control takes of it. Doing it twice leaves two files, and no harm."""
        union_id = str(self.client.user(self.user).get("unionid") or "")
        if not union_id:
            raise DocumentRejected(
                _("DingTalk user %(user)s has no unionid: files cannot be sent.") % {"user": self.user}
            )
        space = self._space()
        key = self._send(space, union_id, name, content)
        dentry = self._commit(space, union_id, name, key, len(content))
        return {
            "spaceId": str(dentry.get("spaceId") or space),
            "fileName": name,
            "fileSize": str(len(content)),
            "fileType": name.rpartition(".")[2].lower() or "file",
            "fileId": str(dentry["id"]),
        }

    def _space(self) -> str:
        agent = str(self.client.target.settings.get("agent_id") or "")
        body: dict[str, Any] = {"userId": self.user, **({"agentId": int(agent)} if agent else {})}
        answer = self.client.post_json(f"{INSTANCES}/spaces/infos/query", json=body, safe=True, name="approval drive")
        return str(_part(answer, "result", "spaceId"))

    def _send(self, space: str, union_id: str, name: str, content: bytes) -> str:
        """Upload the content; the key of the upload."""
        check = {"size": len(content), "name": name, "parentId": ROOT}
        check["md5"] = hashlib.md5(content).hexdigest()  # noqa: S324 the vendor's choice: a checksum
        body = {"protocol": "HEADER_SIGNATURE", "multipart": False}
        option = {"storageDriver": "DINGTALK", "preCheckParam": check}
        path = f"{SPACES}/{quote(space, safe='')}/files/uploadInfos/query"
        answer = self.client.post_json(
            path, params={"unionId": union_id}, json={**body, "option": option}, safe=True, name="upload address"
        )
        signed = _part(answer, "headerSignatureInfo")
        addresses = signed.get("resourceUrls") if isinstance(signed, dict) else None
        if not isinstance(addresses, list) or not addresses:
            raise ConnectionBroken(_("DingTalk gave no address for the upload."))
        self._put(str(addresses[0]), content, signed.get("headers") or {})
        return str(_part(answer, "uploadKey"))

    def _put(self, address: str, content: bytes, headers: dict[str, Any]) -> None:
        parts = urlsplit(address)
        target = Target(self.client.target.id, None, "dingtalk.storage", "storage", f"{parts.scheme}://{parts.netloc}")
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        given = {str(key): str(value) for key, value in headers.items()}
        Storage(target).call("PUT", path, data=content, headers=given, safe=True, name="upload")

    def _commit(self, space: str, union_id: str, name: str, key: str, size: int) -> dict[str, Any]:
        body = {"uploadKey": key, "name": name, "parentId": ROOT}
        option = {"size": size, "conflictStrategy": "AUTO_RENAME"}
        path = f"{SPACES}/{quote(space, safe='')}/files/commit"
        try:
            answer = self.client.post_json(
                path, params={"unionId": union_id}, json={**body, "option": option}, safe=True, name="commit file"
            )
        except OutcomeUnknown as error:
            raise RetryLater(error.message, code=error.code) from error  # the approval itself was not sent yet
        dentry = _part(answer, "dentry")
        if not isinstance(dentry, dict) or not dentry.get("id"):
            raise ConnectionBroken(_("DingTalk gave the uploaded file no id."))
        return dentry


def _part(answer: Any, *names: str) -> Any:
    """A member of an answer, by its path. Raises ConnectionBroken where it is missing."""
    found = answer
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    if found in (None, ""):
        raise ConnectionBroken(_("DingTalk's answer lacks %(name)s.") % {"name": ".".join(names)})
    return found
