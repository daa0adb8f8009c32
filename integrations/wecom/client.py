"""WeCom's interface: token, approvals, templates, members, media (developer.work.weixin.qq.com).

Every answer is HTTP 200 with an errcode; the token stands in the query.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from core.connectors.http import Answer, Call, HttpClient
from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.connectors.tokens import Token
from core.errors import B1FlowError, ConnectionBroken, DocumentRejected, NotFound, OutcomeUnknown, RetryLater
from integrations.wecom import errcodes
from integrations.wecom.template import Template

API = "cgi-bin/"
LONGEST_SPAN = 31 * 24 * 3600  # of getapprovalinfo
PAGE = 100
SHORT = 600  # bytes: answers that refuse a token are short
UPLOAD_SECONDS = 60.0


class WeComClient(HttpClient):
    """Settings: corp_id, agent_id, callback_window; secrets: corp_secret, callback_token, callback_aes_key."""

    system = "WeCom"
    # {(login, interface): monotonic time until which WeCom refuses us}: calls in between would only prolong it.
    _blocked: ClassVar[dict[tuple[str, str], float]] = {}

    def __init__(self, target: Target, recorder: Recorder | None = None, slot: str = "") -> None:
        super().__init__(target, recorder, slot)
        self._templates: dict[str, Template] = {}
        self._templates_lock = threading.Lock()

    # -- the token

    def identity(self) -> tuple[Any, ...]:
        """Each secret has a token of its own."""
        target = self.target
        return (target.tenant_id, target.base_url, self._setting("corp_id"), target.secrets.get("corp_secret", ""))

    def _setting(self, name: str) -> str:
        return str(self.target.settings.get(name) or "").strip()

    def login(self) -> Token:
        """GET gettoken. Asked again while it is valid, WeCom answers the same token."""
        params = {"corpid": self._setting("corp_id"), "corpsecret": self.target.secrets.get("corp_secret", "")}
        body = self._body(self.call("GET", f"{API}gettoken", params=params, auth=False, name="gettoken"), safe=True)
        token = str(body.get("access_token") or "")
        if not token:
            raise ConnectionBroken(_("WeCom answered gettoken without a token"))
        seconds = float(body.get("expires_in") or 0)
        return Token(token, seconds - self.token_margin if seconds > 2 * self.token_margin else seconds / 2)

    def authorize(self, call: Call, value: Any) -> None:
        """Also the last moment to stay silent: a blocked interface is not asked again before its time."""
        left = self._blocked.get((self.tokens.key, call.path), 0.0) - time.monotonic()
        if left > 0:
            words = _("blocked after too many calls")
            raise RetryLater(f"{self._where(call)}: {words}", code=errcodes.RATE, after=left)
        call.params = {**(call.params or {}), "access_token": value}

    def expired(self, answer: Answer) -> bool:
        if answer.status != 200 or len(answer.content) > SHORT:
            return False
        return _errcode(answer) in errcodes.LOGIN_ENDED

    def check(self, call: Call, answer: Answer) -> None:
        super().check(call, answer)
        code = _errcode(answer)
        if code is None:
            raise self._unreadable(call, answer)
        if code == 0:
            return
        if code in errcodes.WAITS:
            self._blocked[self.tokens.key, call.path] = time.monotonic() + errcodes.WAITS[code]
        raise errcodes.meaning(code, str(answer.json().get("errmsg") or ""), self._where(call), safe=call.safe)

    def _unreadable(self, call: Call, answer: Answer) -> B1FlowError:
        words = _("the answer is not WeCom’s")
        text = f"{self._where(call)}: {words}: {answer.text[:100]!r}"
        return ConnectionBroken(text) if call.safe else OutcomeUnknown(text)

    def _body(self, answer: Answer, *, safe: bool) -> dict[str, Any]:
        return dict(self.parsed(answer, safe=safe))

    def _ask(self, name: str, **fields: Any) -> dict[str, Any]:
        """POST that only reads."""
        return self._body(self.call("POST", API + name, json=fields, safe=True, name=name), safe=True)

    def _get(self, name: str, **params: Any) -> dict[str, Any]:
        return self._body(self.call("GET", API + name, params=params, name=name), safe=True)

    # -- approvals

    def submit(self, request: dict[str, Any]) -> str:
        """applyevent: the new approval's number. There is no key against doubles: a lost answer is OutcomeUnknown."""
        name = "oa/applyevent"
        body = self._body(self.call("POST", API + name, json=request, name=name), safe=False)
        number = str(body.get("sp_no") or "")
        if not number:
            raise OutcomeUnknown(_("WeCom answered success without an approval number"))
        return number

    def approval(self, number: str) -> dict[str, Any]:
        """getapprovaldetail: the ``info`` of an approval. Raises NotFound."""
        try:
            info = self._ask("oa/getapprovaldetail", sp_no=str(number)).get("info")
        except DocumentRejected as error:
            if error.code != str(errcodes.PARAMETER):
                raise
            raise NotFound(_("WeCom has no approval %(number)s") % {"number": number}, code=error.code) from error
        if not isinstance(info, dict):
            raise ConnectionBroken(_("WeCom answered getapprovaldetail without an approval"))
        return info

    def approvals(self, start: float, end: float, **filters: Any) -> Iterator[str]:
        """getapprovalinfo: numbers of approvals submitted between two moments (epoch seconds), oldest span first.

        ``filters``: template_id, creator, department, sp_status; empty ones are left out.
        """
        wanted = [{"key": key, "value": str(value)} for key, value in filters.items() if value not in (None, "")]
        begin, last = int(start), int(end)
        while begin <= last:
            until = min(begin + LONGEST_SPAN, last)
            yield from self._numbers(begin, until, wanted)
            begin = until + 1

    def _numbers(self, start: int, end: int, filters: list[dict[str, str]]) -> Iterator[str]:
        cursor = ""
        while True:
            body = self._ask(
                "oa/getapprovalinfo",
                starttime=str(start),
                endtime=str(end),
                new_cursor=cursor,
                size=PAGE,
                filters=filters,
            )
            yield from (str(number) for number in body.get("sp_no_list") or [])
            following = str(body.get("new_next_cursor") or "")
            if not following or following == cursor:
                return
            cursor = following

    def template(self, template_id: str) -> Template:
        """gettemplatedetail, asked once by each client. Raises ConfigurationError for an unknown id."""
        with self._templates_lock:
            if template_id not in self._templates:
                body = self._ask("oa/gettemplatedetail", template_id=template_id)
                self._templates[template_id] = Template.of(template_id, body)
            return self._templates[template_id]

    # -- members, apps, media

    def user(self, user_id: str) -> dict[str, Any]:
        """A member. Raises DocumentRejected (60111) for an unknown one."""
        return self._get("user/get", userid=user_id)

    def user_by_mobile(self, mobile: str) -> str:
        """The user id of a mobile number."""
        return str(self._ask("user/getuserid", mobile=mobile).get("userid") or "")

    def users(self, department: int = 1) -> list[dict[str, Any]]:
        """[{userid, name, department}] of a department and all below it."""
        body = self._get("user/simplelist", department_id=department, fetch_child=1)
        return [row for row in body.get("userlist") or [] if isinstance(row, dict)]

    def departments(self) -> list[dict[str, Any]]:
        """[{id, name, parentid}] that the app may see."""
        return [row for row in self._get("department/list").get("department") or [] if isinstance(row, dict)]

    def agent(self, agent_id: str) -> dict[str, Any]:
        """The app itself: name, visible range."""
        return self._get("agent/get", agentid=agent_id)

    def callback_addresses(self) -> list[str]:
        """The addresses that callbacks come from."""
        return [str(address) for address in self._get("getcallbackip").get("ip_list") or []]

    def upload(self, name: str, content: bytes) -> str:
        """media/upload: the media id of a file, valid for three days. A repeat only leaves a file that nobody uses."""
        answer = self.call(
            "POST",
            f"{API}media/upload",
            params={"type": "file"},
            files={"media": (name, content, "application/octet-stream")},
            safe=True,
            timeout=UPLOAD_SECONDS,
            name="media/upload",
        )
        media = str(self._body(answer, safe=True).get("media_id") or "")
        if not media:
            raise RetryLater(_("WeCom took the file but named no media id"))
        return media


def _errcode(answer: Answer) -> int | None:
    """The errcode; None for an answer that has none or is no JSON object."""
    try:
        body = answer.json()
        return int(body["errcode"]) if isinstance(body, dict) else None
    except (ValueError, KeyError, TypeError):
        return None
