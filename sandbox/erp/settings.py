"""The ERP's switches and its clock."""

from __future__ import annotations

import datetime

from django.utils import timezone

from sandbox import switches


def _declare(name: str, default: object, label: str, *choices: object) -> switches.Switch:
    return switches.declare("erp", name, default, label, choices)


SESSION_MINUTES = _declare("session_minutes", 30.0, "会话空闲超时（分钟，可用小数）")
SERIALISE = _declare("serialise_sessions", True, "同一会话的请求排队执行")
LOGIN_SECONDS = _declare("login_seconds", 0.0, "登录耗时（秒）")
BATCH = _declare("batch", 0, "$batch：0 支持，否则返回该状态码", 0, 404, 405, 501)
PAGE_SIZE = _declare("page_size", 20, "默认页大小（0 = 不分页）")
LINK_FORM = _declare("page_link", "rotate", "odata.nextLink 的写法", "rotate", "path", "relative", "encoded")
DATE_STYLE = _declare("date_style", "plain", "v1 日期格式：2022-08-23 或 2022-08-23T00:00:00Z", "plain", "iso")
TIME_SECONDS = _declare("time_seconds", True, "更新时间带秒（关 = 只到分钟）")
LOOSE_NAMES = _declare("loose_names", False, "属性名不区分大小写")
CLOCK_OFFSET = _declare("clock_offset_seconds", 0.0, "ERP 时钟偏差（秒）")
LATE_COMMIT = _declare("late_commit_seconds", 0.0, "晚提交：更新时间比实际可见早多少秒")
FIELDS_AFTER_RESTART = _declare("user_fields_after_restart", False, "新建的自定义字段要重启 Service Layer 后才可用")
TRANSFER_DRAFTS = _declare(
    "transfer_drafts", "StockTransferDrafts", "库存转储草稿从哪里读", "StockTransferDrafts", "Drafts", "both"
)
APPROVAL_ON_POST = _declare("approval_on_post", False, "新增单据触发审批：返回 -2028 并生成草稿")
PROCEDURE_SETS = _declare(
    "procedure_sets", "ProductionOrders", "存储过程（U_SyncStatus/U_SyncFlag）作用的对象，逗号分隔"
)
PROCEDURE_ON_CREATE = _declare("procedure_on_create", False, "存储过程也在新增时执行")
IGNORE_DECISIONS = _declare("ignore_decisions", False, "审批决定返回 204 但不生效")


def now() -> datetime.datetime:
    """The ERP server's local time."""
    return timezone.localtime() + datetime.timedelta(seconds=CLOCK_OFFSET())


def update_stamp() -> tuple[str, str]:
    """(UpdateDate, UpdateTime) of a change that is made now."""
    at = now() - datetime.timedelta(seconds=LATE_COMMIT())
    return f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}" if TIME_SECONDS() else f"{at:%H:%M}:00"


def create_stamp() -> tuple[str, str]:
    at = now()
    return f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}" if TIME_SECONDS() else f"{at:%H:%M}:00"
