"""Wrong credentials are tried once: repeated attempts take seconds each and lock the ERP user.

Several sessions and threads want to log in at the same moment. Until one login of an identity has succeeded in this
process they go one by one, and a refusal is remembered for a while.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.connectors.tokens import Token
from core.errors import ConnectionBroken
from integrations.erp.remembered import Remembered

REMEMBERED_SECONDS = 300


class Logins:
    """The login attempts of one identity (``parts``: address, company, user, password)."""

    _first: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
    _good: set[str] = set()

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self._refusal = Remembered("refused", parts, REMEMBERED_SECONDS)

    def attempt(self, login: Callable[[], Token]) -> Token:
        """Log in, unless the same credentials were refused a moment ago. Raises what ``login`` raises."""
        with self._one_by_one():
            refusal = self._refusal.get()
            if refusal:
                raise ConnectionBroken(refusal["message"], code=refusal["code"])
            try:
                token = login()
            except ConnectionBroken as error:
                self._good.discard(self._refusal.key)
                self._refusal.set({"message": error.message, "code": error.code})
                raise
            self._good.add(self._refusal.key)
            return token

    def forget_refusal(self) -> None:
        """A person wants to try again now."""
        self._refusal.forget()

    @contextmanager
    def _one_by_one(self) -> Iterator[None]:
        if self._refusal.key in self._good:
            yield
            return
        with self._first[self._refusal.key]:
            yield
