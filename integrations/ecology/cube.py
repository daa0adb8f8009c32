"""The modelling ("cube") interface: what is sent to it and what its answers mean (protocol A8).

The vendor documents it nowhere public; shapes as observed in several integrators' clients: the body may be a JSON
text that has to be parsed twice, ``status`` may be missing and ``code`` be there instead.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from core.errors import B1FlowError, ConfigurationError, ConnectionBroken, DocumentRejected, OutcomeUnknown

ZONE = ZoneInfo("Asia/Shanghai")  # of the OA servers
OK = ("1", "2")  # 2: some of the rows were refused
DATA_ERROR = "3"
REFUSED_LOGIN = re.compile(r"header|md5|systemid|password|验证|认证|鉴权", re.IGNORECASE)
UNKNOWN_TABLE = re.compile(r"接口标识|接口不存在|未找到接口|method", re.IGNORECASE)


@dataclass(frozen=True)
class Record:
    """A row to save. ``details``: {detail1: [{column: value}]}; ``bill_id``: of the row to change, "" for a new one."""

    main: dict[str, Any]
    details: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    bill_id: str = ""


def header(system_id: str, password: str, now: datetime) -> dict[str, str]:
    """The signature. Upper and lower case of its names count; Md5 is lower-case hex."""
    moment = now.astimezone(ZONE).strftime("%Y%m%d%H%M%S")
    digest = hashlib.md5(f"{system_id}{password}{moment}".encode(), usedforsecurity=False).hexdigest()
    return {"systemid": system_id, "currentDateTime": moment, "Md5": digest}


def row(record: Record, operator: str, now: datetime) -> dict[str, Any]:
    """One element of ``data``; each detail row wears its wrapper."""
    local = now.astimezone(ZONE)
    stamp = {"operationDate": local.strftime("%Y-%m-%d"), "operationTime": local.strftime("%H:%M:%S")}
    main = {**record.main, "id": record.bill_id} if record.bill_id else record.main
    wrapped = {name: [_wrapped(data) for data in rows] for name, rows in record.details.items()}
    return {"operationinfo": {"operator": operator, **stamp}, "mainTable": main, **wrapped}


def _wrapped(data: dict[str, Any]) -> dict[str, Any]:
    return {"operate": {"action": "SaveOrUpdate", "actionDescribe": ""}, "data": data}


def opened(value: Any) -> Any:
    """A JSON value that may have been written as JSON text once or twice more."""
    for _again in range(3):
        if not isinstance(value, str):
            break
        try:
            value = json.loads(value)
        except ValueError:
            break
    return value


def status(body: dict[str, Any]) -> str:
    """1 to 4; builds without ``status`` say ``code`` success or 200."""
    if body.get("status") not in (None, ""):
        return str(body["status"]).strip()
    good = str(body.get("code", "")).strip().lower() in ("success", "200")
    return "1" if good else DATA_ERROR


def verdicts(body: Any, count: int, where: str) -> list[str | B1FlowError]:
    """For each of ``count`` rows its billid, or why it was refused. Raises where the whole call was refused."""
    body = opened(body)
    if not isinstance(body, dict):
        raise OutcomeUnknown(f"{where} answered {str(body)[:100]!r}")
    outer, message = status(body), text(body)
    data = opened(body.get("datajson"))
    rows = data.get("data") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        rows = []
    if not rows and outer not in OK:
        raise refusal(outer, f"{where}: {message}")
    answers = [*rows[:count], *[None] * (count - len(rows))]
    return [_verdict(answer, good=outer in OK, message=message, where=where) for answer in answers]


def _verdict(answer: Any, *, good: bool, message: str, where: str) -> str | B1FlowError:
    answer = answer if isinstance(answer, dict) else {}
    bill_id = str(answer.get("billid") or answer.get("billId") or "").strip()
    made = bill_id.isdecimal() and int(bill_id) > 0
    if good and made:
        return bill_id
    reason = text(answer)
    if reason and not made:
        return DocumentRejected(f"{where}: {reason}")
    return OutcomeUnknown(f"{where} gave this row neither a billid nor a reason: {message}")


def refusal(outer: str, message: str) -> B1FlowError:
    """A call that was refused whole, by its words: the vendor has no codes for the reasons."""
    if UNKNOWN_TABLE.search(message.partition(": ")[2]):
        return ConfigurationError(f"{message}. {_('Check the interface id (method) of the flow.')}", code=outer)
    if REFUSED_LOGIN.search(message.partition(": ")[2]):
        return ConnectionBroken(f"{message}. {_('Check systemid and password of the connection.')}", code=outer)
    if outer == DATA_ERROR:
        return DocumentRejected(message, code=outer)
    return OutcomeUnknown(message, code=outer)


def text(body: dict[str, Any]) -> str:
    """The words of an answer or of a row's verdict."""
    for name in ("message", "msg", "errMsg", "errmsg", "error"):
        if body.get(name):
            return str(body[name])
    return ""


def records(body: Any, where: str) -> list[dict[str, Any]]:
    """Rows of getModeDataPageList as ``{column: value}`` of their main table (with ``id``)."""
    body = opened(body)
    if not isinstance(body, dict):
        raise ConnectionBroken(f"{where} answered {str(body)[:100]!r}")
    if status(body) not in OK:
        error = refusal(status(body), f"{where}: {text(body)}")
        raise ConnectionBroken(error.message, code=error.code) if isinstance(error, OutcomeUnknown) else error
    found = opened(body.get("result") or body.get("datajson") or [])
    if isinstance(found, dict):
        found = found.get("data") or found.get("list") or []
    return [_main(entry) for entry in found if isinstance(entry, dict)] if isinstance(found, Sequence) else []


def _main(entry: dict[str, Any]) -> dict[str, Any]:
    main = entry.get("mainTable")
    return {str(k).lower(): v for k, v in (main if isinstance(main, dict) else entry).items()}
