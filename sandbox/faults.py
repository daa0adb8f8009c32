"""Fault switches: lose an answer, answer 503, be slow, expire sessions, kill a process at the n-th call.

A rule is JSON: ``{"system", "op", "when": "before|after|answered", "action", "nth": 1, "times": 1, ...}``.

* ``system``/``op``: what a view announces with ``faults.point`` or the ``@operation`` decorator ("*" = any).
* ``when``: before the effect, after the effect but before the answer, after the answer was sent.
* ``action``: ``drop`` (close the connection with no answer), ``status`` (answer ``status``, ``body``),
  ``delay`` (sleep ``seconds``), ``kill`` (SIGKILL ``pid``, or every pid of ``pids``; ``stop`` = SIGSTOP).
* ``nth``: the first matching call that is hit (counted from the rule's creation); ``times``: how many
  calls are hit from there on (0 = all).
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from sandbox import switches

_rules: dict[int, dict[str, Any]] = {}
_ids = itertools.count(1)
_lock = threading.Lock()


class DropConnection(Exception):
    """The view's work may be done; the caller gets no byte of an answer."""


class Answer(Exception):
    """Answer this instead."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response


def add(rule: dict[str, Any]) -> int:
    with _lock:
        number = next(_ids)
        _rules[number] = {"system": "*", "op": "*", "when": "before", "nth": 1, "times": 1, "seen": 0, **rule}
        return number


def remove(number: int | None = None) -> None:
    with _lock:
        if number is None:
            _rules.clear()
        else:
            _rules.pop(number, None)


def listing() -> list[dict[str, Any]]:
    with _lock:
        return [{"id": number, **rule} for number, rule in _rules.items()]


def _due(system: str, op: str, when: str) -> list[dict[str, Any]]:
    due = []
    with _lock:
        for rule in _rules.values():
            if rule["system"] not in ("*", system) or rule["op"] not in ("*", op) or rule["when"] != when:
                continue
            rule["seen"] += 1
            last = rule["nth"] + rule["times"] - 1 if rule["times"] else float("inf")
            if rule["nth"] <= rule["seen"] <= last:
                due.append(dict(rule))
    return due


def _carry_out(rule: dict[str, Any]) -> None:
    action = rule.get("action")
    if action == "delay":
        time.sleep(float(rule.get("seconds", 1)))
    elif action in ("kill", "stop"):
        for pid in rule.get("pids") or [rule["pid"]]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL if action == "kill" else signal.SIGSTOP)
    elif action == "drop":
        raise DropConnection
    elif action == "status":
        raise Answer(HttpResponse(rule.get("body", ""), status=int(rule.get("status", 503))))


def point(system: str, op: str, when: str) -> None:
    """Announce a moment; carries out what the rules say of it. ``answered`` is announced by the server."""
    for rule in _due(system, op, when):
        _carry_out(rule)


def operation(system: str, op: str) -> Callable:
    """Decorate a view that has one effect: announces before and after it, and marks the answer for ``answered``."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def announced(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            point(system, op, "before")
            response = view(request, *args, **kwargs)
            point(system, op, "after")
            response.fault_point = (system, op)  # type: ignore[attr-defined]
            return response

        return announced

    return decorate


def lag() -> None:
    """Sleep for the latency that is set."""
    if switches.LATENCY_MS():
        time.sleep(switches.LATENCY_MS() / 1000)


class FaultMiddleware:
    """Turns the exceptions above into what a client sees, and adds the latency.

    A view that sleeps by itself (inside a session's queue, say) has the attribute ``own_latency``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> None:
        if not request.path_info.startswith("/_control/") and not getattr(view, "own_latency", False):
            lag()

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Answer):
            return exception.response
        if isinstance(exception, DropConnection):
            hang_up(request)
            return HttpResponse(status=444)
        return None


def hang_up(request: HttpRequest) -> None:
    """Close the client's socket now: it sees a connection cut without an answer."""
    connection = request.environ.get("sandbox.socket") if hasattr(request, "environ") else None
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
