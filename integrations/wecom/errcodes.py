"""What WeCom's errcodes mean for what happens next (developer.work.weixin.qq.com, pages 90313 and 91853).

Texts carry a tail that differs each time (hint, address): only the code counts.
"""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import (
    B1FlowError,
    ConfigurationError,
    ConnectionBroken,
    DocumentRejected,
    OutcomeUnknown,
    RetryLater,
)

BUSY = -1
LOGIN_ENDED = frozenset({40001, 40014, 41001, 42001})
PARAMETER, TEMPLATE, RATE = 301025, 301026, 45009
WAITS = {RATE: 60.0, 45011: 60.0, 45033: 2.0}  # seconds the vendor blocks us for
_LATER: dict[int, str | Promise] = {
    RATE: gettext_lazy("too many calls: WeCom blocks this interface for a minute"),
    45011: gettext_lazy("too many calls: WeCom blocks this interface for a minute"),
    45033: gettext_lazy("too many calls at the same moment"),
}
_BROKEN: dict[int, str | Promise] = {
    40001: gettext_lazy("the secret is not the one of this app"),
    40091: gettext_lazy("the secret is not the one of this app"),
    40013: gettext_lazy("the corp id is wrong"),
    40014: gettext_lazy("WeCom refuses a token that it has just issued"),
    41001: gettext_lazy("WeCom refuses a token that it has just issued"),
    42001: gettext_lazy("WeCom refuses a token that it has just issued"),
    41002: gettext_lazy("the corp id is missing"),
    41004: gettext_lazy("the secret is missing"),
    48002: gettext_lazy(
        "the app has no right to this interface: in the console, 审批 → API → 可调用接口的应用, add the app"
    ),
    48006: gettext_lazy(
        "the app's right to this interface was taken away: in the console, 审批 → API, add the app again"
    ),
    50003: gettext_lazy("the app is switched off in the console"),
    301056: gettext_lazy("the approval app (审批) is switched off in the console"),
}
_REJECTED: dict[int, str | Promise] = {
    40003: gettext_lazy("WeCom does not know this user id: check the people table or the ERP user's field"),
    60111: gettext_lazy("WeCom does not know this user id: check the people table or the ERP user's field"),
    60011: gettext_lazy("the app may not see this member or department: widen its visible range (可见范围)"),
    60123: gettext_lazy("WeCom does not know this department"),
    301055: gettext_lazy("the app may not submit approvals, or the applicant is outside its visible range (可见范围)"),
    301057: gettext_lazy("WeCom could not submit the approval"),
    301079: gettext_lazy("the time overlaps with another request"),
}
_ADDRESS = re.compile(r"from ip: ?([0-9a-fA-F.:]+)")


def meaning(code: int, text: str, where: str, *, safe: bool) -> B1FlowError:
    """The error that ``errcode`` stands for. ``safe``: repeating the call cannot do anything twice."""
    plain = text.split(", hint:")[0].split(", from ip:")[0].strip()
    shown = f"{where}: {_words(code, plain, text)} ({plain})"
    if code in WAITS:
        return RetryLater(shown, code=code, after=WAITS[code])
    if code == BUSY:
        # An answer of a system that is busy does not say that nothing was done.
        return RetryLater(shown, code=code) if safe else OutcomeUnknown(shown, code=code)
    if code in _BROKEN or code == 60020:
        return ConnectionBroken(shown, code=code)
    if code == TEMPLATE:
        return ConfigurationError(shown, code=code)
    return DocumentRejected(shown, code=code)


def _words(code: int, plain: str, text: str) -> str:
    if code == 60020:
        return _untrusted(text)
    if code == BUSY:
        return _("WeCom is busy")
    if code == TEMPLATE:
        return _("WeCom finds no approval template with this id: check template_id")
    if code == PARAMETER and "visiable range" in plain:  # sic
        return _("the applicant is outside the app's visible range (可见范围)")
    known = _LATER.get(code) or _BROKEN.get(code) or _REJECTED.get(code)
    return str(known) if known else _("WeCom refused it with code %(code)s") % {"code": code}


def _untrusted(text: str) -> str:
    """60020: the caller's own address, as WeCom sees it, stands in the text."""
    found = _ADDRESS.search(text)
    message = _(
        "this server's address %(address)s is not among the app's trusted addresses: in the console, app → 企业可信IP, "
        "add it (it works after a minute; a trusted domain or a message URL must be set before)"
    )
    return message % {"address": found[1].rstrip(".:") if found else "?"}


def control_of(message: str) -> str:
    """The control id that a 301025 text complains of; "" where it names none."""
    found = re.search(r"\b([A-Z][A-Za-z]+-[0-9]+)\b", message)
    return found[1] if found else ""
