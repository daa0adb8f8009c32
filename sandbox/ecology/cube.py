"""The modelling ("cube") REST interface: rows of configured tables (protocol A8).

A table (kind "mode", key = the {method} of the address): ``{method, name, columns: {column: {label, mand}}, details:
{"detail1": [column]}, unique: [column]}``. ``unique`` is the OA's rule that turns an insert of a known value into an
update. Rows are of kind ``mode.<method>``, key = billid.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from sandbox import faults, store
from sandbox.ecology import auth
from sandbox.ecology.envelope import bare
from sandbox.ecology.requests import ZONE
from sandbox.ecology.switches import SWITCHES, SYSTEM

FIRST_BILL = 1001


class Refused(ValueError):
    """The whole call: this status and message."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class RowRefused(ValueError):
    """One row, for this reason."""


def _shaped(status: str, message: str, **more: Any) -> HttpResponse:
    shape = SWITCHES["cube_shape"]
    if shape == "code":
        body = {"code": "success" if status in ("1", "2") else "fail", "message": message, **more}
        return bare(body)
    body = {"status": status, "message": message, **more}
    return bare(json.dumps(body, ensure_ascii=False)) if shape == "double" else bare(body)


def _opened(request: HttpRequest, method: str) -> tuple[dict, dict]:
    """(table, the call's JSON) once address, JSON and header are right; raises Refused."""
    try:
        table = store.get(SYSTEM, "mode", method)
    except store.Missing:
        raise Refused("4", f"接口标识不存在：{method}") from None
    try:
        call = json.loads(request.POST.get("datajson", ""))
    except ValueError:
        raise Refused("3", "datajson不是有效的JSON") from None
    _check_header(call.get("header") or {})
    return table, call


def _check_header(header: dict) -> None:
    """Md5 is the lower-case hex MD5 of systemid + password + currentDateTime; the keys' case matters."""
    moment = str(header.get("currentDateTime", ""))
    try:
        password = store.get(SYSTEM, "cube_system", header.get("systemid", ""))["password"]
        written = datetime.datetime.strptime(moment, "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
    except (store.Missing, ValueError):
        raise Refused("4", "header验证失败") from None
    expected = hashlib.md5(f"{header['systemid']}{password}{moment}".encode(), usedforsecurity=False).hexdigest()
    if header.get("Md5") != expected:
        raise Refused("4", "header验证失败：Md5不匹配")
    allowed = SWITCHES["allowed_md5_skew_seconds"]
    if allowed and abs((datetime.datetime.now(ZONE) - written).total_seconds()) > allowed:
        raise Refused("4", "header验证失败：currentDateTime已失效")


def _guard(request: HttpRequest) -> HttpResponse | None:
    """The header of the call suffices; a token that is sent all the same must be a good one."""
    if request.headers.get("cookie"):
        store.effect(SYSTEM, "cookie_sent", request.path)
    return auth.token_problem(request) if request.headers.get("token") else None


@require_POST
@faults.operation(SYSTEM, "create")
@auth.spoilable
def save_or_update(request: HttpRequest, method: str) -> HttpResponse:
    """Insert or update rows -> datajson.data[i].billid, in the order of the call."""
    problem = _guard(request)
    if problem:
        return problem
    try:
        table, call = _opened(request, method)
        records = call.get("data")
        if not isinstance(records, list) or not records:
            raise Refused("3", "data不能为空")
    except Refused as refusal:
        return _shaped(refusal.status, refusal.message, datajson="")
    answers = [_row_answer(table, record) for record in records]
    failed = [a for a in answers if not a["billid"]]
    status = "1" if not failed else "2" if len(failed) < len(answers) else "3"
    message = "操作成功" if not failed else f"{len(failed)}条数据异常"
    return _shaped(status, message, datajson=json.dumps({"data": answers}, ensure_ascii=False))


def _row_answer(table: dict, record: dict) -> dict[str, str]:
    try:
        return {"billid": _save(table, record), "msg": ""}
    except RowRefused as refusal:
        return {"billid": "", "msg": str(refusal)}


def _save(table: dict, record: dict) -> str:
    if not str((record.get("operationinfo") or {}).get("operator") or ""):
        raise RowRefused("operator不能为空")
    main = {str(k): "" if v is None else v for k, v in (record.get("mainTable") or {}).items()}
    wanted = str(main.pop("id", "") or "")
    _check_columns(table, main)
    details = _detail_rows(table, record)
    with store.LOCK:
        bill = _existing(table, main, wanted)
        _check_required(table, main, bill)
        return _put(table, main, details, bill)


def _check_columns(table: dict, main: dict) -> None:
    unknown = set(main) - set(table["columns"])
    if unknown:
        raise RowRefused(f"字段不存在：{','.join(sorted(unknown))}")
    for rule in SWITCHES["cube_refuse"]:
        if rule.get("method", table["method"]) == table["method"] and str(main.get(rule["column"])) == str(
            rule["value"]
        ):
            raise RowRefused(rule.get("message") or f"{rule['column']}的值不允许：{rule['value']}")


def _check_required(table: dict, main: dict, bill: int | None) -> None:
    before = store.get(SYSTEM, f"mode.{table['method']}", bill)["mainTable"] if bill else {}
    row = {**before, **main}
    empty = [c["label"] for name, c in table["columns"].items() if c.get("mand") and row.get(name, "") == ""]
    if empty:
        raise RowRefused(f"必填字段不能为空：{','.join(empty)}")


def _detail_rows(table: dict, record: dict) -> dict[str, list[dict]]:
    """Rows of detail1...; each must wear its wrapper {"operate", "data"}."""
    details: dict[str, list[dict]] = {}
    for name in [key for key in record if key.startswith("detail")]:
        if name not in table["details"]:
            raise RowRefused(f"明细表不存在：{name}")
        for row in record[name]:
            data = row.get("data")
            if (row.get("operate") or {}).get("action") != "SaveOrUpdate" or not isinstance(data, dict):
                raise RowRefused(f"{name}缺少operate或data")
            if set(data) - set(table["details"][name]):
                raise RowRefused(f"{name}字段不存在：{','.join(sorted(set(data) - set(table['details'][name])))}")
            details.setdefault(name, []).append(data)
    return details


def _existing(table: dict, main: dict, wanted: str) -> int | None:
    """The billid to update: the given one, or what the unique rule finds."""
    kind = f"mode.{table['method']}"
    if wanted:
        if not store.version(SYSTEM, kind, wanted):
            raise RowRefused(f"数据不存在：id={wanted}")
        return int(wanted)
    if not table.get("unique"):
        return None
    rule = [(column, str(main.get(column, ""))) for column in table["unique"]]
    for key, body, _ in store.rows(SYSTEM, kind):
        if all(str(body["mainTable"].get(column, "")) == text for column, text in rule):
            return int(key)
    return None


def _put(table: dict, main: dict, details: dict, bill: int | None) -> str:
    kind = f"mode.{table['method']}"
    old = store.get(SYSTEM, kind, bill) if bill else {"mainTable": {}, "details": {}}
    number = bill or store.next_number(SYSTEM, kind, FIRST_BILL)
    visible = old.get("visible_ms") or int(time.time() * 1000) + int(SWITCHES["index_delay_ms"])
    body = {"mainTable": {**old["mainTable"], **main}, "details": details or old["details"], "visible_ms": visible}
    store.put(SYSTEM, kind, number, body)
    source = next((str(main[c]) for c in table["columns"] if main.get(c)), "")
    store.effect(SYSTEM, "update" if bill else "create", f"{table['method']}/{number}", source)
    return str(number)


def _found(method: str, call: dict) -> list[dict]:
    wanted = {k: str(v) for k, v in (call.get("mainTable") or {}).items() if str(v) != ""}
    now, rows = time.time() * 1000, []
    for key, body, _ in store.rows(SYSTEM, f"mode.{method}"):
        main = {"id": key, **body["mainTable"]}
        if body["visible_ms"] <= now and all(str(main.get(k, "")) == v for k, v in wanted.items()):
            rows.append({"mainTable": main, **body["details"]})
    return rows


@require_POST
@faults.operation(SYSTEM, "find")
@auth.spoilable
def page_list(request: HttpRequest, method: str) -> HttpResponse:
    """Rows whose columns equal the given ones -> result, a JSON string."""
    try:
        _, call = _opened(request, method)
    except Refused as refusal:
        return _shaped(refusal.status, refusal.message, result="")
    page = call.get("pageInfo") or {}
    size = int(page.get("pageSize") or 10)
    start = (int(page.get("pageNo") or 1) - 1) * size
    rows = _found(method, call)[start : start + size]
    return _guard(request) or _shaped("1", "操作成功", result=json.dumps(rows, ensure_ascii=False))


@require_POST
@faults.operation(SYSTEM, "find")
@auth.spoilable
def page_count(request: HttpRequest, method: str) -> HttpResponse:
    """How many there are -> result, a number as text."""
    try:
        _, call = _opened(request, method)
    except Refused as refusal:
        return _shaped(refusal.status, refusal.message, result="")
    return _guard(request) or _shaped("1", "操作成功", result=str(len(_found(method, call))))
