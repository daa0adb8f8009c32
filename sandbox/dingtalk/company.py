"""The pretended organisation: its app, people and departments, and the calls that look them up."""

from __future__ import annotations

from typing import Any

from sandbox import store
from sandbox.dingtalk.switches import SYSTEM

APP_KEY = "dingb1flowdemo0001"
APP_SECRET = "sK4Yd0Pq7Rb2Xn9Vm1Lc6Jt3Hf8Gw5Ze0Ua4Io7Ty2Qe-demo"  # known to everyone
CORP_ID = "ding0b1f10wdem0c0rp00000000000000"
AGENT_ID = 2786543210
ROOT = 1  # of the address book; -1 is how the approval API calls it


def user(userid: Any) -> dict | None:
    """Someone in service, else None."""
    try:
        found = store.get(SYSTEM, "user", userid)
    except store.Missing:
        return None
    return found if found.get("active", True) else None


def name_of(userid: str) -> str:
    known = user(userid)
    return known["name"] if known else userid


def users() -> list[dict]:
    return store.find(SYSTEM, "user")


def department(number: int) -> dict | None:
    try:
        return store.get(SYSTEM, "department", ROOT if number == -1 else number)
    except store.Missing:
        return None


def belongs_to(person: dict, number: int) -> bool:
    return (ROOT if number == -1 else number) in person["dept_id_list"]
