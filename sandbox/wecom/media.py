"""Temporary files: uploaded for three days, named by media_id in a File control."""

from __future__ import annotations

import base64
import secrets
import time

from django.http import HttpRequest, HttpResponse

from sandbox import store
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.wire import Body, Refused, api, check_token, open_to_all

KINDS = ("image", "voice", "video", "file")
SECONDS = 3 * 24 * 3600
SMALLEST, LARGEST = 6, 20 * 1024 * 1024


@api("POST", "upload", multipart=True)
def upload(request: HttpRequest) -> Body:
    """The file in the multipart field ``media``."""
    kind = request.GET.get("type", "")
    if kind not in KINDS:
        raise Refused(40004)
    given = request.FILES.get("media")
    if given is None or not SMALLEST <= (given.size or 0) <= LARGEST:
        raise Refused(40006)
    media_id, moment = f"3{secrets.token_urlsafe(46)}", int(time.time())
    content = base64.b64encode(given.read()).decode()
    about = {"name": given.name, "size": given.size, "type": given.content_type, "created_at": moment}
    store.put(SYSTEM, "media", media_id, {**about, "content": content})
    store.effect(SYSTEM, "upload", media_id, given.name)
    return {"type": kind, "media_id": media_id, "created_at": str(moment)}


def known(media_id: object) -> Body | None:
    """The file's data, None when there is none or its days are over."""
    entry = store.peek(SYSTEM, "media", media_id)
    if entry is None or time.time() - entry.body["created_at"] > SECONDS:
        return None
    return entry.body


@open_to_all("GET")
def download(request: HttpRequest) -> HttpResponse:
    """A file by media_id; the ``WWCISP_`` id that a File control shows on reading works as well."""
    check_token(request.GET.get("access_token", ""))
    found = known(request.GET.get("media_id", "").removeprefix("WWCISP_"))
    if found is None:
        raise Refused(40007)
    response = HttpResponse(
        base64.b64decode(found["content"]), content_type=found["type"] or "application/octet-stream"
    )
    response["Content-Disposition"] = "attachment"
    return response
