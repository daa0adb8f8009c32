"""What the persons' pages of the pretended systems share: one door for buttons, forms and URLs.

``POST .../act {"do": NAME, ...}`` carries out one of a system's acts. A JSON caller gets JSON
(``{"ok": true, ...}``, or HTTP 400 ``{"ok": false, "message"}``); a form on the page is led back to the page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from sandbox import switches

Fields = dict[str, Any]
Act = Callable[[Fields], Mapping[str, Any] | None]


class Impossible(Exception):
    """The person asked for something that cannot be done; the message (Chinese) is shown."""


def fields(request: HttpRequest) -> Fields:
    """The JSON body, or the form's fields; raises Impossible."""
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise Impossible("请求体不是JSON") from None
    if not isinstance(body, dict):
        raise Impossible("请求体应为JSON对象")
    return body


def _told(request: HttpRequest, page: str, result: Mapping[str, Any], status: int = 200) -> HttpResponse:
    if request.content_type == "application/json":
        return JsonResponse(dict(result), status=status, json_dumps_params={"ensure_ascii": False})
    message = result.get("message") or "已完成"
    return HttpResponseRedirect(f"{page}?{urlencode({'message': message})}", status=303)


def acts(page: str, table: Mapping[str, Act]) -> Callable[[HttpRequest], HttpResponse]:
    """The view of ``POST .../act``."""

    def view(request: HttpRequest) -> HttpResponse:
        try:
            body = fields(request)
            name = body.pop("do", "")
            if name not in table:
                raise Impossible(f"没有这个动作：{name}；可用：{', '.join(table)}")
            return _told(request, page, {"ok": True, **(table[name](body) or {})})
        except Impossible as problem:
            return _told(request, page, {"ok": False, "message": str(problem)}, status=400)

    return view


def settings(page: str, change: Act) -> Callable[[HttpRequest], HttpResponse]:
    """The view of ``/settings``: GET asks ``change`` for nothing, POST hands it what to change."""

    def view(request: HttpRequest) -> HttpResponse:
        try:
            given = fields(request) if request.method == "POST" else {}
            answer = {"ok": True, **(change(given) or {})}
            return _told(request, page, answer) if request.method == "POST" else JsonResponse(answer)
        except Impossible as problem:
            return _told(request, page, {"ok": False, "message": str(problem)}, status=400)

    return view


def switches_of(system: str) -> list[Fields]:
    """The system's switches as the page's form shows them."""
    return [switch for switch in switches.listing() if switch["system"] == system]


def set_switches(system: str, given: Fields) -> Fields:
    """Set the named switches of a system and tell them all; raises Impossible."""
    for name, value in given.items():
        try:
            switches.SWITCHES[system, name].set(value)
        except KeyError:
            raise Impossible(f"没有这个设置：{name}") from None
        except (ValueError, TypeError):
            raise Impossible(f"{name} 的值不对：{value}") from None
    return {"settings": {switch["name"]: switch["value"] for switch in switches_of(system)}}


def required(body: Mapping[str, Any], name: str) -> str:
    """A field of an act, as text without outer blanks; raises Impossible when it is missing."""
    given = str(body.get(name, "") if body.get(name) is not None else "").strip()
    if not given:
        raise Impossible(f"缺少 {name}")
    return given
