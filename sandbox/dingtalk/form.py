"""A whole form: the check on create in the vendor's order, and how it reads back."""

from __future__ import annotations

from typing import Any

from sandbox import store
from sandbox.dingtalk import widgets
from sandbox.dingtalk.switches import SWITCHES, SYSTEM
from sandbox.dingtalk.widgets import Unfit, failed, illegal, label_of
from sandbox.dingtalk.wire import Refused

MOST = 150


def template(process_code: Any) -> dict:
    """The template; raises store.Missing."""
    return store.get(SYSTEM, "template", process_code)


def templates() -> list[dict]:
    return store.find(SYSTEM, "template")


def filled(items: list[dict], values: Any) -> dict[str, dict[str, Any]]:
    """{control id: {"name", "value", "extValue"}} of formComponentValues; raises Refused."""
    if not isinstance(values, list) or not values or len(values) > MOST:
        raise Refused("invalidParameter", "发起审批参数错误，formComponentValues")
    given: dict[str, dict[str, Any]] = {}
    for entry in values:
        item = _control(items, entry)
        given[item["props"]["id"]] = {"name": entry["name"], "value": entry["value"], "extValue": entry.get("extValue")}
    for item in items:
        if item["props"].get("required") and not given.get(item["props"]["id"], {}).get("value"):
            raise failed(label_of(item))
    for item in items:
        _check(item, given.get(item["props"]["id"], {}).get("value", ""))
    return given


def _control(items: list[dict], entry: Any) -> dict:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise illegal()
    item = widgets.find(items, entry["name"])
    if item is None:
        raise failed(entry["name"])
    kind = item["componentName"]
    unsettable = kind in widgets.NOT_SETTABLE or kind in widgets.NEVER_SENT
    texts = [entry.get("value"), entry.get("extValue", "")]
    if unsettable or not all(isinstance(text, str) and len(text) <= widgets.LONGEST for text in texts):
        raise illegal(entry["name"])
    return item


def _check(item: dict, value: str) -> None:
    if item["componentName"] not in widgets.CHECKS:
        return
    try:
        widgets.check(item, value)
    except Unfit:
        raise failed(label_of(item)) from None


def shown(items: list[dict], values: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """formComponentValues of the detail: every control, with the traps of real answers."""
    return [_shown(item, values.get(item["props"]["id"], {})) for item in items if item["componentName"] != "TextNote"]


def _shown(item: dict, given: dict[str, Any]) -> dict[str, Any]:
    empty = "null" if SWITCHES["null_strings"] else ""
    value = given.get("value") or empty
    if item["componentName"] == "TableField" and given.get("value"):
        value = widgets.read_table(item, value)
    entry = {
        "id": item["props"]["id"],
        "name": label_of(item),
        "value": value,
        "extValue": given.get("extValue") or empty,
        "componentType": item["componentName"],
    }
    alias = item["props"].get("bizAlias")
    return {**entry, "bizAlias": alias} if alias else entry


def source_of(items: list[dict], values: dict[str, dict[str, Any]]) -> str:
    """The value of the control that carries our number."""
    item = widgets.find(items, SWITCHES["source_control"])
    return values.get(item["props"]["id"], {}).get("value", "") if item else ""
