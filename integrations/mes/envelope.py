"""What the MES's answers mean: {code, data, subCode, message, needCheck}, also for refusals in HTTP 200 (protocol B3).

Which codes mean what was observed with the vendor's own SDK and other integrators; the vendor publishes no table.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from core.errors import B1FlowError, ConnectionBroken, DocumentRejected, OutcomeUnknown, RetryLater

SUCCESS = 200
EXPIRED = {"USER-DOMAIN/SSO_TOKEN_FAIL", "SSO_TOKEN_FAIL", "OPENAPI-DOMAIN/ACCESS_TOKEN_EXPIRED"}
EXPIRED_CODES = {401, 400150}
FORBIDDEN = {"OPENAPI-DOMAIN/URL_NO_PERMISSION"}
FORBIDDEN_CODES = {403, 3401, 3500060}
NEEDS_CONFIRMATION = "NEEDS_CONFIRMATION"


def code_of(body: dict[str, Any]) -> int | None:
    """The answer's number; None where there is none."""
    try:
        return int(body["code"])
    except (KeyError, TypeError, ValueError):
        return None


def is_expired(body: Any) -> bool:
    """Does it say that the token is dead? The call was not carried out then."""
    if not isinstance(body, dict):
        return False
    return body.get("subCode") in EXPIRED or code_of(body) in EXPIRED_CODES


def problem(body: dict[str, Any], where: str, *, safe: bool) -> B1FlowError | None:
    """The error that the envelope means; None for a success.

    ``where`` names the call. needCheck 1 asks for a confirmation: nothing was done, although ``code`` may be 200.
    """
    code, sub_code = code_of(body), str(body.get("subCode") or "")
    text = str(body.get("message") or _("no message"))
    shown = sub_code or code
    if str(body.get("needCheck")) == "1":
        hint = _("the MES wants a person to confirm this (weak control), so it did not do it")
        return DocumentRejected(f"{hint}: {text} ({where})", code=NEEDS_CONFIRMATION)
    if code == SUCCESS:
        return None
    if sub_code in FORBIDDEN or code in FORBIDDEN_CODES:
        hint = _("the application lacks the permission for this interface: grant it in the MES's open platform")
        return ConnectionBroken(f"{where}: {text}. {hint}", code=shown)
    if code is not None and 500 <= code < 600:
        kind = RetryLater if safe else OutcomeUnknown
        return kind(f"{where}: {text}", code=shown)
    return DocumentRejected(f"{text} ({where})", code=shown)
