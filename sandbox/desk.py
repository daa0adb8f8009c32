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

from sandbox import store

Fields = dict[str, Any]
Act = Callable[[Fields], Mapping[str, Any] | None]


class Impossible(Exception):
    """The person asked for something that cannot be done; the message (Chinese) is shown."""


class Switches:
    """A system's settings: known names with defaults, kept as one document.

    ``change`` takes texts from a form as well as JSON values: a text becomes what its default is.
    """

    def __init__(self, system: str, defaults: dict[str, Any]) -> None:
        self.system, self.defaults = system, defaults

    def all(self) -> dict[str, Any]:
        try:
            return {**self.defaults, **store.get(self.system, "settings", "settings")}
        except store.Missing:
            return dict(self.defaults)

    def value(self, name: str) -> Any:
        return self.all()[name]

    def change(self, new: Mapping[str, Any]) -> dict[str, Any]:
        """Set the named switches; raises Impossible for a name that does not exist or a value that cannot be."""
        unknown = set(new) - set(self.defaults)
        if unknown:
            raise Impossible(f"没有这个设置：{', '.join(sorted(unknown))}")
        typed = {name: _like(self.defaults[name], name, given) for name, given in new.items()}
        with store.LOCK:
            return store.put(self.system, "settings", "settings", {**self.all(), **typed})


def _like(default: Any, name: str, given: Any) -> Any:
    """``given`` as the type of ``default``."""
    if not isinstance(given, str) or isinstance(default, str):
        return given
    try:
        if isinstance(default, bool):
            return given.lower() in ("1", "true", "on", "yes")
        if isinstance(default, (int, float)):
            return type(default)(given)
        return json.loads(given) if given.strip()[:1] in ("[", "{") else [part for part in given.split(",") if part]
    except ValueError:
        raise Impossible(f"{name} 的值不对：{given}") from None


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
    """The view of ``/settings``: POST changes, and answers what ``change`` tells."""

    def view(request: HttpRequest) -> HttpResponse:
        try:
            return _told(request, page, {"ok": True, **(change(fields(request)) or {})})
        except Impossible as problem:
            return _told(request, page, {"ok": False, "message": str(problem)}, status=400)

    return view


def required(body: Mapping[str, Any], name: str) -> str:
    """A field of an act, as text without outer blanks; raises Impossible when it is missing."""
    given = str(body.get(name, "") if body.get(name) is not None else "").strip()
    if not given:
        raise Impossible(f"缺少 {name}")
    return given
