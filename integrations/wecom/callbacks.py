"""The callback endpoint: GET checks the address, POST brings events (pages 90930, 91815). Both always work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from django.http import HttpResponse
from rest_framework.request import Request

from core.callbacks.base import Arrived, CallbackView, Inbound
from core.callbacks.crypto import CallbackCrypto
from core.connectors.target import Target
from core.errors import CallbackRejected
from core.models.event import EventState
from integrations.wecom import xml
from integrations.wecom.reading import AGREED, DELETED, REFUSED, REVOKED, WITHDRAWN, number

CHANGE = "sys_approval_change"
ENDED = frozenset({AGREED, REFUSED, WITHDRAWN, REVOKED, DELETED})


class WeComCallback(CallbackView):
    """``/wecom/<endpoint_key>/``."""

    label = "wecom"

    def verify(self, request: Request, raw: bytes, target: Target) -> Inbound:
        encrypted = _encrypted(raw)
        return Inbound(_opened(request, target, encrypted))

    def handshake(self, request: Request, target: Target) -> HttpResponse:
        """The plaintext of ``echostr`` and nothing else: no quotes, no line break."""
        text = _opened(request, target, _query(request).get("echostr", ""), "echostr")
        return HttpResponse(text, content_type="text/plain; charset=utf-8")

    def events(self, inbound: Inbound) -> Iterator[Arrived]:
        message = xml.as_dict(xml.parsed(inbound.text))
        kind = str(message.get("Event") or message.get("MsgType") or "")
        info = message.get("ApprovalInfo")
        if kind != CHANGE or not isinstance(info, dict):
            yield Arrived(_id(kind, message), kind, body=message, state=EventState.IGNORED)
            return
        # SpNo is cut where the number is longer than an integer.
        sp_no = str(info.get("SpNoStr") or info.get("SpNo") or "")
        if not sp_no:
            raise ValueError("the event names no approval")
        ended = number(info.get("SpStatus")) in ENDED
        yield Arrived(
            _change_id(sp_no, message, info),
            f"{kind}:{info.get('StatuChangeEvent') or ''}",
            route=str(info.get("TemplateId") or ""),
            target_key=sp_no,
            body=message,
            state=EventState.RECEIVED if ended else EventState.IGNORED,
        )

    def acknowledge(self, request: Request, target: Target, inbound: Inbound) -> HttpResponse:
        return HttpResponse("success", content_type="text/plain; charset=utf-8")


def _change_id(sp_no: str, message: dict[str, Any], info: dict[str, Any]) -> str:
    """The vendor gives no event id, and FromUserName + CreateTime tells batch approvals not apart."""
    change, moment = info.get("StatuChangeEvent") or "", message.get("CreateTime") or ""
    return f"{sp_no[:64]}:{str(change)[:8]}:{str(moment)[:20]}:{_digest(info)}"


def _id(kind: str, message: dict[str, Any]) -> str:
    return f"{kind[:60]}:{_digest(message)}"


def _digest(value: dict[str, Any]) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def _encrypted(raw: bytes) -> str:
    """The Encrypt element of the envelope; the others are not authenticated and not looked at."""
    if not raw.strip():
        raise CallbackRejected("the body is empty", stage="body", status=400)
    try:
        found = xml.parsed(raw).findtext("Encrypt")
    except ValueError as error:
        raise CallbackRejected(str(error), stage="body", status=400) from None
    if not found:
        raise CallbackRejected("the XML has no Encrypt element", stage="body", status=400)
    return str(found).strip()


def _opened(request: Request, target: Target, encrypted: str, name: str = "Encrypt") -> str:
    if not encrypted:
        raise CallbackRejected(f"missing: {name}", stage="parameters", status=400)
    given = _query(request)
    crypto = CallbackCrypto(
        target.secrets.get("callback_token", ""),
        target.secrets.get("callback_aes_key", ""),
        (str(target.settings.get("corp_id") or "").strip(),),
        float(target.settings.get("callback_window") or 0),
    )
    return crypto.open(given.get("msg_signature", ""), given.get("timestamp", ""), given.get("nonce", ""), encrypted)


def _query(request: Request) -> dict[str, str]:
    """The query, percent-decoded once; a plus stays a plus: it belongs to the base64."""
    found: dict[str, str] = {}
    for part in request.META.get("QUERY_STRING", "").split("&"):
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(unquote(name), unquote(value))
    return found
