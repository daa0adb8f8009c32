"""What calls to both of DingTalk's hosts share: what answers mean, and patience where the vendor asks for it."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from core.connectors.http import Answer, Call, HttpClient
from core.connectors.tokens import Token
from core.errors import ConnectionBroken, RetryLater
from integrations.dingtalk import errors

PAUSES = (1.0, 2.0, 4.0)  # seconds after the first, second, third "too many calls"
SHORTEST = 3.0  # seconds a call must have left to be tried again


class Wire(HttpClient):
    """A client of one of the hosts."""

    system = "DingTalk"
    _blocked_until = 0.0

    def call(self, method: str, path: str, *, timeout: float = 0.0, **options: Any) -> Answer:
        """As HttpClient's, waiting a little where too many calls come together; within one call's deadline in all.

        While our address is shut out nothing is sent: every call would begin the five minutes anew.
        """
        self._refuse_while_blocked()
        deadline = time.monotonic() + (timeout or settings.CALL_DEADLINE_SECONDS)
        for pause in PAUSES:
            try:
                return super().call(method, path, timeout=deadline - time.monotonic(), **options)
            except errors.Busy:
                if deadline - time.monotonic() < pause + SHORTEST:
                    raise
                time.sleep(pause)
            except RetryLater as error:
                self._remember_block(error)
                raise
        return super().call(method, path, timeout=deadline - time.monotonic(), **options)

    def _refuse_while_blocked(self) -> None:
        left = self._blocked_until - time.monotonic()
        if left > 0:
            raise RetryLater(_("DingTalk shuts our address out for five minutes: too many calls."), after=left)

    def _remember_block(self, error: RetryLater) -> None:
        if error.after == errors.BLOCKED_SECONDS:
            self._blocked_until = time.monotonic() + error.after

    def expired(self, answer: Answer) -> bool:
        return errors.is_expired(answer)

    def check(self, call: Call, answer: Answer) -> None:
        error = errors.meaning(call, answer, self._where(call))
        if error is not None:
            raise error
        if answer.status in (404, 405):
            raise ConnectionBroken(f"{self._where(call)} answered {answer.status}: {_('is the address right?')}")
        if answer.status >= 400:
            body = errors.body_of(answer) or {}
            text = str(body.get("message") or answer.text)[: errors.SHOWN]
            self.refuse(call, answer, text, body.get("code") or "")
        super().check(call, answer)


def token_of(body: Any, name: str, seconds_name: str, margin: float = 300.0) -> Token:
    """The token in an answer, used until ``margin`` seconds before its end; ConnectionBroken where there is none."""
    token = body.get(name) if isinstance(body, dict) else None
    if not isinstance(token, str) or not token:
        raise ConnectionBroken(_("DingTalk answered the login without a token: is the address right?"))
    try:
        seconds = float(body.get(seconds_name) or 7200)
    except (TypeError, ValueError):
        seconds = 7200.0
    return Token(token, seconds - margin if seconds > 2 * margin else seconds / 2)
