"""One login for all: shared by processes, renewed by one at a time, even when that one is killed."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from django.core.cache import cache

from core.connectors import tokens as tokens_module
from core.connectors.tokens import Token, TokenCache
from core.errors import RetryLater
from core.security import encryption


def tokens(seen: list[str]) -> TokenCache:
    def login() -> Token:
        seen.append("login")
        return Token(f"value {len(seen)}", 60)

    return TokenCache("test", ("somebody",), login)


def test_ten_threads_that_saw_it_expire_cause_one_renewal():
    seen: list[str] = []
    mine = tokens(seen)
    old = mine.get()

    def renew() -> None:
        mine.drop(old)
        mine.get()

    threads = [threading.Thread(target=renew) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == ["login", "login"]
    assert mine.get() == "value 2"


def test_a_value_that_another_process_renewed_is_not_forgotten():
    seen: list[str] = []
    mine = tokens(seen)
    old = mine.get()
    cache.set(mine.key, encryption.encrypt("renewed elsewhere"), 60)

    mine.drop(old)

    assert mine.get() == "renewed elsewhere"
    assert seen == ["login"]


def test_a_value_that_was_issued_once_more_is_used():
    mine = TokenCache("test", ("a vendor that repeats itself",), lambda: Token("same", 60))
    mine.drop(mine.get())
    assert (mine.get(), mine.get()) == ("same", "same")


def test_a_login_whose_process_was_killed_does_not_block_the_next():
    seen: list[str] = []
    mine = tokens(seen)
    cache.set(f"{mine.key}:lock", f"{socket.gethostname()}:999999:1/abc", 40)
    started = time.monotonic()

    assert mine.get() == "value 1"

    assert seen == ["login"]
    assert time.monotonic() - started < 2


def test_nor_does_one_that_was_killed_while_it_freed_the_lock():
    mine = tokens([])
    cache.set(f"{mine.key}:lock", f"{socket.gethostname()}:999999:1/abc", 40)
    cache.add(f"{mine.key}:lock:abc", 1, tokens_module.FREEING_SECONDS)
    started = time.monotonic()

    assert mine.get() == "value 1"

    assert time.monotonic() - started < 5


def test_a_login_of_another_host_is_waited_for(monkeypatch):
    monkeypatch.setattr("core.connectors.tokens.WAIT_SECONDS", 0.3)
    seen: list[str] = []
    mine = tokens(seen)
    cache.set(f"{mine.key}:lock", "other-host:1:1/abc", 40)

    with pytest.raises(RetryLater):
        mine.get()
    assert not seen
