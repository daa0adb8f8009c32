"""Callbacks on their way: sealed, signed, posted, repeated (protocol 2.4, section 5)."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import requests

from sandbox import faults, store
from sandbox.wecom import account, crypto
from sandbox.wecom.account import APPROVAL_AGENT, SYSTEM
from sandbox.wecom.switches import DEADLINE, RETRIES, SCALE

KIND = "event"
STATES = {"held": "扣住", "waiting": "发送中", "delivered": "已送达", "failed": "已放弃", "off": "没有回调地址"}
CHECK_SECONDS = 1.0
RETRY_SECONDS = 5.0
# Threads sleep between attempts; many, so that a receiver that is down delays nobody else's events.
_pool = ThreadPoolExecutor(max_workers=32, thread_name_prefix="wecom-callback")


def _session() -> requests.Session:
    """A connection of its own each time, past any proxy of this machine."""
    session = requests.Session()
    session.trust_env = False
    return session


def _signed(known: dict[str, Any], encrypted: str) -> dict[str, str]:
    timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
    signature = crypto.signature(known["token"], timestamp, nonce, encrypted)
    return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}


def post(text: str, known: dict[str, Any], **spoilt: str) -> requests.Response:
    """One POST of a plaintext in a fresh envelope; ``spoilt`` replaces parts of the query (a forged call)."""
    encrypted = crypto.seal(known["aes_key"], known["corp_id"], text)
    to, agent = f"<![CDATA[{known['corp_id']}]]>", f"<![CDATA[{APPROVAL_AGENT}]]>"
    inner = f"<ToUserName>{to}</ToUserName><AgentID>{agent}</AgentID><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
    query = {**_signed(known, encrypted), **spoilt}
    how: dict[str, Any] = {"timeout": DEADLINE(), "allow_redirects": False, "headers": {"Content-Type": "text/xml"}}
    with _session() as session:
        return session.post(known["url"], params=query, data=f"<xml>{inner}</xml>".encode(), **how)


def _attempt(text: str, known: dict[str, Any]) -> dict[str, Any]:
    """What came of one POST: {at, seconds, status, problem}; status 200 is the only success."""
    began = time.time()
    outcome: dict[str, Any] = {"at": began, "status": 0, "problem": ""}
    try:
        faults.point(SYSTEM, "callback", "before")
        outcome["status"] = post(text, known).status_code
        faults.point(SYSTEM, "callback", "after")
    except requests.RequestException as problem:
        outcome["problem"] = type(problem).__name__
    except (faults.DropConnection, faults.Answer) as problem:  # lost on the way there, or the answer on the way back
        outcome.update(status=0, problem=type(problem).__name__)
    return {**outcome, "seconds": round(time.time() - began, 3)}


def _deliver(key: int) -> None:
    for left in range(int(RETRIES()), -1, -1):
        event = store.peek(SYSTEM, KIND, key)
        if event is None:  # the sandbox was set back meanwhile
            return
        state = _try_once(key, event.body, last=not left)
        if state != "waiting":
            store.effect(SYSTEM, "callback", event.body["sp_no"], event.body["change"], state=state)
            return
        time.sleep(RETRY_SECONDS * SCALE())


def _try_once(key: int, event: dict[str, Any], last: bool) -> str:
    """One attempt, written down; the event's state after it: waiting, delivered, failed, or off without a URL."""
    known = account.ACCOUNT.all()
    attempts, state = event["attempts"], "off"
    if known["url"]:
        attempts = [*attempts, _attempt(event["xml"], known)]
        state = "delivered" if attempts[-1]["status"] == 200 else ("failed" if last else "waiting")
    store.put(SYSTEM, KIND, key, {**event, "attempts": attempts, "state": state})
    return state


def send(key: int) -> Future:
    """Deliver an event of the journal in the background."""
    return _pool.submit(_deliver, key)


def check_url(known: dict[str, Any]) -> str:
    """The GET that the console's 保存 makes; "" when the answer is right, else what is wrong (Chinese)."""
    plain = str(secrets.randbelow(10**19))
    echo = crypto.seal(known["aes_key"], known["corp_id"], plain)
    query = {**_signed(known, echo), "echostr": echo}
    try:
        with _session() as session:
            answer = session.get(known["url"], params=query, timeout=CHECK_SECONDS, allow_redirects=False)
    except requests.Timeout:
        return "回调地址在1秒内没有应答"
    except requests.RequestException as problem:
        return f"回调地址无法访问：{type(problem).__name__}"
    if answer.status_code != 200 or answer.content != plain.encode():
        return f"echostr校验失败：HTTP {answer.status_code}，应答应为解密后的明文"
    return ""
