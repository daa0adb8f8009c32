"""What went wrong, named by what happens next.

    B1FlowError
      RetryLater          nothing was done: try again later (refused connection, rate limit, 503)
      OutcomeUnknown      sent, no readable answer: ask before sending again
      CannotTell          asked, and the other system gave no clear answer: a person decides
      DocumentRejected    the other system said no to this document; the others go on
      ConnectionBroken    credentials, permission, address, certificate: the run stops, a person must act
      NotFound            the object asked for does not exist
      CallbackRejected    an inbound call is not authentic or not readable
      ConfigurationError  a flow, mapping or setting is wrong: says what to change

Messages carry the vendor's code and text, method and path; never secrets. The runner decides by type alone.
"""

from __future__ import annotations


class B1FlowError(Exception):
    """Base: ``code`` is the vendor's (or ours) as text, ``message`` the words a person reads.

    ``connection_id``: the connection over which it happened; ``while_logging_in``: the login itself failed.
    """

    connection_id: int | None = None
    while_logging_in: bool = False

    def __init__(self, message: object = "", *, code: object = "") -> None:
        self.message = str(message)
        self.code = "" if code is None else str(code)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"[{self.code}] {self.message}" if self.code else self.message


class RetryLater(B1FlowError):
    """Nothing was done. ``after``: seconds the other side asked us to wait."""

    def __init__(self, message: object = "", *, code: object = "", after: float | None = None) -> None:
        super().__init__(message, code=code)
        self.after = after


class OutcomeUnknown(B1FlowError):
    """The request left, its effect is not known."""


class CannotTell(B1FlowError):
    """The other system was asked about an uncertain document and could not say."""


class DocumentRejected(B1FlowError):
    """This document was refused; it is sent again only when source, mapping or config changed, or a person says so."""


class ConnectionBroken(B1FlowError):
    """Nothing works over this connection until a person acts."""


class NotFound(B1FlowError):
    """No such object over there."""


class CallbackRejected(B1FlowError):
    """``stage``: which step of verification failed (signature, decrypt, tail id, body ...); ``status``: HTTP answer."""

    def __init__(self, message: object = "", *, code: object = "", stage: str = "", status: int = 403) -> None:
        super().__init__(message, code=code)
        self.stage = stage
        self.status = status


class ConfigurationError(B1FlowError):
    """``fields``: {field name: what to change}, where the mistake belongs to fields of a form."""

    def __init__(self, message: object = "", *, code: object = "", fields: dict[str, str] | None = None) -> None:
        super().__init__(message or "; ".join(f"{name}: {text}" for name, text in (fields or {}).items()), code=code)
        self.fields = fields or {}
