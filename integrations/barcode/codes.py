"""What the scanner is answered besides the rows: our codes (protocol D3), and what an error of ours means to it.

A business refusal is HTTP 200 with a code; BC.* are ours, SL.* the Service Layer's, RIS.* the DI API's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.errors import B1FlowError, ConfigurationError, ConnectionBroken, DocumentRejected, OutcomeUnknown, RetryLater
from core.flows import broken
from core.flows.once import InProgress

OK = "RIS.10000000"
BAD_BODY = "BC.4001"
BAD_METHOD = "BC.4002"
BAD_OPERATION = "BC.4003"
BAD_TABLE = "BC.4004"
BAD_VALUE = "BC.4005"
UNKNOWN_FIELD = "BC.4006"
NOT_POSITIVE = "BC.4007"
HEADERS_DIFFER = "BC.4008"
MISSING = "BC.4009"
NO_BATCHES = "BC.4010"
BATCHES_DIFFER = "BC.4011"
BAD_BACKFLUSH = "BC.4012"
NO_SQL = "BC.4013"
UNKNOWN_COMPANY = "BC.4014"
SQL_REFUSED = "BC.4031"
IN_PROGRESS = "BC.4091"
OTHER_CONTENT = "BC.4092"
NO_STOCK = "BC.4220"
SETTINGS = "BC.5001"
UNREACHABLE = "BC.5031"
UNKNOWN_OUTCOME = "BC.5041"
EMPTY_SQL_TEXT = "Sql不能为空"  # word for word what the DI API says

# "ERP POST b1s/v1/Orders answered 400: words" and "DI API POST b1dis/v1/exec-sql: words": who speaks, then the words.
_SPEAKER = re.compile(r"^[^:]*? (?:GET|POST|PATCH) \S+(?: answered \d{3})?: ")


class Refusal(DocumentRejected):
    """We say no to this request ourselves. Nothing was done."""

    def __init__(self, code: str, message: object) -> None:
        super().__init__(message, code=code)


@dataclass(frozen=True)
class Problem:
    """``data``: what was done all the same (a half-done backflush); ``retryable``: the same may be sent again."""

    code: str
    message: str
    retryable: bool = False
    data: Any = None


def problem_of(error: B1FlowError, data: Any = None) -> Problem:
    """What the scanner is told; a broken connection is shown on the connection too."""
    broken.report(error)
    return Problem(_code(error), _words(error), _retryable(error), data)


def _words(error: B1FlowError) -> str:
    """The vendor's own words; addresses and network errors are the operator's, not the scanner's."""
    if isinstance(error, OutcomeUnknown):
        return _("the ERP did not answer: whether the document was made is not known; ask the operator")
    if isinstance(error, RetryLater | ConnectionBroken) and error.connection_id is not None:
        return _("the ERP cannot be reached: try again later")
    return _SPEAKER.sub("", error.message, count=1)


def _code(error: B1FlowError) -> str:
    if isinstance(error, Refusal):
        return error.code
    for kind, code in _KINDS:
        if isinstance(error, kind):
            return code
    if not error.code or error.code.startswith("RIS."):
        return error.code or SETTINGS
    return f"SL.{error.code}"


def _retryable(error: B1FlowError) -> bool:
    return isinstance(error, RetryLater | InProgress | ConnectionBroken)


_KINDS: tuple[tuple[type[B1FlowError], str], ...] = (
    (InProgress, IN_PROGRESS),
    (RetryLater, UNREACHABLE),
    (ConnectionBroken, UNREACHABLE),
    (OutcomeUnknown, UNKNOWN_OUTCOME),
    (ConfigurationError, SETTINGS),
)
