"""Tokens of the one tenant: made by login, looked up by every call."""

from __future__ import annotations

import base64
import secrets
import time

from sandbox import store, switches
from sandbox.blacklake.switches import SYSTEM


def issue(seconds: int) -> str:
    """A new token in the shape of a JWT; earlier ones stay good until their time is over."""
    parts = [base64.urlsafe_b64encode(secrets.token_bytes(size)).rstrip(b"=").decode() for size in (15, 66, 64)]
    token = ".".join(parts)
    store.put(SYSTEM, "token", token, {"until": time.time() + seconds})
    return token


def is_good(token: str) -> bool:
    """Whether the token exists and its time is not over."""
    try:
        return bool(token) and store.get(SYSTEM, "token", token)["until"] > time.time()
    except store.Missing:
        return False


@switches.button(SYSTEM, "expire_tokens", "让所有 token 失效")
def forget_all() -> None:
    """Every token is dead, as when another place logs in or the vendor restarts."""
    for key, _, _ in list(store.rows(SYSTEM, "token")):
        store.delete(SYSTEM, "token", key)
