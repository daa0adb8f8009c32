"""What a test or the demo can set: POST /ecology/settings with any of these names.

Addresses: ``decision_url`` and ``push_url`` (where A10 and A9 bodies go), with ``decision_app_code`` and
``push_app_code`` for the header X-Apig-AppCode; ``push_targets`` {"783": {"url", "app_code"}} goes before
``push_url`` for one workflow. An empty address sends nothing.
"""

from __future__ import annotations

from typing import Any

from sandbox.kept import Kept

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


SWITCHES = Kept(SYSTEM, DEFAULTS)
