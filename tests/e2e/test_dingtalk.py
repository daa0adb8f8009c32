"""DingTalk end to end: web server (gunicorn 2 x 4) and worker in their own processes, real signed callbacks.

Small numbers; B1FLOW_FULL_FAULTS=1 takes those of the reliability plan (F4: 2 000 events, F5: 10 000, F6: 200).
"""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from core.callbacks.crypto import CallbackCrypto
from tests.integrations.dingtalk.house import KEY, PURCHASE
from tests.integrations.dingtalk.stack import FULL, Stack, until
from tests.sandbox_server import SandboxServer, sandbox, sandbox_server  # noqa: F401 - fixtures

pytestmark = pytest.mark.crash
SOON = 60.0


@pytest.fixture
def stack(sandbox: SandboxServer, tmp_path: Path) -> Iterator[Stack]:  # noqa: F811
    made = Stack(sandbox, tmp_path)
    yield made
    made.close()


def statuses(stack: Stack, codes: tuple[int, ...] = (17, 18, 19)) -> list[str]:
    return [stack.house.approval(code)["Status"] for code in codes]


def pushes(stack: Stack) -> set[str]:
    return {push["state"] for push in stack.house.pushes()}


def test_three_drafts_out_and_their_decisions_back(stack: Stack) -> None:
    stack.web()
    stack.worker()
    stack.approvals(instance_id_field="U_InstanceId")
    saved = stack.house.act("save_url", callback_url=f"{stack.url}/dingtalk/{KEY}/")
    assert "callback_url" in saved, "check_url is answered"

    assert stack.push()["succeeded"] == 3
    numbers = stack.instances()
    stack.house.settings(terminate_wait_seconds=0)
    stack.house.act("agree", numbers["16"], remark="同意")
    stack.house.act("refuse", numbers["17"], remark="太贵")
    stack.house.act("terminate", numbers["18"])

    until("three decisions", lambda: stack.decided() == 3, SOON)
    assert statuses(stack) == ["arsApproved", "arsNotApproved", "arsNotApproved"]
    assert stack.house.draft(16)["U_ApprovalStatus"] == "已通过"
    assert stack.house.draft(17)["U_ApprovalStatus"] == "已驳回"
    until("all pushes taken", lambda: pushes(stack) == {"delivered"}, SOON)


def test_the_erp_is_down_when_the_decision_arrives(stack: Stack) -> None:
    stack.web()
    stack.worker()
    stack.approvals()
    stack.push()
    stack.sandbox.fault(system="erp", op="*", when="before", action="drop", times=0)
    stack.house.act("agree", stack.instances()["16"])
    until("acknowledged", lambda: pushes(stack) == {"delivered"}, SOON)
    assert all(len(push["attempts"]) == 1 for push in stack.house.pushes()), "at the first attempt"
    until("tried in vain", lambda: stack.events().get("failed"), SOON)
    assert stack.decided() == 0

    stack.sandbox.clear_faults()
    until("decided by itself", lambda: stack.decided() == 1, 120)
    assert len(stack.house.decisions()) == 1


def test_without_a_worker_events_wait(stack: Stack) -> None:
    stack.web()
    stack.approvals()
    stack.push()
    for draft in ("16", "17", "18"):
        stack.house.act("agree", stack.instances()[draft])
    until("acknowledged", lambda: pushes(stack) == {"delivered"}, SOON)
    assert stack.events()["received"] == 3
    stack.worker()
    until("decided", lambda: stack.decided() == 3, SOON)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_killed_while_deciding(stack: Stack, when: str) -> None:
    """The sandbox kills it right before, or right after, the decision took effect in the ERP: there is one."""
    stack.web()
    worker = stack.worker()
    stack.approvals()
    stack.push()
    until("the worker's clusters", lambda: len(stack.family(worker)) > 4, SOON)
    stack.sandbox.fault(
        system="erp", op="decide", when=when, action="kill", pids=[each.pid for each in stack.family(worker)]
    )
    stack.house.act("agree", stack.instances()["16"], remark="同意")
    worker.wait(SOON)
    stack.kill(worker)
    stack.sandbox.clear_faults()
    assert stack.decided() == 0

    past = "'2020-01-01 00:00:00'"
    stack.change(f"UPDATE core_inboundevent SET due_at = {past}, claimed_until = {past} WHERE due_at NOTNULL")
    stack.change(f"UPDATE core_delivery SET decide_at = {past} WHERE decision_state = 'deciding'")
    stack.worker()
    until("decided", lambda: stack.decided() == 1, SOON)
    assert len(stack.house.decisions()) == 1
    assert statuses(stack, (17,)) == ["arsApproved"]
    assert stack.house.draft(16)["U_ApprovalStatus"] == "已通过"


def test_stream_mode_needs_no_address(stack: Stack) -> None:
    stack.worker()
    stack.approvals()
    stack.house.settings(callback_url="", push_mode="stream")
    stream = stack.start("stream", "manage.py", "dingtalk_stream", "--look-seconds", "1")
    stack.push()
    stack.house.act("agree", stack.instances()["16"])
    until("decided", lambda: stack.decided() == 1, SOON)
    stream.send_signal(signal.SIGTERM)
    assert stream.wait(20) == 0


def test_f4_the_same_callback_five_times_in_parallel_and_out_of_order(stack: Stack) -> None:
    """Two workers at it, some of the approvals decided by hand in the ERP before: one decision each, the OA's."""
    count = 400 if FULL else 12
    stack.web()
    stack.worker()
    stack.worker()
    made = stack.sandbox.erp_bulk("Drafts", count, template=3)
    stack.approvals(filter=f"DraftEntry ge {made['first']}")
    stack.house.settings(push=False)
    assert stack.push()["succeeded"] == count
    numbers = [number for _draft, number in sorted(stack.instances().items())]
    for place, number in enumerate(numbers):
        stack.house.act("refuse" if place % 3 == 1 else "agree", number)
    by_hand = sorted(stack.rows("SELECT label, key FROM core_delivery"))[0][1].split("/")[1]
    decision = {"ApprovalRequestDecisions": [{"Status": "ardApproved"}]}
    stack.sandbox.erp_act("PATCH", f"ApprovalRequests({by_hand})", decision, 12)

    events = [finish(number) for number in numbers for _ in range(5)]
    random.Random(7).shuffle(events)
    with ThreadPoolExecutor(10) as threads:
        codes = list(threads.map(Caller(stack).send, events))
    assert set(codes) == {200}

    until("all decided", lambda: stack.decided() == count, 600 if FULL else 120)
    until("inbox empty", lambda: set(stack.events()) == {"processed"}, SOON)
    requests_made = stack.sandbox.erp_objects("ApprovalRequests", f"DraftEntry ge {made['first']}")
    assert len(stack.house.decisions()) == count, "one each, the one by hand among them"
    wanted = {"arsApproved": count - count // 3, "arsNotApproved": count // 3}
    found = [request["Status"] for request in requests_made]
    assert {status: found.count(status) for status in set(found)} == wanted


def test_f5_a_burst_while_the_erp_is_down(stack: Stack) -> None:
    """Every callback is acknowledged in time and none is lost, whatever the workers are waiting for.

    The times are printed beside those of a do-nothing request; asserted are they with the full numbers, which need a
    machine of their own.
    """
    count, rate = (10_000, 100.0) if FULL else (300, 40.0)
    stack.web()
    stack.worker()
    stack.approvals()
    stack.house.settings(push=False)
    stack.push()
    real = list(stack.instances().values())
    stack.sandbox.fault(system="erp", op="*", when="before", action="delay", seconds=5, times=0)
    for number in real:
        stack.house.act("agree", number)
    caller = Caller(stack)
    events = [finish(number) for number in real]
    events += [finish(f"foreign-{number}", "PROC-NOT-ROUTED") for number in range(count - len(events))]

    nothing = at_rate(rate, [caller.nothing] * 200)
    taken = at_rate(rate, [partial(caller.send, event) for event in events])

    print(f"F5: {count} at {rate}/s: {shown(taken)}; a do-nothing request {shown(nothing)}")
    assert sum(stack.events().values()) == count, "none is lost"
    if FULL:
        assert taken[-1] < 1.5, "the vendor's deadline"
        assert taken[int(count * 0.99)] < 0.3
    stack.sandbox.clear_faults()
    until("decided", lambda: stack.decided() == len(real), 180)
    until("the rest is seen", lambda: stack.events().get("ignored") == count - len(real), 180)


def test_f6_the_platform_is_down_while_approvals_finish(stack: Stack) -> None:
    """The vendor gives up; after the start all are decided within five minutes, without a person."""
    count = 200 if FULL else 15
    made = stack.sandbox.erp_bulk("Drafts", count, template=3)
    stack.approvals(filter=f"DraftEntry ge {made['first']}")
    assert stack.push()["succeeded"] == count
    stack.house.settings(time_scale=0.001, terminate_wait_seconds=0)
    for place, number in enumerate(stack.instances().values()):
        stack.house.act(("agree", "refuse", "terminate")[place % 3], number)
    until("the vendor gave up", lambda: pushes(stack) == {"failed"}, SOON)

    stack.web()
    stack.worker()

    seconds = until("all decided", lambda: stack.decided() == count, 300)
    print(f"F6: {count} approvals decided {seconds:.0f} s after the start")
    assert len(stack.house.decisions()) == count
    assert not stack.events(), "no callback had a part in it"


# -- a caller with DingTalk's keys


def finish(number: str, process_code: str = PURCHASE) -> dict[str, Any]:
    return {
        "EventType": "bpms_instance_change", "processInstanceId": number, "processCode": process_code,
        "type": "finish", "result": "agree",
    }  # fmt: skip


class Caller:
    """Sends signed callbacks; a connection of its own for each thread."""

    def __init__(self, stack: Stack) -> None:
        keys = stack.house.keys
        self.crypto = CallbackCrypto(keys["callback_token"], keys["callback_aes_key"], (keys["app_key"],))
        self.url = f"{stack.url}/dingtalk/{KEY}/"
        self._local = threading.local()

    def send(self, event: dict[str, Any]) -> int:
        session = self._local.__dict__.setdefault("session", requests.Session())
        sealed = self.crypto.seal(json.dumps(event), str(int(time.time() * 1000)), "n0nce")
        query = {"signature": sealed.signature, "timestamp": sealed.timestamp, "nonce": sealed.nonce}
        return int(session.post(self.url, json={"encrypt": sealed.encrypt}, params=query, timeout=30).status_code)

    def nothing(self) -> int:
        session = self._local.__dict__.setdefault("session", requests.Session())
        return int(session.get(self.url.split("/dingtalk/")[0] + "/healthz", timeout=30).status_code)


def at_rate(rate: float, calls: list[Callable[[], int]]) -> list[float]:
    """Seconds of each call, sorted, from the time it was due (not from when a thread was free) to its answer."""
    started = time.monotonic() + 0.2

    def timed(place: int) -> float:
        due = started + place / rate
        time.sleep(max(0.0, due - time.monotonic()))
        assert calls[place]() == 200
        return time.monotonic() - due

    with ThreadPoolExecutor(32) as threads:
        return sorted(threads.map(timed, range(len(calls))))


def shown(taken: list[float]) -> str:
    return f"p50 {taken[len(taken) // 2]:.3f} p99 {taken[int(len(taken) * 0.99)]:.3f} max {taken[-1]:.3f} s"
