"""What the OA is answered: HTTP 200 with ``success`` Y or N, which is what its action looks at (protocol A9, A10, D1).

Our own codes; a code of the ERP is passed on as it is. 40000 body, 40001 requestid, 40002 object, 40003 lines' name,
40004 unknown field, 40005 value, 40006 no lines, 40007 too many lines, 40008 status, 40009 mapping, 40401 draft not
found, 40402 no pending approval, 40901 other content, 40902 in progress, 40903 several drafts, 40904 already decided
otherwise, 40905 edited since, 40906 another stage, 50000 settings, 50200 connection, 50300 outage, 50400 unknown.
"""

from __future__ import annotations

from typing import Any

from core.errors import B1FlowError, ConfigurationError, ConnectionBroken, NotFound, OutcomeUnknown, RetryLater
from core.flows import broken
from core.flows.once import InProgress
from core.models import FlowRun

Reply = dict[str, Any]
CODES: tuple[tuple[type[B1FlowError], int], ...] = (
    (InProgress, 40902),
    (RetryLater, 50300),
    (OutcomeUnknown, 50400),
    (ConnectionBroken, 50200),
    (ConfigurationError, 50000),
    (NotFound, 40401),
)
# Nothing was done, or a person has to mend something: the same request may come again.
RETRYABLE = (InProgress, RetryLater, ConnectionBroken, NotFound)
REFUSED = 40009


def accepted(request_id: str, **more: Any) -> Reply:
    """A success."""
    return {"success": "Y", "code": 0, "message": "OK", "requestid": request_id, "duplicate": False, **more}


def refused(code: int, message: str, request_id: str = "", *, retryable: bool = False, **more: Any) -> Reply:
    """A refusal; the message is shown to the OA's user."""
    reply: Reply = {"success": "N", "code": code, "message": message, "requestid": request_id, **more}
    return {**reply, "retryable": True} if retryable else reply


def failed(error: B1FlowError, request_id: str) -> Reply:
    """The refusal that an error means; one of a connection is shown there too."""
    broken.report(error)
    for kind, code in CODES:
        if isinstance(error, kind):
            return refused(code, error.message, request_id, retryable=isinstance(error, RETRYABLE))
    return refused(number(error.code) or REFUSED, error.message, request_id)


def traced(reply: Reply, run: FlowRun | None) -> Reply:
    """A refusal with the number of the run, by which the operator finds what happened; a success as it is."""
    return {**reply, "traceId": str(run.pk)} if run is not None and reason(reply) else reply


def number(code: str) -> int:
    """A code as a number, 0 where it is none."""
    try:
        return int(code)
    except ValueError:
        return 0


def reason(reply: Any) -> str:
    """Why a reply is a refusal; "" for a success."""
    if isinstance(reply, dict) and reply.get("success") == "N":
        return f"{reply.get('code')}: {reply.get('message')}"
    return ""
