"""The files of a draft (Attachments2, SAP API Reference)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from core.errors import DocumentRejected
from integrations.erp import odata
from integrations.erp.client import ServiceLayerClient

MOST_FILES = 20
MOST_BYTES = 20 * 1024 * 1024  # of one draft: they are handed on in memory


@dataclass(frozen=True)
class Attachment:
    """A file with its whole name."""

    name: str
    content: bytes


def attachments(client: ServiceLayerClient, draft: dict[str, Any]) -> list[Attachment]:
    """The files of a draft, [] when it has none. Raises DocumentRejected where they are too many or too large."""
    entry = draft.get("AttachmentEntry")
    if not entry:
        return []
    resource = client.resource("Attachments2", entry)
    lines = client.get("Attachments2", entry).get("Attachments2_Lines") or []
    if len(lines) > MOST_FILES:
        raise DocumentRejected(f"the draft has {len(lines)} files, {MOST_FILES} can be handed on")
    found: list[Attachment] = []
    for line in lines:
        name = file_name(line)
        content = client.read_bytes(f"{resource}/$value?filename={quote(odata.literal(name))}")
        found.append(Attachment(name, content))
        if sum(len(file.content) for file in found) > MOST_BYTES:
            raise DocumentRejected(f"the draft's files are larger than {MOST_BYTES // 1024 // 1024} MB")
    return found


def file_name(line: dict[str, Any]) -> str:
    """FileName and FileExtension stand apart."""
    name, extension = str(line.get("FileName") or ""), str(line.get("FileExtension") or "")
    return f"{name}.{extension}" if extension and not name.endswith(f".{extension}") else name
