"""What a test or the demo can set: POST /ecology/settings with any of these names.

Addresses: ``decision_url`` and ``push_url`` (where A10 and A9 bodies go), with ``decision_app_code`` and
``push_app_code`` for the header X-Apig-AppCode; ``push_targets`` {"783": {"url", "app_code"}} goes before
``push_url`` for one workflow. An empty address sends nothing.
"""

from __future__ import annotations

from typing import Any

from sandbox import store

SYSTEM = "ecology"

DEFAULTS: dict[str, Any] = {
    "decision_url": "",
    "decision_app_code": "",
    "push_url": "",
    "push_app_code": "",
    "push_targets": {},
    "callback_seconds": 30,  # how long the node's action waits for our answer
    "block_on_failure": True,  # a node whose action reports a failure does not move on
    "index_delay_ms": 0,  # a created request or record shows up in lists only after this
    "fail_next": 0,  # the next n paService calls answer SYSTEM_INNER_ERROR
    "delay_ms": 0,  # before every API answer
    "code_shape": "text",  # "object": {"name": "SUCCESS", "statusCode": 1}
    "status_without_code": False,  # getRequestStatus omits "code", as the vendor's sample
    "login_page": False,  # every API call answers an HTML login page (session filter hit)
    "session_timeout_text": False,  # a bad token is told as 登录信息超时 (errorCode 002)
    "rotate_on_regist": True,  # regist makes a new secret and key pair (builds before 2023)
    "allowed_md5_skew_seconds": 0,  # 0 = any currentDateTime
    "cube_shape": "plain",  # "double": the whole body is a JSON string; "code": code instead of status
    "cube_refuse": [],  # [{"method", "column", "value", "message"}]: rows that the table refuses
}


def all_of_them() -> dict[str, Any]:
    """Every switch with its present value."""
    try:
        return {**DEFAULTS, **store.get(SYSTEM, "settings", "settings")}
    except store.Missing:
        return dict(DEFAULTS)


def value(name: str) -> Any:
    return all_of_them()[name]


def change(new: dict[str, Any]) -> dict[str, Any]:
    """Set the named switches; raises ValueError for a name that does not exist."""
    unknown = set(new) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    with store.LOCK:
        return store.put(SYSTEM, "settings", "settings", {**all_of_them(), **new})


def use_up(name: str) -> bool:
    """Take one off a counter; True when there was one."""
    with store.LOCK:
        left = int(value(name))
        if left <= 0:
            return False
        change({name: left - 1})
        return True
