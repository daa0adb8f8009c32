"""Approval templates: their controls, and who approves (protocol 2.2)."""

from __future__ import annotations

import secrets
from typing import Any

from sandbox import store
from sandbox.wecom.account import SYSTEM
from sandbox.wecom.wire import Body, Refused, api

KIND = "template"
CONTROLS = {
    "Text",
    "Textarea",
    "Number",
    "Money",
    "Date",
    "Selector",
    "Contact",
    "File",
    "Table",
    "DateRange",
    "Location",
    "RelatedApproval",
    "Formula",
    "Vacation",
    "Attendance",
    "BankAccount",
    "Tips",
    "PunchCorrection",
}
# The controls that carry the ERP's number: what an effect's source is read from.
NUMBER_TITLES = ("草稿单号", "单据编号")


def named(template_id: object) -> Body | None:
    """A template by id, None when there is none."""
    entry = store.peek(SYSTEM, KIND, template_id)
    return entry.body if entry else None


def texts(text: str) -> list[Body]:
    """A text as the vendor writes it: one entry a language."""
    return [{"text": text, "lang": "zh_CN"}]


def save(template_id: str, name: str, controls: list[Body], flow: list[Body]) -> Body:
    """``controls`` [{control, id, title, require, config}], ``flow`` [{type, apv_rel, userid}] as in a submit."""
    body = {"template_id": template_id, "name": name, "controls": controls, "flow": flow}
    return store.put(SYSTEM, KIND, template_id, body)


def controls_by_id(controls: list[Body]) -> dict[str, Body]:
    """id -> control."""
    return {control["id"]: control for control in controls}


def children(table: Body) -> list[Body]:
    """The controls of a table's row."""
    return table["config"].get("table", {}).get("children", [])


def _shown_config(control: Body) -> Body:
    if control["control"] != "Table":
        return control["config"]
    return {"table": {"children": [shown(child) for child in children(control)], "print_format": 0, "stat_field": []}}


def shown(control: Body) -> Body:
    """A control as gettemplatedetail tells it."""
    words = {"title": texts(control["title"]), "placeholder": texts(control.get("placeholder", "请输入"))}
    about = {"control": control["control"], "id": control["id"], **words}
    flags = {"require": int(control["require"]), "un_print": 0}
    config = _shown_config(control)
    return {"property": {**about, **flags}, **({"config": config} if config else {})}


@api("POST", "read")
def template_detail(body: Body) -> Body:
    """The controls of a template: where a client discovers its fields."""
    template = named(body.get("template_id"))
    if template is None:
        raise Refused(301026)
    content = {"controls": [shown(control) for control in template["controls"]]}
    return {"template_names": texts(template["name"]), "template_content": content}


def _first_text(given: Any) -> str:
    """The words of a [{text, lang}] list; raises Refused."""
    try:
        return str(given[0]["text"])
    except (TypeError, KeyError, IndexError):
        raise Refused(40058) from None


def _read_control(given: Body) -> Body:
    """A control of create_template; raises Refused."""
    try:
        about, config = given["property"], given.get("config") or {}
        kind, number = about["control"], str(about["id"])
    except (TypeError, KeyError):
        raise Refused(40058) from None
    if kind not in CONTROLS or not number.startswith(f"{kind}-"):
        raise Refused(40058, f"invalid control {number}")
    if kind == "Table":
        config = {
            "table": {"children": [_read_control(child) for child in config.get("table", {}).get("children", [])]}
        }
    require = bool(about.get("require"))
    return {
        "control": kind,
        "id": number,
        "title": _first_text(about.get("title")),
        "require": require,
        "config": config,
    }


def _read_template(body: Body) -> tuple[str, list[Body]]:
    name = _first_text(body.get("template_name"))
    given = (body.get("template_content") or {}).get("controls") or []
    if not name or len(name) > 40 or not given:
        raise Refused(40058)
    return name, [_read_control(control) for control in given]


@api("POST", "create_template")
def create_template(body: Body) -> Body:
    """A template without a flow of its own: the administrator gives it one; here the first member approves."""
    name, controls = _read_template(body)
    template_id = f"3T{secrets.token_urlsafe(30)}"
    save(template_id, name, controls, [{"type": 1, "apv_rel": 2, "userid": ["li.si"]}])
    store.effect(SYSTEM, "create_template", template_id, name)
    return {"template_id": template_id}


@api("POST", "update_template")
def update_template(body: Body) -> Body:
    """New name and controls; the flow stays."""
    known = named(body.get("template_id"))
    if known is None:
        raise Refused(301026)
    name, controls = _read_template(body)
    save(known["template_id"], name, controls, known["flow"])
    store.effect(SYSTEM, "update_template", known["template_id"], name)
    return {}
