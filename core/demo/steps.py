"""What an integration's demonstration is made of."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from core.flows import queueing
from core.models import FlowInstance, FlowRun, Tenant

T = TypeVar("T")
PATIENCE = 60.0


class DemoFailed(Exception):
    """Something was not as the demonstration expects; the words say what."""


@dataclass(frozen=True)
class DemoStep:
    """``flow``: the flow's name as in demo.yaml; ``act(demo) -> Moved`` drives it and checks what came of it."""

    flow: str
    act: Callable[[Demo], Moved]
    title: str = ""


@dataclass(frozen=True)
class Moved:
    """What a step moved. ``note``: a few words for the table."""

    documents: int
    ok: int
    failed: int = 0
    note: str = ""


@dataclass
class Demo:
    """What a step can do. ``sandbox`` and ``web`` are base addresses without a slash at the end."""

    tenant: Tenant
    sandbox: str
    web: str
    patience: float = PATIENCE
    session: requests.Session = field(default_factory=requests.Session)

    def flow(self, name: str) -> FlowInstance:
        """The demo tenant's flow of this name."""
        return FlowInstance.objects.get(tenant=self.tenant, name=name)

    def run(self, name: str) -> FlowRun:
        """Run a scheduled flow now, by the worker, and wait for its end."""
        run = queueing.run_now(self.flow(name))
        return self.wait(f"run of {name}", lambda: FlowRun.objects.filter(pk=run.pk, ended_at__isnull=False).first())

    def moved(self, name: str, *, documents: int | None = None, failed: int = 0) -> Moved:
        """Run it and turn its counts into a step's result; DemoFailed when they are not as given."""
        run = self.run(name)
        if run.failed != failed or (documents is not None and run.succeeded + run.failed != documents):
            raise DemoFailed(f"{run.status}: {run.succeeded} ok, {run.failed} failed. {run.message}")
        return Moved(run.succeeded + run.failed, run.succeeded, run.failed)

    def ask_sandbox(self, method: str, path: str, body: Any = None) -> Any:
        """Call the sandbox (a person's click, a look at its data); the JSON answer."""
        answer = self.session.request(method, f"{self.sandbox}/{path.lstrip('/')}", json=body, timeout=30)
        if answer.status_code >= 400:
            raise DemoFailed(f"sandbox {path}: {answer.status_code} {answer.text[:200]}")
        return answer.json()

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Call our own web server, as an outside system would."""
        return self.session.request(method, f"{self.web}/{path.lstrip('/')}", json=body, timeout=30, **options)

    def wait(self, what: str, test: Callable[[], T | None]) -> T:
        """Ask until the answer is true; DemoFailed after ``patience`` seconds."""
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            found = test()
            if found:
                return found
            time.sleep(0.1)
        raise DemoFailed(f"waited {self.patience:.0f} s in vain for: {what}")

    def expect(self, condition: object, words: str) -> None:
        """DemoFailed with ``words`` unless the condition holds."""
        if not condition:
            raise DemoFailed(words)
