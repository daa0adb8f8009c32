"""DingTalk's old API: another host, the token in the query, HTTP 200 whatever happens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.connectors.http import Call
from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.connectors.tokens import Token, TokenCache
from integrations.dingtalk.wire import Wire, token_of

OLD_HOST = "https://oapi.dingtalk.com"
NEW_HOST = "https://api.dingtalk.com"


def address(target: Target) -> str:
    """Where the old API is: as set; else DingTalk's own, or the connection's where a gateway stands for both."""
    given = str(target.settings.get("old_base_url") or "").rstrip("/")
    return given or (OLD_HOST if target.base_url in ("", NEW_HOST) else target.base_url)


class OldApi(Wire):
    """Shares the token of the new API: DingTalk takes it on both hosts."""

    def __init__(self, target: Target, recorder: Recorder, slot: str) -> None:
        super().__init__(replace(target, base_url=address(target)), recorder, slot)

    def share(self, tokens: TokenCache) -> None:
        """Use these tokens from now on."""
        self.tokens = tokens

    def token(self) -> Token:
        """GET /gettoken, for organisations whose gateway does not let the new address through."""
        secrets, settings = self.target.secrets, self.target.settings
        params = {"appkey": str(settings.get("app_key") or ""), "appsecret": secrets.get("app_secret", "")}
        answer = self.call("GET", "gettoken", params=params, auth=False, name="gettoken")
        return token_of(self.parsed(answer, safe=True), "access_token", "expires_in")

    def ask(self, path: str, question: dict[str, Any]) -> Any:
        """POST a question; its ``result``. Raises NotFound for nobody of that name."""
        answer = self.post_json(path, json=question, safe=True, name=path)
        return answer.get("result") if isinstance(answer, dict) else None

    def authorize(self, call: Call, value: Any) -> None:
        call.params = {**(call.params or {}), "access_token": value}
