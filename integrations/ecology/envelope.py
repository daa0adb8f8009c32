"""What a paService answer means: ``{"code", "data", "errMsg", "reqFailMsg"}`` (protocol A5).

Lists and counts have no envelope. ``code`` is a text, or an object ``{"name", "statusCode"}`` in some builds, or
absent from a successful getRequestStatus.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from core.errors import (
    B1FlowError,
    ConfigurationError,
    ConnectionBroken,
    DocumentRejected,
    NotFound,
    OutcomeUnknown,
    RetryLater,
)

SUCCESS = "SUCCESS"
# In the order of their statusCode, which counts from 1.
CODES = (SUCCESS, "PARAM_ERROR", "NO_PERMISSION", "SYSTEM_INNER_ERROR", "USER_EXCEPTION", "FAIL")
REQUEST_ID_ERRORS = {"errorparam_requestid", "errorparam_request_id"}


def code_of(body: dict[str, Any]) -> str:
    """The code as one of CODES; "" where the answer has none."""
    code = body.get("code")
    if isinstance(code, dict):
        return _of_object(code)
    if code is None:
        return SUCCESS if body.get("data") is not None and not body.get("errMsg") else ""
    return str(code).strip().upper()


def _of_object(code: dict[str, Any]) -> str:
    if code.get("name"):
        return str(code["name"]).strip().upper()
    number = str(code.get("statusCode", ""))
    return CODES[int(number) - 1] if number.isdigit() and 1 <= int(number) <= len(CODES) else ""


def problem(body: Any, where: str, *, creates: bool, safe: bool) -> B1FlowError | None:
    """The error that an answer means, None for a success. ``creates``: the call was doCreateRequest."""
    if not isinstance(body, dict):
        return None
    refused = refused_by_filter(body, where)
    if refused is not None:
        return refused
    code = code_of(body)
    if code == SUCCESS:
        return None
    message = f"{where}: {words(body) or _('no reason given')}"
    return _meaning(code, body, message, creates=creates, safe=safe)


def refused_by_filter(body: Any, where: str) -> ConnectionBroken | None:
    """The token filter before the services refused the call (user id unreadable, user locked); None: it did not."""
    if not isinstance(body, dict) or body.get("status") is not False or "msg" not in body:
        return None
    return ConnectionBroken(f"{where}: {body['msg']}", code=body.get("errorCode") or body.get("code"))


def _meaning(code: str, body: dict[str, Any], message: str, *, creates: bool, safe: bool) -> B1FlowError:
    if code == "PARAM_ERROR":
        return _wrong_parameter(code, body, message)
    if code == "NO_PERMISSION":
        return _not_permitted(code, message, creates=creates)
    if code == "USER_EXCEPTION":
        return ConnectionBroken(f"{message}. {_('Is the OA user of this connection active?')}", code=code)
    if code == "FAIL":
        return DocumentRejected(message, code=code)
    if code == "SYSTEM_INNER_ERROR" and not _made_a_request(body):
        return RetryLater(message, code=code)  # a failed creation is deleted by the OA (delReqFlowFaild)
    return RetryLater(message, code=code) if safe else OutcomeUnknown(message, code=code)


def _wrong_parameter(code: str, body: dict[str, Any], message: str) -> B1FlowError:
    names = {str(name).lower() for name in _messages(body)}
    if names & REQUEST_ID_ERRORS:
        return NotFound(f"{message}. {_('The OA does not know this request; was it deleted?')}", code=code)
    if "workflowid" in names:
        return ConfigurationError(f"{message}. {_('Check the workflow id of the flow.')}", code=code)
    return DocumentRejected(message, code=code)


def _not_permitted(code: str, message: str, *, creates: bool) -> B1FlowError:
    if creates:
        hint = _("Let the OA user of the connection create this workflow.")
        return ConfigurationError(f"{message}. {hint}", code=code)
    return DocumentRejected(message, code=code)


def _made_a_request(body: dict[str, Any]) -> bool:
    failure = body.get("reqFailMsg")
    places = [body.get("data"), failure.get("keyParameters") if isinstance(failure, dict) else None]
    return any(request_id(place) for place in places)


def request_id(data: Any) -> str:
    """The number of a request as text; "" for none (0 and -1 are none)."""
    if not isinstance(data, dict):
        return ""
    number = str(data.get("requestid") or data.get("requestId") or "").strip()
    return number if number.isdecimal() and number != "0" else ""


def words(body: dict[str, Any]) -> str:
    """errMsg and reqFailMsg as one line: ``wlbm: 表单中不存在字段wlbm; NO_REQUEST_SUBMIT_PERMISSION``."""
    parts = [f"{_field(name)}: {text}" if name else str(text) for name, text in _messages(body).items()]
    failure = body.get("reqFailMsg")
    if isinstance(failure, dict):
        info = failure.get("msgInfo")
        parts += [str(text) for text in info.values()] if isinstance(info, dict) else [str(info)] if info else []
        parts += [str(failure["msgType"])] if failure.get("msgType") else []
    return "; ".join(parts)


def _messages(body: dict[str, Any]) -> dict[str, Any]:
    found = body.get("errMsg")
    if isinstance(found, dict):
        return found
    return {"": found} if found else {}


def _field(name: str) -> str:
    return str(name).removeprefix("error_param_").strip()
