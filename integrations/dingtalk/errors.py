"""DingTalk's error answers of both APIs, named by what happens next (vendor: "全局错误码", "新版服务端API错误码").

New API (api.dingtalk.com): an HTTP status with ``{"code", "message", "requestid"}``. Old API (oapi.dingtalk.com): HTTP
200 with ``errcode`` other than 0; 88 wraps another code in ``sub_code``. An address block is an HTML page, or
``{"status": 1111, "wait": 5, "punish": "deny"}``.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.connectors.http import Answer, Call
from core.errors import (
    B1FlowError,
    ConfigurationError,
    ConnectionBroken,
    DocumentRejected,
    NotFound,
    OutcomeUnknown,
    RetryLater,
)

BLOCKED_SECONDS = 300.0  # an address that called too often is shut out for five minutes
MINUTE_SECONDS = 60.0
SHOWN = 300

NEW_EXPIRED = {"InvalidAuthentication"}
OLD_EXPIRED = {"40014", "42001", "40001", "41001", "40000"}
SCOPE = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
ADDRESS = "Forbidden.AccessDenied.IpNotInWhiteList"
WRONG_LOGIN = {
    "invalidClientIdOrSecret",
    "invalid.client",
    "unauthorized.client",
    "unsupported.grant.type",
    "authFailed",
    "40089",
    "40096",
    "40035",
}
NO_LOGIN = {"AuthenticationFailed.MissingParameter", "MissingParameter"}
BUSY = {"systemBusy", "system.busy", "-1"}
LATER = {"autoflowLikeTriggerRateLimited", "sysErrror", "sysError", "internalError"}
NOT_THERE = {"processInstanceNotExist", "processInstanceIdError", "60121", "33012"}
ENDED = "aflowProcessInstStatusException"
# What a consultant must change, for all documents of the flow.
SETTINGS = {
    "processCodeError": gettext_lazy("The approval template does not exist any more: check process_code."),
    "aflowProcessCodeIsError": gettext_lazy("process_code is wrong: copy PROC-... from the template's address."),
    "invalidProcessCode": gettext_lazy("process_code is wrong: copy PROC-... from the template's address."),
    "formNotExist": gettext_lazy("There is no approval template with this process_code."),
    "processGetFailed": gettext_lazy("The approval template is switched off, or its flow could not be read."),
    "processGroupGetFailed": gettext_lazy("The template's flow for this group could not be read."),
    "processSetupNoPermission": gettext_lazy("The app may not use this approval template."),
    "needAuth": gettext_lazy("The organisation has not authorised the app."),
    "invalidAgentId": gettext_lazy("agent_id of the connection is not this app's AgentId; it may be left empty."),
    "targetSelectApproverMissing": gettext_lazy(
        "The template has a node whose approver the applicant chooses: set select_actioners."
    ),
    "targetSelectApproverScopeError": gettext_lazy("select_actioners names somebody outside the node's range."),
    "benefitStatusInvalid": gettext_lazy("This needs the paid OA edition."),
}
HINTS = {
    "processInstanceInvalidParameter": gettext_lazy(
        "Are originator, department and approvers right? The originator must belong to the department."
    ),
    "invalidParameter": gettext_lazy("Is the originator still in service?"),
    "formConverterError": gettext_lazy("Compare the mapping with the template's controls."),
    "illegalComponent": gettext_lazy("Compare the mapping with the template's controls."),
}


class Busy(RetryLater):
    """Too many calls at this moment, nothing was done: worth a short wait within the call."""


class Ended(DocumentRejected):
    """The instance is not in a state for this: it ended, or it is younger than 15 s (withdrawals)."""


def body_of(answer: Answer) -> dict[str, Any] | None:
    """The JSON object of an answer; None where it is none."""
    try:
        found = answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def is_expired(answer: Answer) -> bool:
    """Does the answer say that the token is of no use any more? Then nothing was done."""
    if len(answer.content) > 4000:
        return False
    body = body_of(answer) or {}
    if answer.status in (400, 401):
        return str(body.get("code")) in NEW_EXPIRED
    return answer.status == 200 and old_code(body) in OLD_EXPIRED


def old_code(body: dict[str, Any]) -> str:
    """The old API's code, unwrapped; "" for a success."""
    code = str(body.get("errcode") or "")
    return str(body.get("sub_code") or code) if code == "88" else code


def is_block(answer: Answer, body: dict[str, Any] | None) -> bool:
    """The firewall's page or note: too many calls from our address, this one was not carried out."""
    if body is not None:
        return str(body.get("status")) == "1111" and "punish" in body
    start = answer.text[:4000].lower()
    return "<" in start and ("x5" in start or "punish" in start or "blocked" in start)


def meaning(call: Call, answer: Answer, where: str) -> B1FlowError | None:
    """The error an answer stands for; None for a success, and where the HTTP status alone decides."""
    body = body_of(answer)
    if is_block(answer, body):
        text = _("DingTalk shuts our address out for five minutes: too many calls.")
        return RetryLater(f"{where}: {text}", code=(body or {}).get("status"), after=BLOCKED_SECONDS)
    if body is None:
        return None
    if answer.status >= 400:
        return _of_new(call, answer, body, where)
    return _of_old(call, body, where) if body.get("errcode") else None


def _of_new(call: Call, answer: Answer, body: dict[str, Any], where: str) -> B1FlowError | None:
    code, text = str(body.get("code") or ""), str(body.get("message") or body.get("errmsg") or "")[:SHOWN]
    message = f"{where} answered {answer.status}: {text}"
    if code in NEW_EXPIRED:
        return ConnectionBroken(f"{message} ({_('DingTalk refused a token that it had just issued')})", code=code)
    if code == SCOPE:
        return ConnectionBroken(f"{message} {_missing(body)}", code=code)
    if "QpmLimit" in code:
        return RetryLater(message, code=code, after=MINUTE_SECONDS)
    if "QpsLimit" in code or code in BUSY:
        return Busy(message, code=code, after=1.0)
    return _common(code, message) or (_unclear(call, message, code) if answer.status == 504 else None)


def _missing(body: dict[str, Any]) -> str:
    detail = body.get("accessdenieddetail")
    scopes = detail.get("requiredScopes") if isinstance(detail, dict) else None
    names = ", ".join(str(scope) for scope in scopes) if isinstance(scopes, list) else "?"
    return _("Grant the app the permission %(scopes)s in DingTalk's developer console.") % {"scopes": names}


def _of_old(call: Call, body: dict[str, Any], where: str) -> B1FlowError:
    code = old_code(body)
    text = str(body.get("sub_msg") or body.get("errmsg") or "")[:SHOWN]
    message = f"{where} answered errcode {body['errcode']}: {text}"
    if code in OLD_EXPIRED:
        return ConnectionBroken(f"{message} ({_('DingTalk refused a token that it had just issued')})", code=code)
    if code == "60011":
        return ConnectionBroken(f"{message} {_missing({})}", code=code)
    if code in ("404", "22"):
        return ConnectionBroken(f"{message} ({_('is the address right?')})", code=code)
    if code in BUSY or _is_rate(code):
        return Busy(message, code=code, after=1.0)
    if code == "15" or (code.startswith("isp.") and "timeout" in code) or (code == "88" and "timeout" in text.lower()):
        return _unclear(call, message, code)
    return _common(code, message) or DocumentRejected(message, code=code)


def _is_rate(code: str) -> bool:
    """90001-90014 and 90017 are limits of different scopes."""
    return code.isdigit() and (90001 <= int(code) <= 90014 or code in ("90017", "90018"))


def _unclear(call: Call, message: str, code: str) -> B1FlowError:
    """The vendor's own timeout: done or not."""
    return RetryLater(message, code=code) if call.safe else OutcomeUnknown(message, code=code)


def _common(code: str, message: str) -> B1FlowError | None:
    if code in WRONG_LOGIN or code in NO_LOGIN:
        return ConnectionBroken(f"{message} ({_('check AppKey and AppSecret')})", code=code)
    if code in (ADDRESS, "60020"):
        hint = _("add our address to the app's server egress addresses in DingTalk's developer console")
        return ConnectionBroken(f"{message} ({hint})", code=code)
    if code in LATER:
        return RetryLater(message, code=code, after=MINUTE_SECONDS if "RateLimited" in code else None)
    if code in NOT_THERE:
        return NotFound(message, code=code)
    if code in SETTINGS:
        return ConfigurationError(f"{message} {SETTINGS[code]}", code=code)
    if code == ENDED:
        return Ended(message, code=code)
    if code in HINTS:
        return DocumentRejected(f"{message} {HINTS[code]}", code=code)
    return None
