"""Attachments2: files of documents, uploaded as multipart ``files``, read by ``/$value?filename='x'``."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from sandbox.erp import errors, settings, writing
from sandbox.erp.company import Company
from sandbox.erp.sets import SETS
from sandbox.erp.wire import Call, Reply

NAME = "Attachments2"


def content(call: Call, key: Any) -> Reply:
    """The bytes of one file; of the first without ``filename``."""
    found = call.company.peek(NAME, key)
    wanted = call.query.get("filename", "").strip("'").replace("''", "'")
    for line in (found or {}).get("Attachments2_Lines") or []:
        if wanted in ("", full_name(line)):
            return Reply(200, base64.b64decode(line["_content"]), content_type="application/octet-stream")
    raise errors.not_found()


def full_name(line: dict) -> str:
    return f"{line['FileName']}.{line['FileExtension']}" if line.get("FileExtension") else line["FileName"]


def upload(call: Call) -> Reply:
    """POST of multipart/form-data with one or more parts named ``files``."""
    meta = {"CONTENT_TYPE": call.headers["content-type"], "CONTENT_LENGTH": str(len(call.body))}
    handlers = [MemoryFileUploadHandler(), TemporaryFileUploadHandler()]
    try:
        _, parts = MultiPartParser(meta, BytesIO(call.body), handlers).parse()
    except MultiPartParserError:
        raise errors.bad_content() from None
    files = {part.name: part.read() for part in parts.getlist("files")}
    if not files:
        raise errors.bad_content()
    return writing.created_reply(call, add(call.company, call.session.user, files))


def add(company: Company, user: int, files: dict[str, bytes]) -> writing.Change:
    """A new attachment entry with these files."""
    lines = []
    for name, data in files.items():
        stem, dot, extension = name.rpartition(".")
        line = {
            "SourcePath": "/usr/sap/attachments",
            "FileName": stem if dot else name,
            "FileExtension": extension if dot else "",
        }
        line |= {"AttachmentDate": settings.create_stamp()[0], "_content": base64.b64encode(data).decode()}
        lines.append(line)
    return writing.create(company, user, SETS[NAME], {"Attachments2_Lines": lines})
