"""Logins: cookies exactly as documented, a sliding idle timeout, one request at a time in a session."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
import uuid
from collections.abc import Iterator
from http.cookies import CookieError, SimpleCookie
from typing import Any

from sandbox import store, switches
from sandbox.erp import company, errors, settings
from sandbox.erp.wire import Session

_sessions: dict[str, Session] = {}
_queues: dict[str, threading.Lock] = {}
_guard = threading.Lock()
_node = itertools.cycle((1, 2, 3))


def login(body: Any) -> Session:
    """A new session; raises ServiceError (100000027, 305) with status 401."""
    if not isinstance(body, dict):
        raise errors.bad_content()
    time.sleep(settings.LOGIN_SECONDS())
    found = company.by_code(str(body.get("CompanyDB") or "").strip())
    if found is None:
        raise errors.ServiceError(305, "Switch company error: -5027", 401)
    user = authenticate(found, str(body.get("UserName") or ""), str(body.get("Password") or ""))
    if user is None:
        raise errors.ServiceError(100000027, "Login failed", 401)
    session = Session(str(uuid.uuid4()), found, user["InternalKey"], time.time())
    with _guard:
        _sessions[session.id], _queues[session.id] = session, threading.Lock()
    store.effect("erp", "login", f"{found.code}/{user['UserCode']}")
    return session


def authenticate(found: company.Company, name: str, password: str) -> dict | None:
    """The user of this name (a domain before it does not count) when the password is right."""
    code = name.rpartition("\\")[2].lower()
    for user in found.bodies("Users"):
        if user["UserCode"].lower() == code and user.get("_password") == password and user.get("Locked") != "tYES":
            return user
    return None


def cookies(session: Session) -> list[str]:
    """Set-Cookie values: no path and a trailing semicolon in the first, the server's inner path in the second."""
    return [f"B1SESSION={session.id};HttpOnly;", f"ROUTEID=.node{next(_node)}; path=/b1s"]


def of_cookie(header: str) -> Session:
    """The live session of a Cookie header, used now; raises ServiceError 301."""
    jar: SimpleCookie = SimpleCookie()
    with contextlib.suppress(CookieError):
        jar.load(header)
    session = _sessions.get(jar["B1SESSION"].value) if "B1SESSION" in jar else None
    if session is None:
        raise errors.no_session()
    if time.time() - session.used > settings.SESSION_MINUTES() * 60:
        logout(session)
        raise errors.no_session()
    session.used = time.time()
    return session


@contextlib.contextmanager
def turn(session: Session) -> Iterator[None]:
    """Wait for this session's earlier requests."""
    queue = _queues.get(session.id)
    if queue is None or not settings.SERIALISE():
        yield
        return
    with queue:
        yield


def logout(session: Session) -> None:
    with _guard:
        _sessions.pop(session.id, None)
        _queues.pop(session.id, None)


@switches.button("erp", "expire_sessions", "所有会话过期")
def expire_all() -> int:
    with _guard:
        count = len(_sessions)
        _sessions.clear()
        _queues.clear()
    return count


@switches.button("erp", "restart", "重启 Service Layer（新自定义字段生效）")
def restart() -> None:
    company.restart()
