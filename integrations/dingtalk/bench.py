"""How fast a callback is acknowledged: open-loop load on gunicorn 2 x 4, beside views that do nothing or one INSERT."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from core.bench.running import BESIDE
from core.bench.scenario import Scenario
from core.callbacks.crypto import CallbackCrypto
from core.demo.processes import free_port
from core.models import Beat, FlowInstance, InboundEvent

if TYPE_CHECKING:
    from core.bench.running import Bench

TOKEN, AES_KEY, APP_KEY = "benchtoken", "a" * 42 + "A", "bench-app"
KEY = "bench0000000000000000000000000000"
SECONDS = 10
STEPS = (100, 200, 300, 400, 600)
GOOD_MS = 50.0


def make_flow(bench: Bench) -> FlowInstance:
    """A callback receiver; nothing is routed: the inbox is what is measured."""
    connection, _ = bench.tenant.connections.get_or_create(
        name="DingTalk",
        defaults={
            "connector": "dingtalk.oa",
            "settings": {"app_key": APP_KEY},
            "secrets": {"app_secret": "bench", "callback_token": TOKEN, "callback_aes_key": AES_KEY},
        },
    )
    flow, made = FlowInstance.objects.get_or_create(
        tenant=bench.tenant,
        name="callbacks",
        defaults={"flow_type": "dingtalk.receive_events", "endpoint_key": KEY, "enabled": True},
    )
    if made:
        flow.bindings.create(slot="oa", connection=connection)
    return flow


def calls(url: str, count: int, *, signed: bool) -> list[dict[str, str]]:
    """Prepared requests, each an event of its own."""
    sealer = CallbackCrypto(TOKEN, AES_KEY, (APP_KEY,))
    prepared = []
    for number in range(count):
        event = {
            "EventType": "bpms_instance_change", "eventId": uuid.uuid4().hex, "processInstanceId": f"bench-{number}",
            "processCode": "PROC-BENCH", "type": "finish", "result": "agree", "title": "采购申请", "staffId": "u1",
        }  # fmt: skip
        sealed = sealer.seal(json.dumps(event, ensure_ascii=False), str(int(time.time() * 1000)), "nonce")
        query = f"?signature={sealed.signature}&timestamp={sealed.timestamp}&nonce={sealed.nonce}" if signed else ""
        prepared.append({"url": url + query, "body": json.dumps({"encrypt": sealed.encrypt})})
    return prepared


def measure(url: str, rate: int, *, signed: bool, seconds: int = SECONDS) -> dict[str, Any]:
    """One open-loop run."""
    file = Path(settings.VAR_DIR) / "load.jsonl"
    file.write_text("\n".join(json.dumps(call) for call in calls(url, rate * seconds, signed=signed)))
    out = subprocess.run(
        [sys.executable, "-m", "core.bench.load", str(file), "--rate", str(rate)],
        check=True, capture_output=True, text=True, cwd=settings.BASE_DIR,
    ).stdout  # fmt: skip
    return dict(json.loads(out))


def callbacks(bench: Bench) -> list[str]:
    """50 a second beside the floors, the highest clean rate, and 50 a second while 1,000 documents are moved."""
    make_flow(bench)
    port = free_port(9191)
    web = f"http://127.0.0.1:{port}"
    bench.processes.start(
        "web", "-m", "gunicorn", "config.wsgi", "--workers", "2", "--threads", "4", "--bind", f"127.0.0.1:{port}"
    )
    bench.processes.wait_for("web", f"{web}/healthz")
    ours = f"{web}/dingtalk/{KEY}/"
    lines = []
    for _ in range(2):  # the first round warms up
        lines = [
            _line("nothing", measure(f"{web}/bench/nothing/", 50, signed=False)),
            _line("one INSERT", measure(f"{web}/bench/insert/", 50, signed=False)),
            _line("callback, stored before the answer", measure(ours, 50, signed=True)),
        ]
    lines += _climb("one INSERT", f"{web}/bench/insert/", signed=False)
    lines += [*_climb("callback", ours, signed=True), _while_syncing(bench, ours)]
    stored = InboundEvent.objects.count()
    Beat.objects.filter(name__startswith="bench:").delete()
    return [*lines, f"events in the inbox: {stored}"]


def _climb(name: str, url: str, *, signed: bool) -> list[str]:
    """Faster and faster until it is no longer clean."""
    lines = []
    for rate in STEPS:
        result = measure(url, rate, signed=signed, seconds=6)
        lines.append(_line(f"{name} at {rate}/s", result))
        if result["bad"] or result["p99"] > GOOD_MS:
            break
    return lines


def _while_syncing(bench: Bench, url: str) -> str:
    """A sync of approvals in another process meanwhile."""
    from django.apps import apps

    if not apps.is_installed("integrations.ecology"):
        return "no sync to measure beside"
    arguments = [sys.executable, "manage.py", "bench", "once", "--documents", str(bench.documents)]
    environ = {**os.environ, BESIDE: "1"}
    sync = subprocess.Popen(arguments, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL, env=environ)
    ended = threading.Event()
    threading.Thread(target=_wait_for, args=(sync, ended), daemon=True).start()
    time.sleep(3)
    result = measure(url, 50, signed=True, seconds=6)
    during = "still going on" if not ended.is_set() else "ended meanwhile"
    sync.kill()
    return _line(f"callback at 50/s beside a sync ({during})", result)


def _wait_for(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    process.wait()
    ended.set()


def _line(name: str, result: dict[str, Any]) -> str:
    times = "  ".join(f"{key} {result[key]:6.1f}" for key in ("p50", "p95", "p99", "max"))
    return f"{name:48} {times} ms  {result['done']:.0f}/s  bad {result['bad']}"


SCENARIOS = [Scenario("callbacks", "acknowledging callbacks", callbacks)]
