"""Logins and tokens: cached encrypted in the Django cache, shared by processes, renewed by one at a time."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import connections

from core.errors import ConfigurationError, RetryLater
from core.processes import holder, is_dead
from core.security import encryption

# Set in threads that no request or task cleans up after: the cache may be the database.
close_after_use: ContextVar[bool] = ContextVar("close_after_use", default=False)

WAIT_SECONDS = 30.0  # how long others wait for a login that one of them performs
LOCK_SECONDS = 40  # a process that dies while logging in frees the others after this, on the same host at once
FREEING_SECONDS = 2  # a process that dies while it frees a lock leaves the freeing to another after this


@dataclass(frozen=True)
class Token:
    """``value``: any JSON (a text, cookies ...); ``seconds``: how long it may be used."""

    value: Any
    seconds: float


class TokenCache:
    """One login of one identity (``parts``: everything that makes it another login: address, user, secret).

    get() -> the token's value; drop(value) forgets exactly that value, so that ten threads and processes that all
    saw it expire cause one renewal. Values read are kept in the process for a moment: a run makes no cache query a
    call.
    """

    _locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
    _near: dict[str, tuple[float, Any]] = {}
    _dropped: dict[str, Any] = {}  # the value of each login that this process saw expire last
    NEAR_SECONDS = 5.0

    def __init__(self, name: str, parts: tuple[Any, ...], login: Callable[[], Token]) -> None:
        identity = "\0".join(str(part) for part in parts)
        self.key = f"token:{name}:{hashlib.sha256(identity.encode()).hexdigest()[:32]}"
        self._login = login

    def get(self) -> Any:
        """The value; logs in where there is none. Raises what the login raises."""
        near = self._near.get(self.key)
        if near and time.monotonic() < near[0]:
            return near[1]
        with self._locks[self.key]:
            try:
                value = self._read()
                return value if value is not None else self._single_flight()
            finally:
                self._clean_up()

    def drop(self, value: Any) -> None:
        """Never use ``value`` again.

        It is not deleted: between a look and a deletion another process may have stored its renewed one.
        """
        with self._locks[self.key]:
            near = self._near.get(self.key)
            if near and near[1] == value:
                self._near.pop(self.key, None)
            self._dropped[self.key] = value

    def keep(self, value: Any, seconds: float) -> None:
        """Store a value."""
        cache.set(self.key, encryption.encrypt(value), max(1, int(seconds)))
        self._dropped.pop(self.key, None)
        self._near[self.key] = (time.monotonic() + min(self.NEAR_SECONDS, seconds), value)

    def prolong(self, seconds: float) -> None:
        """What is stored lasts longer; not stored again: another process may be renewing it."""
        cache.touch(self.key, max(1, int(seconds)))

    @staticmethod
    def _clean_up() -> None:
        if close_after_use.get():
            connections.close_all()

    def _read(self) -> Any:
        near = self._near.get(self.key)
        if near and time.monotonic() < near[0]:
            return near[1]
        value = self._stored()
        if value is not None:
            self._near[self.key] = (time.monotonic() + self.NEAR_SECONDS, value)
        return value

    def _stored(self) -> Any:
        text = cache.get(self.key)
        if text is None:
            return None
        try:
            value = encryption.decrypt(text)
        except ConfigurationError:  # written under a key that is gone: log in again
            return None
        return None if self._dropped.get(self.key) == value else value

    def _single_flight(self) -> Any:
        """Log in, unless another process is at it: then wait for its token."""
        mine, lock_key = f"{holder()}/{uuid.uuid4().hex}", f"{self.key}:lock"
        deadline = time.monotonic() + WAIT_SECONDS
        while not cache.add(lock_key, mine, LOCK_SECONDS):
            self._free_of_the_dead(lock_key)
            time.sleep(0.1)
            value = self._stored()
            if value is not None:
                return value
            if time.monotonic() > deadline:
                raise RetryLater("another process is still logging in")
        try:
            value = self._stored()  # the one that held the lock before us may have been faster
            if value is None:
                token = self._login()
                self.keep(token.value, token.seconds)
                value = token.value
            return value
        finally:
            if cache.get(lock_key) == mine:
                cache.delete(lock_key)

    @staticmethod
    def _free_of_the_dead(lock_key: str) -> None:
        """A process that was killed while it logged in does not keep the others waiting; one of them frees the lock."""
        name, _, number = str(cache.get(lock_key) or "").partition("/")
        if number and is_dead(name) and cache.add(f"{lock_key}:{number}", 1, FREEING_SECONDS):
            cache.delete(lock_key)
