"""The DI API service of the hosted ERP: SQL over HTTP (seed chapter 5; support.huaweicloud.com, SparkPack diapi).

Success is the code RIS.10000000 in the body, not the HTTP status. The session's cookies have no published names: all
of them are sent back.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from core.connectors.http import Answer, Call, HttpClient
from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.connectors.tokens import Token
from core.errors import ConnectionBroken, DocumentRejected, NotFound
from integrations.erp.logins import Logins
from integrations.erp.sessions import SessionPool, session_token

OK = "RIS.10000000"
EMPTY_SQL = "Sql不能为空"  # the answer to an empty statement: login and connection work
ROOT = "b1dis/v1"
DEFAULT_MINUTES = 30.0
# The codes of an ended session are not published; its words are recognised (protocol notes, assumed).
_NO_SESSION = re.compile(r"登录|登陆|会话|session|log ?in\b", re.IGNORECASE)
_READS_ONLY = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)", re.IGNORECASE)
_MINUTES = {"s": 1 / 60, "m": 1.0, "h": 60.0, "": 1.0}


class DiApiClient(HttpClient):
    """Settings: company_db, username; secret: password."""

    system = "DI API"

    def __init__(self, target: Target, recorder: Recorder | None = None, slot: str = "") -> None:
        super().__init__(target, recorder, slot)
        self.root = "" if target.base_url.endswith(f"/{ROOT}") else f"{ROOT}/"
        self.logins = Logins(self.identity())
        size = int(target.settings.get("sessions") or 1)
        self.pool = SessionPool(target.connector, self.identity(), lambda: self.logins.attempt(self.login), size)
        self.tokens = self.pool

    def identity(self) -> tuple[Any, ...]:
        target = self.target
        names = [str(target.settings.get(name) or "") for name in ("company_db", "username")]
        return ("di", target.tenant_id, target.base_url, *names, target.secrets.get("password", ""))

    def login(self) -> Token:
        """POST login. Wrong credentials: ConnectionBroken."""
        settings = self.target.settings
        body = {
            "CompanyDB": str(settings.get("company_db") or "").strip(),
            "UserName": settings.get("username") or "",
            "Password": self.target.secrets.get("password", ""),
        }
        try:
            answer = self.call("POST", f"{self.root}login", json=body, safe=True, auth=False, name="login")
        except (DocumentRejected, NotFound) as error:
            raise ConnectionBroken(error.message, code=error.code) from error
        if not answer.cookies:
            raise ConnectionBroken(_("The DI API answered the login without a cookie."))
        data = answer.json().get("data") or {}
        return session_token(answer.cookies, minutes(data.get("SessionTimeout")))

    def authorize(self, call: Call, value: Any) -> None:
        call.headers["Cookie"] = value["cookies"]

    def expired(self, answer: Answer) -> bool:
        if answer.status in (401, 403):
            return True
        code, text = _read(answer)
        return bool(code) and code != OK and bool(_NO_SESSION.search(text))

    def check(self, call: Call, answer: Answer) -> None:
        code, text = _read(answer)
        if answer.status >= 400:
            self.refuse(call, answer, text, code)
        super().check(call, answer)
        self.pool.used(call.headers.get("Cookie"))
        if not code:
            self.parsed(answer, safe=call.safe)
        if code == OK:
            return
        message = f"{self._where(call)}: {text}"
        raise ConnectionBroken(message, code=code) if self.expired(answer) else DocumentRejected(message, code=code)

    def exec_sql(self, sql: str) -> list[dict[str, Any]]:
        """Run one statement: its rows (names as the database gives them; unquoted aliases come back in capitals).

        It runs anything: whoever passes text from outside must check it first. Raises DocumentRejected with the
        database's words.
        """
        safe = bool(_READS_ONLY.match(sql))
        body = self.post_json(f"{self.root}exec-sql", json={"Sql": sql}, safe=safe)
        data = body.get("data")
        rows = data.get("value") if isinstance(data, dict) else data
        return [row for row in rows or [] if isinstance(row, dict)]

    def keep_alive(self) -> None:
        """Use the session, or log in anew: afterwards it lives for another idle timeout."""
        try:
            self.exec_sql("")
        except DocumentRejected as error:
            if EMPTY_SQL not in error.message:
                raise


def minutes(length: Any) -> float:
    """ "30m", "1800s", "0.5h", "30" or 30 -> minutes."""
    found = _LENGTH.fullmatch(str(length if length is not None else ""))
    return float(found[1]) * _MINUTES[found[2].lower()] if found else DEFAULT_MINUTES


def _read(answer: Answer) -> tuple[str, str]:
    """(code, message) of a body; ("", the text) where it has none."""
    try:
        body = answer.json()
        return str(body.get("code") or ""), str(body.get("message") or "")
    except (ValueError, AttributeError):
        return "", answer.text[:200].strip() or "(empty answer)"
