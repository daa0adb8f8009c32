"""The Service Layer's error answers, read and named by what happens next.

v1: ``{"error": {"code": -2028, "message": {"lang": "en-us", "value": "..."}}}``; v2: code and message are texts.
A balancer in front answers 500, 502, 503, 504 with an empty or HTML body.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.connectors.http import Answer, Call
from core.errors import B1FlowError, ConfigurationError, ConnectionBroken, DocumentRejected, NotFound, RetryLater

NO_SESSION = "301"
# Wrong user, password or company (text of 305: "Switch company error"), licence trouble: a person must act.
WRONG_LOGIN = {"100000027", "-304", "305", "100000085"}
NO_LOGIN_SERVER = "312"  # "Fail to connect to SLD": an outage before anything was done
NO_RECORD = "-2028"
CHANGED_MEANWHILE = "-2039"
UNKNOWN_PROPERTY = {"201", "-1000"}
BAD_QUESTION = {"201", "205", "-1000"}  # unknown property, literal of another type, unsupported option
UNKNOWN_SET = {"200", "-1002"}
ALREADY_EXISTS = {"-10", "-2035"}
SHOWN = 300


class ChangedMeanwhile(DocumentRejected):
    """If-Match did not hold (HTTP 412): somebody changed the object after it was read."""


def read(answer: Answer) -> tuple[str, str]:
    """(code, text) of an error answer; ("", what there is to see) where it is not the Service Layer's."""
    try:
        error = answer.json()["error"]
        message = error.get("message")
        text = message.get("value") if isinstance(message, dict) else message
        return str(error.get("code", "")), str(text or "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", answer.text[:SHOWN].strip() or "(empty answer)"


def meaning(call: Call, answer: Answer, where: str) -> B1FlowError | None:
    """The error that the vendor's code means; None: the HTTP status decides."""
    code, text = read(answer)
    message = f"{where} answered {answer.status}: {text}"
    if answer.status == 412 or (code == CHANGED_MEANWHILE and "If-Match" in call.headers):
        return ChangedMeanwhile(message, code=code)
    if code in WRONG_LOGIN and answer.status < 500:
        return ConnectionBroken(message, code=code)
    if code in (NO_LOGIN_SERVER, CHANGED_MEANWHILE):
        return RetryLater(message, code=code)
    if code == NO_RECORD and (call.method != "POST" or answer.status == 404):
        return NotFound(message, code=code)
    if answer.status == 400:
        return _refused(call, code, text, message)
    return None


def _refused(call: Call, code: str, text: str, message: str) -> B1FlowError:
    """HTTP 400: what is wrong with the question is a setting, what is wrong with a document is its own."""
    if code in UNKNOWN_SET:
        hint = _("The ERP does not know this object: check its name, with upper and lower case.")
        return ConfigurationError(f"{message}. {hint}", code=code)
    if code in UNKNOWN_PROPERTY and "nvalid" in text:
        hint = _("Is the user field missing in the ERP, or was the Service Layer not restarted since it was made?")
        kind: type[B1FlowError] = ConfigurationError if call.method == "GET" else DocumentRejected
        return kind(f"{message}. {hint}", code=code)
    if code == NO_RECORD:
        hint = _(
            "A code in the document (partner, user, branch ...) is unknown to the ERP, or the document needs approval."
        )
        return DocumentRejected(f"{message}. {hint}", code=code)
    if code in BAD_QUESTION and call.method == "GET":
        return ConfigurationError(message, code=code)
    return DocumentRejected(message, code=code)


def is_session_end(answer: Answer) -> bool:
    """Has the session ended? The call was not carried out then."""
    if answer.status not in (400, 401):
        return False
    code, _text = read(answer)
    return code == NO_SESSION or (answer.status == 401 and code not in WRONG_LOGIN and code != "-8023")
