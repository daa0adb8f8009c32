"""Login sessions that end when they idle: prolonged while they are used, and several of them side by side.

The Service Layer executes the requests of one session one after the other, so parallel calls need several sessions.
A session is a token (core.connectors.tokens) whose value is {"cookies": header text, "seconds": idle timeout}.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache

from core.connectors.tokens import Token, TokenCache

RENEW_SECONDS = 60.0  # the cache entry is written again at most this often
MARGIN_SECONDS = 60.0  # we give a session up this long before the ERP does
# Threads of this process take turns; the start differs so that processes do not all crowd on session 0.
_turns = itertools.count(os.getpid())


def session_token(cookies: tuple[str, ...], minutes: float) -> Token:
    """A token of the cookies as one header. Set by hand: a cookie jar would not send ROUTEID (path=/b1s) behind a
    gateway's path prefix, and drops B1SESSION for its odd form."""
    seconds = max(30.0, minutes * 60 - MARGIN_SECONDS)
    return Token({"cookies": "; ".join(cookies), "seconds": seconds}, seconds)


class SlidingSession(TokenCache):
    """One session, shared by processes through the cache; ``used`` slides its expiry."""

    _renewed: dict[str, float] = {}

    def used(self, value: Any) -> None:
        """The server has just answered a call of this session: prolong it, if a minute has passed."""
        now = time.monotonic()
        if now - self._renewed.get(self.key, float("-inf")) < RENEW_SECONDS:
            return
        self._renewed[self.key] = now
        with self._locks[self.key]:
            try:
                if self._stored() == value:
                    self.prolong(value["seconds"])
            finally:
                self._clean_up()

    def renew(self) -> Any:
        """Log in anew, whatever is cached: the cached session says nothing about the password of today."""
        with self._locks[self.key]:
            self._near.pop(self.key, None)
            cache.delete(self.key)
            self._clean_up()
        return self.get()


class SessionPool(TokenCache):
    """``size`` sessions of one login; each thread keeps to one of them."""

    def __init__(self, name: str, parts: tuple[Any, ...], login: Callable[[], Token], size: int) -> None:
        super().__init__(name, parts, login)
        self._sessions = [SlidingSession(f"{name}:{number}", parts, login) for number in range(max(1, size))]
        self._local = threading.local()

    def get(self) -> Any:
        value = self._mine().get()
        self._local.value = value
        return value

    def drop(self, value: Any) -> None:
        self._mine().drop(value)

    def renew(self) -> Any:
        """A fresh login of this thread's session."""
        return self._mine().renew()

    def used(self, cookies: str | None) -> None:
        """A call with these cookies was answered. A login has none: it runs while the session is locked."""
        value = getattr(self._local, "value", None)
        if cookies and value is not None and value["cookies"] == cookies:
            self._mine().used(value)

    def _mine(self) -> SlidingSession:
        session: SlidingSession | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._sessions[next(_turns) % len(self._sessions)]
        return session
