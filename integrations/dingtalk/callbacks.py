"""POST /dingtalk/<endpoint key>/: DingTalk's event subscription (vendor: "HTTP推送", "回调事件消息体加解密")."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from django.http import HttpResponse, JsonResponse
from rest_framework.request import Request

from core.callbacks import body, crypto
from core.callbacks.base import Arrived, CallbackView, Inbound
from core.callbacks.crypto import CallbackCrypto
from core.connectors.target import Target
from core.errors import CallbackRejected
from integrations.dingtalk import envelope

SUCCESS = "success"


class DingTalkCallback(CallbackView):
    """Signed and encrypted in, the word success signed and encrypted out, within 1500 ms.

    The signature comes as ``signature``, ``msg_signature`` or both, the time as ``timestamp`` or ``timeStamp``. The
    message ends with the app's AppKey, or with the CorpId where the callback was registered by the old interface: the
    answer must end with the same one.
    """

    label = "dingtalk"

    def verify(self, request: Request, raw: bytes, target: Target) -> Inbound:
        encrypted = _encrypted(raw)
        given = {name.lower(): str(value) for name, value in request.query_params.items()}
        timestamp, nonce = given.get("timestamp", ""), given.get("nonce", "")
        sealed = crypto_of(target)
        text = sealed.open(given.get("signature") or given.get("msg_signature", ""), timestamp, nonce, encrypted)
        key = crypto.key_of(sealed.encoding_aes_key)
        _message, owner = crypto.split(crypto.unpad(crypto.decrypt(key, encrypted)))
        return Inbound(text, {"timestamp": timestamp, "nonce": nonce, "owner": owner.decode()})

    def events(self, inbound: Inbound) -> Iterable[Arrived]:
        return envelope.arrived(json.loads(inbound.text))

    def acknowledge(self, request: Request, target: Target, inbound: Inbound) -> HttpResponse:
        answering = replace(crypto_of(target), ids=(inbound.extra["owner"],))
        sealed = answering.seal(SUCCESS, inbound.extra["timestamp"], inbound.extra["nonce"])
        return JsonResponse(
            {
                "msg_signature": sealed.signature,
                "timeStamp": sealed.timestamp,
                "nonce": sealed.nonce,
                "encrypt": sealed.encrypt,
            }
        )


def crypto_of(target: Target) -> CallbackCrypto:
    """The connection's callback registration."""
    settings, secrets = target.settings, target.secrets
    return CallbackCrypto(
        token=secrets.get("callback_token", ""),
        encoding_aes_key=secrets.get("callback_aes_key", ""),
        ids=tuple(str(settings.get(name) or "").strip() for name in ("app_key", "corp_id")),
        window_seconds=float(settings.get("callback_window_seconds") or 0),
    )


def _encrypted(raw: bytes) -> str:
    """``encrypt`` of the body, exactly as it was signed. Raises CallbackRejected."""
    envelope_body = body.parse_json(raw)
    if not isinstance(envelope_body, dict):
        raise CallbackRejected("the body must be a JSON object", stage="body", status=400)
    for name, value in envelope_body.items():
        if str(name).lower() == "encrypt" and isinstance(value, str):
            return value
    raise CallbackRejected("the body has no encrypt", stage="body", status=400)
