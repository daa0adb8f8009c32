"""Events on their way to the callback address: signed, encrypted, awaited, tried three times (protocol 1.4).

Every event is a record of kind "push": ``{"id", "event", "instanceId", "state": "waiting|delivered|failed", "via",
"attempts": [{"at", "ms", "problem"}]}``.
"""

from __future__ import annotations

import concurrent.futures
import json
import secrets
import threading
import time
from typing import Any
from urllib.parse import urlencode

import requests as http
from django.db import connection

from sandbox import faults, store
from sandbox.dingtalk import company, crypto, events, instances, stream
from sandbox.dingtalk.switches import SWITCHES, SYSTEM

_workers = concurrent.futures.ThreadPoolExecutor(8, thread_name_prefix="dingtalk-push")


class NotTaken(Exception):
    """The push failed; the text says why."""


def tell(instance: dict, happened: instances.Events) -> None:
    """Push these events, one after the other, beside the caller's answer; nobody subscribed, nothing to push."""
    if not SWITCHES["push"] or not (SWITCHES["callback_url"] or _goes_by_stream()):
        return
    if SWITCHES["shuffle"]:
        happened = happened[::-1]
    numbers = [_noted(events.new_event(kind, instance, fields), instance) for kind, fields in happened]
    if numbers:
        _workers.submit(_in_turn, numbers)


def _noted(event: dict[str, Any], instance: dict) -> int:
    number = instances.next_number("push", 1)
    push = {"id": number, "event": event, "instanceId": instance["instanceId"], "state": "waiting", "attempts": []}
    store.put(SYSTEM, "push", number, push)
    return number


def pushes(number: str | None = None) -> list[dict]:
    """All pushes, oldest first, or those of one instance."""
    return store.find(SYSTEM, "push", lambda p: number is None or p["instanceId"] == number)


def again(chosen: list[dict], times: int = 1) -> int:
    """The same events once more, as redeliveries: same content, same eventId."""
    for _ in range(times):
        for push in chosen:
            number = instances.next_number("push", 1)
            store.put(SYSTEM, "push", number, {**push, "id": number, "state": "waiting", "attempts": []})
            _workers.submit(_in_turn, [number])
    return times * len(chosen)


def _in_turn(numbers: list[int]) -> None:
    try:
        for number in numbers:
            _attempt(number)
    finally:
        connection.close()


def _attempt(number: int) -> None:
    """Push once; on failure plan the next try."""
    try:
        push = store.get(SYSTEM, "push", number)
    except store.Missing:
        return  # the demo data was reset meanwhile
    if _goes_by_stream():
        _keep(push, "waiting", "stream", "")
        stream.push(push["event"], number)
        if SWITCHES["push_mode"] != "both":
            return
    started, problem = time.monotonic(), ""
    try:
        post(json.dumps(events.flat(push["event"]), ensure_ascii=False))
    except NotTaken as failure:
        problem = str(failure)
    _keep(push, "delivered" if not problem else "waiting", "http", problem, time.monotonic() - started)
    if problem:
        _plan(push)


def _goes_by_stream() -> bool:
    mode = SWITCHES["push_mode"]
    return mode in ("stream", "both") or (mode == "auto" and stream.connected() > 0)


def _keep(push: dict, state: str, via: str, problem: str, seconds: float = 0) -> None:
    push["attempts"].append({"at": instances.now_ms(), "ms": round(seconds * 1000), "via": via, "problem": problem})
    push["state"] = state
    _save(push)


def _save(push: dict) -> None:
    with store.LOCK:
        if store.version(SYSTEM, "push", push["id"]):  # else the demo data was reset meanwhile
            store.put(SYSTEM, "push", push["id"], push)


def _plan(push: dict) -> None:
    waits = SWITCHES["retry_seconds"]
    tries = sum(attempt["via"] == "http" for attempt in push["attempts"])
    if tries > len(waits):
        push["state"] = "failed"
        _save(push)
        return
    timer = threading.Timer(waits[tries - 1] * SWITCHES["time_scale"], lambda: _workers.submit(_in_turn, [push["id"]]))
    timer.daemon = True
    timer.start()


def tail() -> str:
    """The id that ends every plaintext."""
    known = {"app_key": company.APP_KEY, "corp_id": company.CORP_ID}
    return known.get(SWITCHES["tail_id"], SWITCHES["tail_id"])


def post(text: str) -> None:
    """One push to the callback address; raises NotTaken."""
    known = SWITCHES.all()
    if not known["callback_url"]:
        raise NotTaken("没有回调地址")
    token, key = known["callback_token"], known["callback_aes_key"]
    encrypted = crypto.encrypt(key, text, tail())
    timestamp = str(int(time.time() * 1000))[: int(known["timestamp_digits"])]
    query = _query(known["signature_name"], token, timestamp, secrets.token_urlsafe(6), encrypted)
    separator = "&" if "?" in known["callback_url"] else "?"
    answer = _sent(f"{known['callback_url']}{separator}{query}", {"encrypt": encrypted}, known["deadline_ms"] / 1000)
    _check(answer, token, key)


def _query(names: str, token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    signature = crypto.sign(token, timestamp, nonce, encrypted)
    chosen = ("signature", "msg_signature") if names == "both" else (names,)
    return urlencode({**dict.fromkeys(chosen, signature), "timestamp": timestamp, "nonce": nonce})


def _sent(url: str, body: dict[str, str], deadline: float) -> http.Response:
    started = time.monotonic()
    try:
        faults.point(SYSTEM, "callback", "before")
        answer = http.post(url, json=body, timeout=deadline, allow_redirects=False)
        faults.point(SYSTEM, "callback", "after")
    except (http.RequestException, faults.DropConnection, faults.Answer) as error:
        raise NotTaken(type(error).__name__) from None
    if time.monotonic() - started > deadline:
        raise NotTaken("超过时限")
    if answer.status_code != 200:
        raise NotTaken(f"HTTP {answer.status_code}")
    return answer


def _check(answer: http.Response, token: str, key: str) -> None:
    """The answer must be the word success, signed and encrypted like the push."""
    try:
        body = answer.json()
        crypto.verify(token, body["timeStamp"], body["nonce"], body["encrypt"], body["msg_signature"])
        word = crypto.decrypt(key, body["encrypt"], tail())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotTaken(f"应答不是加密的success：{error}") from None
    if word != "success":
        raise NotTaken(f"应答不是success：{word[:40]}")


def failed() -> list[dict]:
    """Pushes that the vendor gave up, as get_call_back_failed_result lists them."""
    return store.find(SYSTEM, "push", lambda p: p["state"] == "failed")
