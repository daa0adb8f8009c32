"""Blacklake MES v3, open API: login, materials, work orders, reports (seed 4.3.1; vendor: openapi documentation).

All calls are POST with JSON. Ids are whole numbers beyond 2**53: they stay ``int`` here and become text in the ledger.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from core.connectors.http import Answer, Call, HttpClient
from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.connectors.tokens import Token
from core.errors import ConnectionBroken, DocumentRejected, NotFound, OutcomeUnknown
from integrations.mes import envelope
from integrations.mes.endpoints import LOGIN, LOGIN_2, PATHS

log = logging.getLogger(__name__)
Row = dict[str, Any]

TOKEN_SECONDS = 1800.0  # how long a token lives is not published: renewed this often, and when it is refused
LEAST_SECONDS = 180.0  # the vendor's SDK renews a second-generation token so long before its end
PAGE_SIZE = 200
SMALL_PAGE = 20  # the vendor's default: taken where a larger page is refused
SMALL = 2000  # bytes: an answer that refuses a token is short
CLOSED = 5  # status of a work order
WORK_ORDER = "ProductionOrder"  # objectCode
RESTARTS = 5


class BlacklakeClient(HttpClient):
    """Settings: factory_number, generation, auth_headers, page_size, paths; secrets: app_key, app_secret."""

    system = "MES"

    def __init__(self, target: Target, recorder: Recorder | None = None, slot: str = "") -> None:
        super().__init__(target, recorder, slot)
        self.paths = {**PATHS, **(target.settings.get("paths") or {})}
        self.page_size = int(target.settings.get("page_size") or PAGE_SIZE)

    # -- the token

    def identity(self) -> tuple[Any, ...]:
        settings, secrets = self.target.settings, self.target.secrets
        names = ("factory_number", "generation")
        values = [str(settings.get(name) or "") for name in names]
        return (self.target.tenant_id, self.target.base_url, *values, secrets.get("app_key"), secrets.get("app_secret"))

    @property
    def second_generation(self) -> bool:
        """The vendor's newer login, without a factory number."""
        return str(self.target.settings.get("generation") or "1") == "2"

    def login(self) -> Token:
        return self.token_of(self.sign_in())

    def sign_in(self) -> Row:
        """The login's answer {token, username, name ...}. Wrong keys: ConnectionBroken, asked once."""
        secrets = self.target.secrets
        keys = {"appKey": secrets.get("app_key", ""), "appSecret": secrets.get("app_secret", "")}
        name = LOGIN_2 if self.second_generation else LOGIN
        if name == LOGIN:
            keys["factoryNumber"] = str(self.target.settings.get("factory_number") or "")
        try:
            data = self._post(name, keys, safe=True, auth=False)
        except (DocumentRejected, NotFound) as error:
            raise ConnectionBroken(error.message, code=error.code) from error
        return data if isinstance(data, dict) else {}

    def token_of(self, data: Row) -> Token:
        value = str(data.get("appAccessToken" if self.second_generation else "token") or "")
        if not value:
            raise ConnectionBroken(_("The MES answered the login without a token."))
        granted = data.get("expire") if self.second_generation else None
        seconds = min(TOKEN_SECONDS, float(granted) - LEAST_SECONDS) if granted else TOKEN_SECONDS
        return Token(value, max(30.0, seconds))

    def authorize(self, call: Call, value: Any) -> None:
        """In the query, as the vendor's SDK does it; in headers too where the connection says so."""
        call.params = {**(call.params or {}), "access_token": value}
        for name in self.target.settings.get("auth_headers") or []:
            call.headers[name] = value

    def expired(self, answer: Answer) -> bool:
        if answer.status == 401:
            return True
        if len(answer.content) > SMALL:
            return False
        try:
            return envelope.is_expired(answer.json())
        except ValueError:
            return False

    # -- what answers mean

    def check(self, call: Call, answer: Answer) -> None:
        if self.expired(answer) and call.title not in (LOGIN, LOGIN_2):
            raise ConnectionBroken(f"{call.title}: {_('the MES refused a token that it had just issued')}")
        if answer.status in (404, 405):
            hint = _("is the address right, and the path of this interface on the connection?")
            raise ConnectionBroken(f"{self._where(call)} answered {answer.status}: {hint}")
        if answer.status >= 400:
            code, text = _refusal(answer)
            self.refuse(call, answer, text, code)
        super().check(call, answer)
        error = envelope.problem(self._envelope(call, answer), call.title, safe=call.safe)
        if error is not None:
            raise error

    def _envelope(self, call: Call, answer: Answer) -> Row:
        """The answer's object. HTTP 204 is an empty success; what is no envelope may stand for anything."""
        if answer.status == 204:
            return {"code": envelope.SUCCESS}
        body = self.parsed(answer, safe=call.safe)
        if isinstance(body, dict) and envelope.code_of(body) is not None:
            return body
        message = f"{self._where(call)}: {_('the answer is not the MES’s')}: {answer.text.strip()[:100]!r}"
        raise ConnectionBroken(message) if call.safe else OutcomeUnknown(message)

    def _post(self, name: str, body: Row, *, safe: bool, auth: bool = True) -> Any:
        """``data`` of the answer. ``safe``: repeating it cannot do anything twice."""
        answer = self.call("POST", self.paths[name], json=body, safe=safe, auth=auth, name=name)
        return None if answer.status == 204 else answer.json().get("data")

    # -- lists

    def pages(self, name: str, filters: Row) -> Iterator[list[Row]]:
        """Pages of a list to its end. A row may come twice (rows move while they are read), none is left out.

        Where ``total`` shrinks, a row was taken away and others moved to pages read already: read again.
        """
        for _restart in range(RESTARTS):
            page, seen, before = 1, 0, -1
            while True:
                rows, total = self._page(name, filters, page)
                if 0 <= total < before:
                    break
                if rows:
                    yield rows
                seen += len(rows)
                if not rows or (seen >= total >= 0) or (total < 0 and len(rows) < self.page_size):
                    return
                page, before = page + 1, total
        raise ConnectionBroken(f"{name}: {_('the list shrinks faster than it can be read')}")

    def _page(self, name: str, filters: Row, page: int) -> tuple[list[Row], int]:
        """(rows, total; -1 where it is not told). A page size that is refused gives way to the vendor's default."""
        try:
            data = self._post(name, {**filters, "page": page, "size": self.page_size}, safe=True)
        except DocumentRejected:
            if page > 1 or self.page_size <= SMALL_PAGE:
                raise
            data = self._post(name, {**filters, "page": page, "size": SMALL_PAGE}, safe=True)
            log.warning("%s %s: pages of %s rows are refused, going on with %s", self.system, name, self.page_size,
                        SMALL_PAGE)  # fmt: skip
            self.page_size = SMALL_PAGE
        data = data or {}
        rows = data.get("list") if isinstance(data, dict) else data
        total = data.get("total") if isinstance(data, dict) else None
        return [row for row in rows or [] if isinstance(row, dict)], int(total) if total is not None else -1

    def rows(self, name: str, filters: Row) -> Iterator[Row]:
        """The rows one by one."""
        for page in self.pages(name, filters):
            yield from page

    def count(self, name: str, **filters: Any) -> int:
        """How many rows a list has: the smallest question that needs a working token and the permission."""
        data = self._post(name, {**filters, "page": 1, "size": 1}, safe=True)
        return int((data.get("total") if isinstance(data, dict) else 0) or 0)

    # -- materials

    def import_material(self, fields: Row) -> None:
        """Create or change a material by ``materialCode``; all values are texts (seed 4.3.1.2)."""
        self._post("material_import", fields, safe=False)

    def material(self, code: str) -> Row | None:
        """The row {id, code, name, enableFlag {code} ...} of exactly this code."""
        for row in self.rows("material_list", {"codeList": [code]}):
            if row.get("code") == code:
                return row
        return None

    def start_materials(self, ids: Sequence[int]) -> None:
        """Enable (启用). One that is enabled already is refused, and with it all of them."""
        self._post("material_start", {"ids": list(ids)}, safe=False)

    def stop_materials(self, ids: Sequence[int]) -> None:
        """Disable (停用), likewise (seed 4.3.1.3)."""
        self._post("material_stop", {"ids": list(ids)}, safe=False)

    # -- work orders

    def import_work_order(self, fields: Row) -> None:
        """Create a work order, or change the one of this code (seed 4.3.1.4). The answer's data is opaque."""
        self._post("work_order_import", fields, safe=False)

    def update_work_order(self, fields: Row) -> None:
        """Change a work order by its code (seed 4.3.1.5)."""
        self._post("work_order_update", fields, safe=False)

    def close_work_orders(self, ids: Sequence[int], kind: int, reason: str) -> list[Row]:
        """Close (seed 4.3.1.6). What could not be closed: [{workOrderId, workOrderCode, failedReason}].

        The MES answers success even when it closed none. Raises OutcomeUnknown for an answer without its counts.
        """
        body = {"workOrderIdList": list(ids), "workOrderCloseType": kind, "operateReason": reason}
        data = self._post("work_order_close", body, safe=False)
        if not isinstance(data, dict) or data.get("failAmount") is None:
            raise OutcomeUnknown(f"work_order_close: {_('the answer does not say what was closed')}")
        failed = [row for row in data.get("failResults") or [] if isinstance(row, dict)]
        return failed or ([{"failedReason": _("no reason given")}] if int(data["failAmount"]) > 0 else [])

    def work_order_id(self, code: str) -> int | None:
        """The id of a work order's code (seed 4.3.1.7); None only where two questions say that there is none.

        An unknown code is refused in ways that are not published, so a refusal alone proves nothing: the list of work
        orders has to say so too. Every other error is raised.
        """
        try:
            data = self._post("code_to_id", {"code": code, "objectCode": WORK_ORDER}, safe=True)
        except DocumentRejected as error:
            log.info("%s has no %s %s as it seems: %s", self.system, WORK_ORDER, code, error)
            data = None
        number = (data or {}).get("id") if isinstance(data, dict) else None
        return int(number) if number else self._listed_work_order(code)

    def _listed_work_order(self, code: str) -> int | None:
        """By the list; older versions know only the inexact filter, so that the answer is compared."""
        filters = {"exactWorkOrderCode": code, "workOrderCode": code}
        for row in self.rows("work_order_list", filters):
            if row.get("workOrderCode") == code and row.get("workOrderId"):
                return int(row["workOrderId"])
        return None

    def work_order(self, number: int) -> Row:
        """The head {id, code, status {code}, workOrderCloseType ...} (seed 4.3.1.9)."""
        return self._object("work_order_detail", {"workOrderId": number})

    def process_plan(self, number: int) -> Row:
        """{processes: [...], processConnections: [...]} of a work order (seed: 工单工序计划详情)."""
        return self._object("process_plan", {"workOrderId": number})

    def _object(self, name: str, body: Row) -> Row:
        data = self._post(name, body, safe=True)
        if not isinstance(data, dict):
            raise NotFound(f"{name}: {_('the MES answered without data')}")
        return data

    # -- reports

    def reports(self, since: int, until: int, **filters: Any) -> Iterator[Row]:
        """Rows of production reports with since <= reportTime < until (ms), oldest first (seed 4.3.1.8)."""
        window = {"reportTimeFrom": since, "reportTimeTo": until}
        sorter = [{"field": "reportTime", "order": "asc"}]
        return self.rows("report_list", {**window, "sorter": sorter, **filters})


def _refusal(answer: Answer) -> tuple[str, str]:
    """(code, text) of an answer with an HTTP error."""
    try:
        body = answer.json()
        return str(body.get("subCode") or body.get("code") or ""), str(body.get("message") or answer.text[:200])
    except (ValueError, AttributeError):
        return "", answer.text[:200].strip() or "(empty answer)"
