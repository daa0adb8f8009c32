"""Members and departments (address book)."""

from __future__ import annotations

from sandbox import store
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.wire import Body, Refused, api

USER, DEPARTMENT = "user", "department"


def user(userid: object) -> Body | None:
    """A member by userid, None when there is none."""
    entry = store.peek(SYSTEM, USER, userid)
    return entry.body if entry else None


def department(number: object) -> Body | None:
    """A department by id, None when there is none."""
    entry = store.peek(SYSTEM, DEPARTMENT, number)
    return entry.body if entry else None


def everybody() -> list[Body]:
    """All members."""
    return store.find(SYSTEM, USER)


def name_of(userid: str) -> str:
    """The member's name, the userid itself for a stranger."""
    return (user(userid) or {"name": userid})["name"]


def _shown(member: Body) -> Body:
    return {name: value for name, value in member.items() if name != "visible"}


@api("GET", "read")
def get_user(query: Body) -> Body:
    """One member."""
    member = user(query.get("userid", ""))
    if member is None:
        raise Refused(60111)
    return _shown(member)


@api("POST", "find")
def user_by_mobile(body: Body) -> Body:
    """A userid by mobile number."""
    found = [member for member in everybody() if member["mobile"] == body.get("mobile")]
    if not found:
        raise Refused(60111)
    return {"userid": found[0]["userid"]}


def _below(top: int) -> set[int]:
    """A department and all under it."""
    numbers = {top}
    departments = store.find(SYSTEM, DEPARTMENT)
    while grown := {d["id"] for d in departments if d["parentid"] in numbers} - numbers:
        numbers |= grown
    return numbers


def _members(query: Body) -> list[Body]:
    number = query.get("department_id", "")
    if not number.isdigit() or department(number) is None:
        raise Refused(60123)
    wanted = _below(int(number)) if query.get("fetch_child") == "1" else {int(number)}
    return [member for member in everybody() if wanted & set(member["department"])]


@api("GET", "find")
def simple_list(query: Body) -> Body:
    """userid, name and departments of a department's members."""
    names = ("userid", "name", "department")
    return {"userlist": [{name: member[name] for name in names} for member in _members(query)]}


@api("GET", "find")
def user_list(query: Body) -> Body:
    """Everything about a department's members."""
    return {"userlist": [_shown(member) for member in _members(query)]}


@api("POST", "find")
def list_id(body: Body) -> Body:
    """Every (user, department) pair."""
    pairs = [{"userid": member["userid"], "department": d} for member in everybody() for d in member["department"]]
    return {"next_cursor": "", "dept_user": pairs}


@api("GET", "find")
def department_list(query: Body) -> Body:
    """A department and those below it; all without ``id``."""
    number = query.get("id", "")
    wanted = _below(int(number)) if number.isdigit() else None
    return {"department": [d for d in store.find(SYSTEM, DEPARTMENT) if wanted is None or d["id"] in wanted]}


@api("GET", "read")
def get_department(query: Body) -> Body:
    """One department."""
    found = department(query.get("id", ""))
    if found is None:
        raise Refused(60123)
    return {"department": found}
