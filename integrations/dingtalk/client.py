"""DingTalk's OA approval: token, create, detail, list, schema and the calls beside them.

Vendor: open.dingtalk.com "OA审批" (2026-04 to 2026-08). An approval cannot be created twice by mistake of the vendor's:
there is no idempotency key (RequestId in the vendor's example is no parameter), so callers carry a number of their own
in a control and look for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core.connectors.http import Call
from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.connectors.tokens import Token
from core.errors import ConnectionBroken, DocumentRejected, NotFound, OutcomeUnknown
from integrations.dingtalk.form.filling import Component
from integrations.dingtalk.form.schema import Form, UnreadableSchema, parse
from integrations.dingtalk.instance import Instance
from integrations.dingtalk.old_api import OldApi
from integrations.dingtalk.wire import Wire, token_of

FLOW = "v1.0/workflow/"
INSTANCES = f"{FLOW}processInstances"
PAGE = 20  # the most ids a list answers
MOST_IDS = 10_000
OLD_LOGIN = "old"


class DingTalkClient(Wire):
    """Settings: app_key, agent_id, login_api, old_base_url; secret: app_secret (the others belong to callbacks)."""

    def __init__(self, target: Target, recorder: Recorder | None = None, slot: str = "") -> None:
        super().__init__(target, recorder, slot)
        self.old = OldApi(target, self.recorder, slot)
        self.old.share(self.tokens)

    # -- the token

    def identity(self) -> tuple[Any, ...]:
        settings, secrets = self.target.settings, self.target.secrets
        app = (settings.get("app_key"), secrets.get("app_secret"), settings.get("login_api"))
        return (self.target.tenant_id, self.target.base_url, *app)

    def login(self) -> Token:
        """The app's token; the same one while it is valid. Wrong AppKey or AppSecret: ConnectionBroken."""
        if self.target.settings.get("login_api") == OLD_LOGIN:
            return self.old.token()
        settings, secrets = self.target.settings, self.target.secrets
        body = {"appKey": str(settings.get("app_key") or ""), "appSecret": secrets.get("app_secret", "")}
        try:
            answer = self.call("POST", "v1.0/oauth2/accessToken", json=body, safe=True, auth=False, name="accessToken")
        except (DocumentRejected, NotFound) as error:
            raise ConnectionBroken(error.message, code=error.code) from error
        return token_of(self.parsed(answer, safe=True), "accessToken", "expireIn")

    def authorize(self, call: Call, value: Any) -> None:
        call.headers["x-acs-dingtalk-access-token"] = value

    # -- approvals

    def create(self, process_code: str, originator: str, dept_id: int, values: list[Component], **more: Any) -> str:
        """A new instance; its id. ``more``: approvers, ccList, ccPosition, targetSelectActioners.

        Raises DocumentRejected (form, originator), ConfigurationError (template, app), RetryLater, OutcomeUnknown.
        """
        body: dict[str, Any] = {
            "processCode": process_code,
            "originatorUserId": originator,
            "deptId": dept_id,
            "formComponentValues": values,
            **{name: value for name, value in more.items() if value},
        }
        agent = str(self.target.settings.get("agent_id") or "").strip()
        if agent:
            body["microappAgentId"] = int(agent)
        answer = self.post_json(INSTANCES, json=body, name="create approval")
        number = answer.get("instanceId") if isinstance(answer, dict) else None
        if not number:
            raise OutcomeUnknown(_("DingTalk answered success without an instance id"))
        return str(number)

    def instance(self, number: str) -> Instance:
        """One instance. Raises NotFound for one that is deleted or another organisation's."""
        params = {"processInstanceId": number}
        answer = self.get_json(INSTANCES, params=params, name="read approval")
        try:
            return Instance.of(number, answer.get("result") if isinstance(answer, dict) else None)
        except ValueError as error:
            raise ConnectionBroken(f"{self.system} processInstances: {_('the answer is no instance')}") from error

    def instance_ids(
        self,
        process_code: str,
        since: datetime,
        until: datetime,
        *,
        users: list[str] | None = None,
        states: list[str] | None = None,
    ) -> Iterator[str]:
        """Ids of instances created in this time (at most 120 days, at most a year ago), to the list's end."""
        body: dict[str, Any] = {
            "processCode": process_code,
            "startTime": int(since.timestamp() * 1000),
            "endTime": int(until.timestamp() * 1000),
            "maxResults": PAGE,
            **({"userIds": users} if users else {}),
            **({"statuses": states} if states else {}),
        }
        token: Any = 0
        path = f"{FLOW}processes/instanceIds/query"
        for _page in range(MOST_IDS // PAGE):
            question = {**body, "nextToken": token}
            result = self._result(self.post_json(path, json=question, safe=True, name="list approvals"), path)
            yield from (str(number) for number in result.get("list") or [])
            token = result.get("nextToken")
            if token in (None, ""):
                return

    def terminate(self, number: str, remark: str, user: str = "") -> None:
        """Withdraw a running instance, as its originator or as the system. Raises Ended, also in its first 15 s."""
        body: dict[str, Any] = {"processInstanceId": number, "isSystem": not user, "remark": remark[:1000]}
        if user:
            body["operatingUserId"] = user
        self.post_json(f"{INSTANCES}/terminate", json=body, safe=True, name="withdraw approval")

    def comment(self, number: str, text: str, user: str) -> None:
        """Add a remark."""
        body = {"processInstanceId": number, "text": text, "commentUserId": user}
        self.post_json(f"{INSTANCES}/comments", json=body, name="comment approval")

    def execute(self, number: str, task_id: int, user: str, result: str, remark: str = "") -> None:
        """Decide a task for its approver: ``agree`` or ``refuse``. For trying out a template end to end."""
        body = {"processInstanceId": number, "taskId": task_id, "actionerUserId": user, "result": result}
        self.post_json(f"{INSTANCES}/execute", json={**body, "remark": remark}, name="decide approval task")

    # -- templates

    def schema(self, process_code: str) -> Form:
        """The template's form. Raises UnreadableSchema, ConfigurationError (no such template), ConnectionBroken."""
        params = {"processCode": process_code}
        answer = self.get_json(f"{FLOW}forms/schemas/processCodes", params=params, name="read form")
        if not isinstance(answer, dict):
            raise UnreadableSchema("the answer is no object")
        return parse(answer.get("result"))

    def templates(self) -> list[dict[str, str]]:
        """[{processCode, name}] of the organisation's templates."""
        found: list[dict[str, str]] = []
        path = f"{FLOW}processes/userVisibilities/templates"
        token: Any = 0
        while token not in (None, ""):
            params = {"maxResults": 100, "nextToken": token}
            result = self._result(self.get_json(path, params=params, name="list templates"), path)
            rows = [row for row in result.get("processList") or [] if isinstance(row, dict)]
            found += [{"processCode": str(row.get("processCode")), "name": str(row.get("name") or "")} for row in rows]
            token = result.get("nextToken") if rows else None
        return found

    def process_code(self, name: str) -> str:
        """The process code of the template of this name. Raises ConfigurationError where there is none."""
        path = f"{FLOW}processCentres/schemaNames/processCodes"
        result = self._result(self.get_json(path, params={"name": name}, name="find template"), path)
        return str(result.get("processCode") or "")

    def forecast(self, process_code: str, user: str, dept_id: int, values: list[Component]) -> list[dict[str, Any]]:
        """The nodes an instance would pass, with ``workflowActor.actorKey`` where the applicant chooses."""
        body = {"processCode": process_code, "userId": user, "deptId": dept_id, "formComponentValues": values}
        path = f"{FLOW}processes/forecast"
        result = self._result(self.post_json(path, json=body, safe=True, name="forecast"), path)
        return [rule for rule in result.get("workflowActivityRules") or [] if isinstance(rule, dict)]

    def _result(self, answer: Any, path: str) -> dict[str, Any]:
        """The ``result`` object of an answer. Raises ConnectionBroken where there is none."""
        result = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(result, dict):
            raise ConnectionBroken(f"{self.system} {path}: {_('the answer has no result')}")
        return result

    # -- Stream mode

    def open_stream(self) -> tuple[str, str]:
        """(address of the WebSocket, ticket that opens it once). Wrong AppKey or secret: ConnectionBroken."""
        body = {
            "clientId": str(self.target.settings.get("app_key") or ""),
            "clientSecret": self.target.secrets.get("app_secret", ""),
            "subscriptions": [{"type": "EVENT", "topic": "*"}],
            "ua": "b1flow/1.0",
        }
        path = "v1.0/gateway/connections/open"
        answer = self.post_json(path, json=body, safe=True, auth=False, name="open stream")
        found = answer if isinstance(answer, dict) else {}
        if not (found.get("endpoint") and found.get("ticket")):
            raise ConnectionBroken(f"{self.system} {path}: {_('the answer has no endpoint')}")
        return str(found["endpoint"]), str(found["ticket"])

    # -- people (old API)

    def user(self, userid: str) -> dict[str, Any]:
        """{userid, name, unionid, dept_id_list ...}. Raises NotFound."""
        return dict(self.old.ask("topapi/v2/user/get", {"userid": userid}) or {})

    def user_by_mobile(self, mobile: str) -> str:
        """The user id of a mobile number. Raises NotFound."""
        return str((self.old.ask("topapi/v2/user/getbymobile", {"mobile": mobile}) or {}).get("userid") or "")
