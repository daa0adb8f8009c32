"""Documents that kill, hang or confuse the process that sends them: drafts whose Comments say ``poison:<how>``."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Callable
from typing import Any


def _raise() -> None:
    raise RuntimeError("poison")


def _leave() -> None:
    sys.exit(3)


def _die() -> None:
    os._exit(9)


def _hang() -> None:
    """Python goes on in other threads."""
    while True:
        time.sleep(1)


def _freeze() -> None:
    """Inside C, with the interpreter's lock: no thread of this process goes on, no heartbeat is written."""
    re.match(r"(a+)+$", "a" * 64 + "b")


def _swallow() -> None:
    """Will not be told to stop."""
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(1)


POISONS: dict[str, Callable[[], None]] = {
    "raise": _raise,
    "leave": _leave,
    "die": _die,
    "hang": _hang,
    "freeze": _freeze,
    "swallow": _swallow,
}


def plant() -> None:
    """From now on such drafts are poison to ecology.push_approval."""
    from integrations.ecology.flows.push_approval import PushEcologyApproval

    deliver = PushEcologyApproval.deliver

    def poisoned(self: Any, ctx: Any, outgoing: Any) -> Any:
        how = str(outgoing.body.get("Comments") or "").partition("poison:")[2]
        if how:
            POISONS[how]()
        return deliver(self, ctx, outgoing)

    PushEcologyApproval.deliver = poisoned  # type: ignore[method-assign]
