"""What the scanner does: real requests to the addresses set, remembered with their answers."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from sandbox import store
from sandbox.desk import Act, Fields, Impossible
from sandbox.scanner import samples
from sandbox.scanner.settings import CALLS, SETTINGS, SYSTEM, address_of

EXCHANGE = "exchange"
REMEMBERED = 50
MOST_AT_ONCE = 50


def _body(call: str, fields: Fields) -> Any:
    """The request's body: ``body``, or a ``sample`` by name, or the ``sql``. Raises Impossible."""
    if fields.get("body") is not None:
        return _parsed(fields["body"])
    if call == "query" and "sql" in fields:
        return {"sql": fields["sql"]}
    name = str(fields.get("sample") or "")
    try:
        return samples.save(name) if call == "save" else samples.query(name) if call == "query" else {}
    except KeyError:
        known = samples.SAVES if call == "save" else samples.QUERIES
        raise Impossible(f"没有样例 {name}；可用：{', '.join(known)}") from None


def _parsed(given: Any) -> Any:
    """A form's text is JSON; what is no JSON is sent as it is."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except ValueError:
        return given


def _with_company(body: Any) -> Any:
    company = SETTINGS["company_db"]
    return {"CompanyDB": company, **body} if company and isinstance(body, dict) else body


def _headers(fields: Fields) -> dict[str, str]:
    code = fields.get("app_code", SETTINGS["app_code"])
    sent = {"Content-Type": "application/json; charset=utf-8", **(fields.get("headers") or {})}
    return {**sent, "X-Apig-AppCode": str(code)} if code else sent


def _prepared(call: str, body: Any, fields: Fields) -> dict[str, Any]:
    """The arguments of the request; raises Impossible."""
    method = str(fields.get("http") or "POST").upper()
    content = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    data = None if method == "GET" else content.encode()
    how = {"timeout": SETTINGS["timeout_seconds"], "allow_redirects": False}
    return {"method": method, "url": address_of(call), "data": data, "headers": _headers(fields), **how}


def _send(prepared: dict[str, Any]) -> Fields:
    """One request: {status, seconds, answer}; status 0 when there was no answer, ``problem`` says why."""
    began = time.monotonic()
    try:
        with requests.Session() as session:
            session.trust_env = False
            got = session.request(**prepared)
    except requests.RequestException as problem:
        return {"status": 0, "seconds": round(time.monotonic() - began, 3), "answer": None, "problem": str(problem)}
    return {"status": got.status_code, "seconds": round(time.monotonic() - began, 3), "answer": _read(got)}


def _read(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return answer.text


def _remember(call: str, body: Any, outcome: Fields) -> None:
    with store.transaction():
        key = store.next_number(SYSTEM, EXCHANGE)
        store.put(SYSTEM, EXCHANGE, key, {"id": key, "call": call, "request": body, **outcome})
        store.delete(SYSTEM, EXCHANGE, key - REMEMBERED)
        answer = outcome["answer"] if isinstance(outcome["answer"], dict) else {}
        data = answer.get("data")
        made = data.get("DocEntry", "") if isinstance(data, dict) else ""
        store.effect(SYSTEM, call, made, answer.get("code", ""), status=outcome["status"])


def _call(call: str) -> Act:
    """``body`` / ``sample`` / ``sql``; ``times`` n: the same request n times at once (a trigger held too long);
    ``http`` GET; ``app_code`` and ``headers`` in place of the settings'. ``ok`` is HTTP 200.
    """

    def act(fields: Fields) -> Fields:
        body, times = _with_company(_body(call, fields)), int(fields.get("times") or 1)
        if not 0 < times <= MOST_AT_ONCE:
            raise Impossible(f"times 应在1到{MOST_AT_ONCE}之间")
        prepared = _prepared(call, body, fields)
        with ThreadPoolExecutor(max_workers=times) as pool:
            outcomes = list(pool.map(_send, [prepared] * times))
        for outcome in outcomes:
            _remember(call, body, outcome)
        ok = all(outcome["status"] == 200 for outcome in outcomes)
        message = f"{CALLS[call]}：HTTP {'、'.join(str(outcome['status']) for outcome in outcomes)}"
        several = {"answers": outcomes} if times > 1 else {}
        return {"ok": ok, "message": message, "request": body, **outcomes[0], **several}

    return act


ACTS: dict[str, Act] = {call: _call(call) for call in CALLS}
