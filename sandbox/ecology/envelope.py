"""The paService answer: parameters in, ``{"code", "data", "errMsg", "reqFailMsg"}`` out (protocol A5)."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sandbox.ecology import auth, forms, requests
from sandbox.ecology.switches import SWITCHES

CODES = ("SUCCESS", "PARAM_ERROR", "NO_PERMISSION", "SYSTEM_INNER_ERROR", "USER_EXCEPTION", "FAIL")


def parameters(request: HttpRequest) -> dict[str, Any]:
    """Query, form fields and a JSON body in one dict; raises ParameterError for a body that is no JSON object."""
    values: dict[str, Any] = request.GET.dict()
    if request.content_type == "application/json" and request.body:
        body = forms.parsed(request.body.decode())
        if not isinstance(body, dict):
            raise forms.ParameterError({"workflowId": 0})
        return {**values, **body}
    return {**values, **request.POST.dict()}


def request_id(values: dict[str, Any]) -> Any:
    """Both spellings are in use."""
    return values.get("requestId") or values.get("requestid")


def other_parameters(values: dict[str, Any]) -> dict[str, Any]:
    """otherParams; a key with a trailing blank is another key, and so ignored."""
    return forms.parsed(values.get("otherParams")) or {}


def answer(
    code: str, data: Any = None, errors: dict | None = None, failure: dict | None = None, *, with_code: bool = True
) -> JsonResponse:
    shaped = code if SWITCHES["code_shape"] == "text" else {"name": code, "statusCode": CODES.index(code) + 1}
    body: dict[str, Any] = {"code": shaped} if with_code else {}
    if data is not None:
        body["data"] = data
    body["errMsg"] = errors or {}
    body["reqFailMsg"] = failure or {"keyParameters": {}, "msgInfo": {}, "otherParams": {"doAutoApprove": "0"}}
    return JsonResponse(body)


def refusal(error: requests.NotPermitted) -> JsonResponse:
    if not error.kind:
        return answer("NO_PERMISSION", errors=error.messages)
    failure = {"keyParameters": {}, "msgInfo": {}, "msgType": error.kind, "otherParams": {}}
    return answer("NO_PERMISSION", errors=error.messages, failure=failure)


def service(*methods: str) -> Callable:
    """Decorate a view ``(values, user) -> response``: authentication, method, switches, refusals."""

    def decorate(view: Callable[[dict[str, Any], str], HttpResponse]) -> Callable[..., HttpResponse]:
        @auth.authenticated
        @functools.wraps(view)
        def called(request: HttpRequest, user: str) -> HttpResponse:
            if request.method not in methods:
                return HttpResponse("<h1>405 Method Not Allowed</h1>", status=405)
            if SWITCHES.use_up("fail_next"):
                return answer("SYSTEM_INNER_ERROR", errors={"msg": "系统内部错误"})
            try:
                return view(parameters(request), user)
            except forms.ParameterError as error:
                return answer("PARAM_ERROR", errors=error.messages)
            except requests.NotPermitted as error:
                return refusal(error)

        return called

    return decorate


def bare(value: Any) -> HttpResponse:
    """Lists and counts have no envelope."""
    return HttpResponse(json.dumps(value, ensure_ascii=False), content_type="application/json;charset=utf-8")
