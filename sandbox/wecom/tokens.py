"""Tokens: one for each secret; a repeated call gets the same one while it is valid."""

from __future__ import annotations

import base64
import secrets
import time

from sandbox import store, switches
from sandbox.wecom.account import SYSTEM

SECONDS = 7200


def issue(secret: str) -> tuple[str, int]:
    """The token of a secret and the seconds it is still valid."""
    with store.LOCK:
        for entry in store.scan(SYSTEM, "token"):
            left = int(entry.body["until"] - time.time())
            if entry.body["secret"] == secret and left > 0:
                return entry.key, left
        token = base64.urlsafe_b64encode(secrets.token_bytes(160)).rstrip(b"=").decode()
        store.put(SYSTEM, "token", token, {"secret": secret, "until": time.time() + SECONDS})
        return token, SECONDS


def seconds_left(token: str) -> float | None:
    """None: no such token."""
    entry = store.peek(SYSTEM, "token", token)
    return entry.body["until"] - time.time() if entry else None


def withdraw_all(expired: bool = False) -> None:
    """Tokens die early: unknown from now on (40014), or just expired (42001)."""
    with store.LOCK:
        for entry in store.scan(SYSTEM, "token"):
            if expired:
                store.put(SYSTEM, "token", entry.key, {**entry.body, "until": 0})
            else:
                store.delete(SYSTEM, "token", entry.key)


@switches.button(SYSTEM, "expire_tokens", "让所有 access_token 失效（40014）")
def forget_all() -> None:
    """The button of the control page."""
    withdraw_all()
