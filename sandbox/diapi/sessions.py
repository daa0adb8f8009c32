"""Cookie sessions of the DI API. The names of its cookies are not published: both have to come back."""

from __future__ import annotations

import contextlib
import time
import uuid
from http.cookies import CookieError, SimpleCookie

from sandbox import switches
from sandbox.erp.company import Company

COOKIE, GATE = "RISSESSION", "HWSGATE"
MINUTES = switches.declare("diapi", "session_minutes", 30.0, "会话空闲超时（分钟，可用小数）")
EXPIRED_STATUS = switches.declare("diapi", "expired_status", 401, "会话过期时的 HTTP 状态码", (401, 200))

_sessions: dict[str, tuple[Company, str, float]] = {}


def open_session(company: Company) -> list[str]:
    """A new session; its Set-Cookie values."""
    name, gate = str(uuid.uuid4()), uuid.uuid4().hex
    _sessions[name] = (company, gate, time.time())
    return [f"{COOKIE}={name}; Path=/; HttpOnly", f"{GATE}={gate}; Path=/"]


def company_of(header: str) -> Company | None:
    """The company of a live session, used now; None without one."""
    jar: SimpleCookie = SimpleCookie()
    with contextlib.suppress(CookieError):
        jar.load(header)
    name = jar[COOKIE].value if COOKIE in jar else ""
    found = _sessions.get(name)
    if found is None or GATE not in jar or jar[GATE].value != found[1]:
        return None
    if time.time() - found[2] > MINUTES() * 60:
        del _sessions[name]
        return None
    _sessions[name] = (found[0], found[1], time.time())
    return found[0]


@switches.button("diapi", "expire_sessions", "所有会话过期")
def expire_all() -> int:
    count = len(_sessions)
    _sessions.clear()
    return count
