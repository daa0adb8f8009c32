"""Address book calls of the old host (protocol 1.2, companion calls)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from sandbox import faults, store
from sandbox.dingtalk import company
from sandbox.dingtalk.switches import SYSTEM
from sandbox.dingtalk.wire import OldRefused, old_answer, old_api

SCOPE = "qyapi_get_member"


def _missing() -> OldRefused:
    return OldRefused(60121, "找不到该用户")


@faults.operation(SYSTEM, "find")
@old_api(SCOPE)
def get(body: dict[str, Any]) -> HttpResponse:
    """{"userid"} -> result with dept_id_list and unionid."""
    if not body.get("userid"):
        raise OldRefused(400002, "无效的参数：userid")
    person = company.user(body["userid"])
    if person is None:
        raise _missing()
    return old_answer(result={**person, "boss": False, "admin": False, "title": person.get("title", "")})


@faults.operation(SYSTEM, "find")
@old_api(SCOPE)
def get_by_mobile(body: dict[str, Any]) -> HttpResponse:
    """{"mobile"} -> result.userid."""
    found = [p for p in company.users() if p["mobile"] == str(body.get("mobile", "")) and p.get("active", True)]
    if not found:
        raise _missing()
    return old_answer(result={"userid": found[0]["userid"]})


@faults.operation(SYSTEM, "find")
@old_api(SCOPE)
def list_ids(body: dict[str, Any]) -> HttpResponse:
    """{"dept_id"} -> result.userid_list."""
    number = int(body.get("dept_id") or company.ROOT)
    people = [p["userid"] for p in company.users() if number in p["dept_id_list"] and p.get("active", True)]
    return old_answer(result={"userid_list": people})


@faults.operation(SYSTEM, "find")
@old_api("qyapi_get_department_list")
def departments(body: dict[str, Any]) -> HttpResponse:
    """{"dept_id"} -> the departments right below it."""
    number = int(body.get("dept_id") or company.ROOT)
    return old_answer(result=store.find(SYSTEM, "department", lambda d: d["parent_id"] == number))
