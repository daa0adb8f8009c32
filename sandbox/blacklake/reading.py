"""How the tenant reads request fields, and how it cuts a list into pages (protocol B3)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.blacklake.switches import PAGE_CAP
from sandbox.blacklake.wire import Body, Refused

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))


def text(body: Body, name: str, longest: int = 0) -> str:
    """A text field; numbers count as text, as the vendor's Java takes them; null and absent are ""."""
    given = body.get(name)
    if given is None:
        return ""
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        raise Refused(f"{name}格式错误，应为文本")
    if longest and len(str(given)) > longest:
        raise Refused(f"{name}长度不能超过{longest}")
    return str(given)


def needed(body: Body, name: str, longest: int = 255) -> str:
    """A mandatory text without outer blanks."""
    given = text(body, name, longest)
    if not given:
        raise Refused(f"{name}不能为空")
    if given != given.strip():
        raise Refused(f"{name}首尾不能有空格")
    return given


def whole(body: Body, name: str) -> int | None:
    """An integer or its digits; None when absent."""
    given = body.get(name)
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, (int, str)) or not str(given).lstrip("-").isdigit():
        raise Refused(f"{name}格式错误，应为整数")
    return int(given)


def amount(body: Body, name: str) -> Decimal:
    """A positive amount written as text."""
    given = needed(body, name)
    try:
        number = Decimal(given)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Refused(f"{name}格式错误，应为数字")
    if number <= 0:
        raise Refused(f"{name}必须大于0")
    return number


def moment(body: Body, name: str) -> int:
    """``yyyy-MM-dd HH:mm:ss`` in the factory's time -> ms."""
    given = needed(body, name)
    try:
        parsed = datetime.datetime.strptime(given, "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        raise Refused(f"{name}格式错误，应为yyyy-MM-dd HH:mm:ss") from None
    return int(parsed.timestamp() * 1000)


def items(body: Body, name: str) -> list[Any]:
    """A list field; absent is empty; ``[null]``, which the seed's sample shows, is empty too."""
    given = body.get(name)
    if given is None:
        return []
    if not isinstance(given, list):
        raise Refused(f"{name}格式错误，应为数组")
    return [entry for entry in given if entry is not None]


def rows(body: Body, name: str) -> list[Body]:
    """A list of objects."""
    given = items(body, name)
    if not all(isinstance(entry, dict) for entry in given):
        raise Refused(f"{name}格式错误，应为对象数组")
    return given


def ids(body: Body, name: str) -> set[int]:
    """A list of ids, given as numbers or digits."""
    return {int(entry) for entry in items(body, name) if str(entry).isdigit()}


def page_of(body: Body, found: Iterable[Body]) -> Body:
    """``{list, page, total}`` of one page, sorted as asked (``sorter``, default the order of making)."""
    page = whole(body, "page") or 1
    size = whole(body, "size") or 20
    cap = PAGE_CAP()
    if page < 1 or size < 1 or size > cap:
        raise Refused(f"分页参数错误：page从1开始，size不能超过{cap}")
    everything = list(found)
    for sorter in reversed(rows(body, "sorter")):
        field = text(sorter, "field")
        everything.sort(
            key=lambda row: (row.get(field) is not None, row.get(field)), reverse=sorter.get("order") == "desc"
        )
    return {"list": everything[(page - 1) * size : page * size], "page": page, "total": len(everything)}
