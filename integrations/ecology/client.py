"""Weaver e-cology 9: token, paService (workflow requests) and the modelling interface.

Vendor: e-cloudstore "Token认证" and "流程REST接口"; what was observed beyond it: protocol A2-A8.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from core.connectors.http import Answer, Call, HttpClient
from core.connectors.tokens import Token
from core.errors import B1FlowError, ConfigurationError, ConnectionBroken, OutcomeUnknown
from integrations.ecology import cube, envelope, request_form, search
from integrations.ecology.cube import Record
from integrations.ecology.public_key import PublicKey
from integrations.ecology.request_form import Field

TOKEN_URL = "/api/ec/dev/auth/applytoken"  # noqa: S105
SERVICE = "api/workflow/paService/"
CUBE = "api/cube/restful/interface/"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
DEFAULT_SECONDS = 1800
EXPIRED = ("token不存在或者超时", "登录信息超时")
EXPIRED_CODE = "002"
SMALL = 2000  # bytes: an answer that refuses a token is short
# A failed creation is deleted again by the OA, so that an answer "failed" means "nothing was made". Names of these
# parameters with a blank at their end (as in the vendor's own demonstration) are silently ignored.
CREATE_OPTIONS = {"isnextflow": "1", "delReqFlowFaild": "1"}


class EcologyClient(HttpClient):
    """Settings: appid, userid, systemid, token_url, token_seconds, extra_headers; secrets: secret, spk, password."""

    system = "OA"

    # -- the token

    def identity(self) -> tuple[Any, ...]:
        target = self.target
        names = ("appid", "userid", "token_url", "token_seconds")
        return (
            target.tenant_id,
            target.base_url,
            *(str(target.settings.get(name) or "") for name in names),
            target.secrets.get("secret", ""),
            target.secrets.get("spk", ""),
        )

    @cached_property
    def _key(self) -> PublicKey:
        return PublicKey(self.target.secrets.get("spk", ""))

    @cached_property
    def _user(self) -> str:
        return self._key.encrypt(str(self.target.settings.get("userid") or "").strip())

    @property
    def extra_headers(self) -> dict[str, str]:
        """What a gateway before the OA wants beside the OA's own headers."""
        return dict(self.target.settings.get("extra_headers") or {})

    def login(self) -> Token:
        """POST applytoken: everything travels in headers. Wrong secret or key: ConnectionBroken."""
        settings = self.target.settings
        seconds = int(settings.get("token_seconds") or DEFAULT_SECONDS)
        headers = {
            **self.extra_headers,
            "appid": str(settings.get("appid") or "").strip(),
            "secret": self._key.encrypt(self.target.secrets.get("secret", "")),
            "time": str(seconds),
            "Content-Type": FORM,
        }
        path = str(settings.get("token_url") or TOKEN_URL)
        answer = self.call("POST", path, headers=headers, safe=True, auth=False, name="applytoken")
        body = self.parsed(answer, safe=True)
        token = str(body.get("token") or "") if isinstance(body, dict) and body.get("status") is not False else ""
        if not token:
            raise _refused_token(body if isinstance(body, dict) else {})
        usable = min(seconds, DEFAULT_SECONDS)  # that more was granted is nowhere said
        return Token(token, usable - self.token_margin if usable > 2 * self.token_margin else usable / 2)

    def authorize(self, call: Call, value: Any) -> None:
        """Never a cookie: with one, the OA skips the token and acts as whoever the session belongs to."""
        call.headers.update(self.extra_headers)
        call.headers.update(appid=str(self.target.settings.get("appid") or "").strip(), token=value, userid=self._user)

    def expired(self, answer: Answer) -> bool:
        if answer.status == 401:
            return True
        if answer.status != 200 or len(answer.content) > SMALL:
            return False
        try:
            body = answer.json()
        except ValueError:
            return False
        return isinstance(body, dict) and (
            str(body.get("msg") or "").startswith(EXPIRED) or str(body.get("errorCode") or "") == EXPIRED_CODE
        )

    # -- what answers mean

    def check(self, call: Call, answer: Answer) -> None:
        if answer.status == 200 and self.expired(answer):
            raise ConnectionBroken(f"{self._where(call)}: {_('the OA refused a token that it had just issued')}")
        if answer.status in (404, 405):
            raise ConnectionBroken(f"{self._where(call)} answered {answer.status}: {_('is the address right?')}")
        super().check(call, answer)
        body = self._json(call, answer)
        error = self._problem(call, body)
        if error is not None:
            raise error

    def _problem(self, call: Call, body: Any) -> B1FlowError | None:
        where = self._where(call)
        if call.path.startswith(SERVICE):
            creates = call.path.endswith("doCreateRequest")
            return envelope.problem(body, where, creates=creates, safe=call.safe)
        return envelope.refused_by_filter(body, where) if call.path.startswith(CUBE) else None

    def _json(self, call: Call, answer: Answer) -> Any:
        try:
            return answer.json()
        except ValueError:
            self._not_json(call, answer.text)

    def _not_json(self, call: Call, text: str) -> NoReturn:
        """A login page: the session filter took the call, nothing was done. Anything else may stand for anything."""
        message = f"{self._where(call)}: {_('the OA returned no JSON')}: {text.strip()[:100]!r}"
        start = text[:4000].lower()
        if call.safe or ("<" in start and ("登录" in start or "login" in start)):
            hint = _("Are the addresses of the interface in the OA's white list (unchecksessionurl)?")
            raise ConnectionBroken(f"{message}. {hint}")
        raise OutcomeUnknown(message)

    # -- workflow requests

    def _get(self, name: str, **params: Any) -> Any:
        body = self.get_json(SERVICE + name, params=params, name=name)
        return body.get("data") if isinstance(body, dict) and ("data" in body or "code" in body) else body

    def _post(self, name: str, *, safe: bool, **values: Any) -> Any:
        data = {key: value if isinstance(value, str) else _json_text(value) for key, value in values.items()}
        return self.post_json(SERVICE + name, data=data, headers={"Content-Type": FORM}, safe=safe, name=name)

    def create_request(
        self,
        workflow_id: str,
        title: str,
        main: dict[str, Any],
        details: dict[str, list[dict[str, Any]]] | None = None,
        *,
        remark: str = "",
    ) -> str:
        """A new request; its number. ``details``: {table: rows}.

        Raises DocumentRejected (a field is wrong), ConfigurationError (workflow unknown or not permitted),
        RetryLater (failed over there, nothing was made), OutcomeUnknown.
        """
        body = self._post(
            "doCreateRequest",
            safe=False,
            workflowId=str(workflow_id),
            requestName=title,
            mainData=_fields(main),
            detailData=[_table(name, rows) for name, rows in (details or {}).items() if rows],
            otherParams=CREATE_OPTIONS,
            **({"remark": remark} if remark else {}),
        )
        number = envelope.request_id(body.get("data") if isinstance(body, dict) else None)
        if not number:
            raise OutcomeUnknown(_("the OA answered success without a request number"))
        return number

    def find_requests(self, workflow_id: str, title: str, since: datetime) -> list[dict[str, Any]]:
        """Our user's requests of exactly this title and workflow, made since: rows of the lists, newest first."""
        conditions = search.conditions(workflow_id, title, since)
        rows: list[dict[str, Any]] = []
        for name in search.LISTS:
            rows += search.all_pages(partial(self._list, name, conditions))
        return search.exact(rows, workflow_id, title, since)

    def _list(self, name: str, conditions: dict[str, str], page: int) -> list[dict[str, Any]]:
        rows = self._post(name, safe=True, pageNo=str(page), pageSize=str(search.PAGE_SIZE), conditions=conditions)
        if not isinstance(rows, list):
            raise ConnectionBroken(f"{self.system} {name}: {_('the answer is no list')}")
        return [row for row in rows if isinstance(row, dict)]

    def request_status(self, request_id: str) -> dict[str, Any]:
        """{currentNodeType: 0 create, 1 approve, 2 submit, 3 archived; status ...}. Raises NotFound."""
        return dict(self._get("getRequestStatus", requestId=request_id) or {})

    def request(self, request_id: str) -> dict[str, Any]:
        """The whole request: form values, ``workflowRequestLogs``. Raises NotFound."""
        return dict(self._get("getWorkflowRequest", requestId=request_id) or {})

    def logs(self, request_id: str) -> list[dict[str, Any]]:
        """Signature lines (nodeName, operateDate, operateTime, operateType, operatorName, remark), oldest first."""
        lines = list(self.request(request_id).get("workflowRequestLogs") or [])
        lines.reverse()  # answered newest first; two of the same second keep that order
        lines.sort(key=lambda line: (str(line.get("operateDate")), str(line.get("operateTime"))))
        return lines

    def withdraw(self, request_id: str, remark: str) -> None:
        """The creator takes it back. Raises DocumentRejected where somebody has handled it already."""
        self._post("withdrawRequest", safe=False, requestId=request_id, remark=remark)

    def force_over(self, request_id: str, remark: str) -> None:
        """Archive at once; the OA grants it to administrators only (else DocumentRejected)."""
        self._post("doForceOver", safe=False, requestId=request_id, remark=remark)

    def workflows(self) -> list[dict[str, Any]]:
        """The workflows our user may create."""
        rows = self._post("getCreateWorkflowList", safe=True, conditions={})
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def form(self, workflow_id: str) -> list[Field]:
        """Fields of a workflow's form: main table first, then the detail tables."""
        return request_form.fields(self._get("getCreateWorkflowRequestInfo", workflowId=workflow_id) or {})

    # -- the modelling interface

    def save_records(self, method: str, operator: str, rows: Sequence[Record]) -> list[str | B1FlowError]:
        """One call; for each row its billid or the error that it met. Raises where the whole call failed."""
        now = datetime.now(UTC)
        data = [cube.row(record, operator, now) for record in rows]
        where = f"saveOrUpdateModeData/{method}"
        return cube.verdicts(self._cube(where, {"data": data}, now, safe=False), len(rows), where)

    def records(self, method: str, operator: str, wanted: dict[str, Any], *, limit: int = 100) -> list[dict[str, Any]]:
        """Rows of a table whose columns have these values: {column: value}, names in lower case, with ``id``."""
        where = f"getModeDataPageList/{method}"
        call = {
            "operationinfo": {"operator": operator},
            "mainTable": wanted,
            "pageInfo": {"pageNo": "1", "pageSize": str(limit)},
        }
        return cube.records(self._cube(where, call, datetime.now(UTC), safe=True), where)

    def _cube(self, where: str, call: dict[str, Any], now: datetime, *, safe: bool) -> Any:
        system_id = str(self.target.settings.get("systemid") or "").strip()
        password = self.target.secrets.get("password", "")
        if not (system_id and password):
            raise ConfigurationError(_("Enter systemid and password of the modelling interface on the OA connection."))
        text = _json_text({"header": cube.header(system_id, password, now), **call})
        headers = {"Content-Type": FORM}
        return self.post_json(CUBE + where, data={"datajson": text}, headers=headers, safe=safe, name=where)


def _refused_token(body: dict[str, Any]) -> ConnectionBroken:
    text = str(body.get("msg") or body.get("errmsg") or "")
    hint = _("the OA issued no token")
    if text.startswith("认证信息错误"):
        hint = _("appid or secret is wrong")
    elif "解密失败" in text:
        hint = _("spk is not the OA's present key: it changes when the appid is registered again")
    elif text.startswith("该账号存在异常"):
        hint = _("the OA user of this appid is locked or switched off")
    return ConnectionBroken(f"OA applytoken: {text} ({hint})", code=body.get("code"))


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fields(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"fieldName": name, "fieldValue": value} for name, value in values.items()]


def _table(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Every new row has recordOrder 0."""
    records = [{"recordOrder": 0, "workflowRequestTableFields": _fields(row)} for row in rows]
    return {"tableDBName": name, "workflowRequestTableRecords": records}
