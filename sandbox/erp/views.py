"""HTTP in front of the Service Layer: the cookie gate, the session's queue, faults, cookies as documented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse

from sandbox import faults
from sandbox.erp import batch, errors, metadata, service, sessions, settings
from sandbox.erp.wire import CONTENT_TYPE, Call, Reply, failure, parse_query

_DATA_SERVICE = {"v1": ("DataServiceVersion", "3.0"), "v2": ("OData-Version", "4.0")}


class Answer(HttpResponse):
    """An answer that may carry several raw Set-Cookie headers."""

    raw_cookies: list[str] = []

    def items(self) -> Iterator[tuple[str, str]]:
        yield from super().items()
        for value in self.raw_cookies:
            yield "Set-Cookie", value


def service_layer(request: HttpRequest, version: str) -> HttpResponse:
    """Everything below /erp/b1s/v1/ and /erp/b1s/v2/."""
    raw = request.META.get("RAW_URI") or request.get_full_path()
    path = raw.partition("?")[0].partition(f"/b1s/{version}")[2].strip("/")
    try:
        if path == "Login" and request.method == "POST":
            return _login(request, version)
        session = sessions.of_cookie(request.headers.get("Cookie", ""))
        if path == "Logout" and request.method == "POST":
            sessions.logout(session)
            return Answer(status=204)
        with sessions.turn(session):
            faults.lag()
            return _served(_call(request, version, path, session))
    except errors.ServiceError as error:
        return _answer(version, failure(version, error))


service_layer.own_latency = True  # type: ignore[attr-defined]  # slept inside the session's queue


def _login(request: HttpRequest, version: str) -> HttpResponse:
    faults.lag()
    faults.point("erp", "login", "before")
    try:
        body = json.loads(request.body or b"null")
    except ValueError:
        raise errors.bad_content() from None
    session = sessions.login(body)
    faults.point("erp", "login", "after")
    name = "odata.metadata" if version == "v1" else "@odata.context"
    data = {name: f"{_root(request, version)}/$metadata#B1Sessions/@Element", "SessionId": session.id}
    data |= {"Version": "1000190", "SessionTimeout": max(1, round(settings.SESSION_MINUTES()))}
    answer = _answer(version, Reply(200, data, content_type=CONTENT_TYPE[version]))
    answer.raw_cookies = sessions.cookies(session)
    answer.fault_point = ("erp", "login")  # type: ignore[attr-defined]
    return answer


def _root(request: HttpRequest, version: str) -> str:
    before = request.path.partition(f"/b1s/{version}")[0]
    return f"{request.scheme}://{request.get_host()}{before}/b1s/{version}"


def _call(request: HttpRequest, version: str, path: str, session: sessions.Session) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = parse_query((request.META.get("RAW_URI") or request.get_full_path()).partition("?")[2])
    body = request.body
    return Call(request.method or "GET", path, query, headers, body, session, version, _root(request, version))


def _served(call: Call) -> HttpResponse:
    """Announce, carry out, announce: faults before and after the effect."""
    op = service.operation(call.method, call.path)
    faults.point("erp", op, "before")
    reply = _carried_out(call)
    faults.point("erp", op, "after")
    answer = _answer(call.version, reply)
    answer.fault_point = ("erp", op)  # type: ignore[attr-defined]
    return answer


def _carried_out(call: Call) -> Reply:
    try:
        if call.path == "$batch" and call.method == "POST":
            return batch.run(call)
        if call.path == "$metadata":
            return metadata.answer(call)
        return service.handle(call)
    except errors.ServiceError as error:
        return failure(call.version, error)


def _answer(version: str, reply: Reply) -> Answer:
    headers: dict[str, Any] = {_DATA_SERVICE[version][0]: _DATA_SERVICE[version][1], **reply.headers}
    return Answer(reply.content(), status=reply.status, content_type=reply.content_type or None, headers=headers)
