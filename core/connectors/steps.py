"""The step log: every call of a client leaves one step, without a line in the integration."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from core.security.redaction import mask_members, redact, scrub

BODY_LIMIT = 8_000  # characters kept of an input or output
STEP_LIMIT = 5_000  # steps kept in memory between two writes

# Which delivery the call belongs to; set by the runner around deliver().
current_delivery: ContextVar[int | None] = ContextVar("current_delivery", default=None)


@dataclass
class Step:
    """One call. ``input``/``output``: text, redacted and cut."""

    name: str
    slot: str = ""
    ok: bool = True
    ms: float = 0.0
    input: str = ""
    output: str = ""
    delivery: int | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def as_text(value: Any, secrets: Iterable[str]) -> str:
    """Redacted JSON text, cut to BODY_LIMIT."""
    if value is None or value == "":
        return ""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return scrub(mask_members(value[:BODY_LIMIT]), secrets)
    return json.dumps(redact(value, secrets), ensure_ascii=False, default=str)[:BODY_LIMIT]


class Recorder:
    """Collects steps from any thread; the owner of the run takes and writes them.

    ``bodies`` False keeps names, outcome and milliseconds only.
    """

    def __init__(self, *, bodies: bool = True) -> None:
        self.bodies = bodies
        self._steps: list[Step] = []
        self._lock = Lock()
        self.dropped = 0

    def add(
        self,
        name: str,
        *,
        slot: str = "",
        ok: bool = True,
        ms: float = 0.0,
        input: Any = None,
        output: Any = None,
        secrets: Iterable[str] = (),
    ) -> None:
        """Note one call."""
        step = Step(name=name[:200], slot=slot, ok=ok, ms=round(ms, 2), delivery=current_delivery.get())
        if self.bodies or not ok:
            step.input, step.output = as_text(input, secrets), as_text(output, secrets)
        with self._lock:
            if len(self._steps) >= STEP_LIMIT:
                self.dropped += 1
                return
            self._steps.append(step)

    @contextlib.contextmanager
    def step(self, name: str, input: Any = None) -> Iterator[dict[str, Any]]:
        """A step of the flow's own: ``with ctx.step("choose") as out: out["rows"] = 3``."""
        started, output = time.monotonic(), {}  # type: tuple[float, dict[str, Any]]
        try:
            yield output
        except Exception as error:
            self.add(name, ok=False, ms=(time.monotonic() - started) * 1000, input=input, output=str(error))
            raise
        self.add(name, ms=(time.monotonic() - started) * 1000, input=input, output=output or None)

    def take(self) -> list[Step]:
        """The steps so far; forgets them here."""
        with self._lock:
            taken, self._steps = self._steps, []
        return taken
