"""requests with what we need on top: address policy on the connected peer, one session a thread, no environment.

``trust_env`` off saves 0.3 ms a call (proxies, .netrc); proxy and CA come from the connection. A pooled
connection that was idle is dropped before a call that must not be repeated: the server may just have closed it,
and a cut there would look like an unknown outcome.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.hooks import default_hooks
from requests.utils import check_header_validity
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.retry import Retry

from core.connectors.target import Target
from core.security import addresses

IDLE_SECONDS = 4.0  # common servers close after 5 s and more
KEPT = 200
# Repeats what cannot have had an effect: refused connections always, cut answers for GET only.
RETRY = Retry(
    total=2,
    connect=2,
    read=1,
    status=2,
    other=0,
    redirect=0,
    allowed_methods=frozenset({"GET", "HEAD"}),
    status_forcelist=frozenset({502, 503, 504}),
    backoff_factor=0.3,
    respect_retry_after_header=False,
    raise_on_status=False,
)


class _Guarded(HTTPConnection):
    def _new_conn(self) -> Any:
        connection = super()._new_conn()
        addresses.check_peer(connection.getpeername()[0])
        return connection


class _GuardedTLS(HTTPSConnection):
    def _new_conn(self) -> Any:
        connection = super()._new_conn()
        addresses.check_peer(connection.getpeername()[0])
        return connection


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


class GuardedAdapter(HTTPAdapter):
    """Checks the peer of each new connection against the address policy before a byte is sent."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}


class Sessions:
    """One requests.Session a thread (it is not documented as thread-safe)."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._local = threading.local()

    def get(self, *, fresh: bool) -> requests.Session:
        """The thread's session; ``fresh``: with no connection that was idle for more than IDLE_SECONDS."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = self._new()
        elif fresh and time.monotonic() - self._local.used > IDLE_SECONDS:
            session.close()
        self._local.used = time.monotonic()
        return session

    def _new(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        adapter = GuardedAdapter(pool_connections=2, pool_maxsize=2, max_retries=RETRY)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        session.verify = ca_file(self._target.ca_bundle) if self._target.ca_bundle else self._target.verify_tls
        if self._target.proxy:
            session.proxies = {"http": self._target.proxy, "https": self._target.proxy}
        session.headers["Accept"] = "application/json"
        return session


def send(
    session: requests.Session,
    method: str,
    url: str,
    *,
    params: dict[str, Any] | None,
    data: Any,
    json: Any,
    files: Any,
    headers: dict[str, str],
    timeout: tuple[float, float],
) -> requests.Response:
    """``session.request`` without what we never use: cookie jars, hooks, redirects, logins by the address.

    Half of the time that requests takes for a call went into these. The answer is not read yet.
    """
    request = prepared(session, method, url, params=params, data=data, json=json, files=files, headers=headers)
    adapter = session.get_adapter(request.url or url)
    verify = True if session.verify is None else session.verify
    return adapter.send(request, stream=True, timeout=timeout, verify=verify, cert=None, proxies=session.proxies)


def prepared(
    session: requests.Session,
    method: str,
    url: str,
    *,
    params: dict[str, Any] | None = None,
    data: Any = None,
    json: Any = None,
    files: Any = None,
    headers: dict[str, str] | None = None,
) -> requests.PreparedRequest:
    """The request as ``session.prepare_request`` makes it (tests compare them)."""
    request = requests.PreparedRequest()
    request.method = method.upper()
    request.prepare_url(url, _encoded(params) if params else None)
    request.prepare_headers(session.headers)
    for name, value in (headers or {}).items():
        check_header_validity((name, value))
        request.headers[name] = value
    if isinstance(data, dict) and not files:
        data = _encoded(data)
        request.headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    request.prepare_body(data, files, json)
    if "@" in url.split("?", 1)[0]:
        request.prepare_auth(None, url)
    request.hooks = default_hooks()
    return request


def _encoded(values: dict[str, Any]) -> str:
    return urlencode([(name, value) for name, value in values.items() if value is not None], doseq=True)


_SHARED: OrderedDict[tuple[Any, ...], Sessions] = OrderedDict()
_LOCK = threading.Lock()


def shared(target: Target) -> Sessions:
    """The process's sessions for this peer: the requests of scanners and web pages find an open connection.

    They hold no login (cookies are kept by hand), only sockets and how these are made.
    """
    key = (target.id, target.base_url, target.verify_tls, target.ca_bundle, target.proxy)
    with _LOCK:
        sessions = _SHARED.get(key)
        if sessions is None:
            sessions = _SHARED[key] = Sessions(target)
            while len(_SHARED) > KEPT:
                _SHARED.popitem(last=False)
        _SHARED.move_to_end(key)
        return sessions


def _after_fork() -> None:
    """Two processes must not talk on one socket."""
    global _LOCK
    _LOCK = threading.Lock()
    _SHARED.clear()


os.register_at_fork(after_in_child=_after_fork)


def ca_file(pem: str) -> str:
    """The path of a file with this PEM text (requests takes certificates by path only).

    In our own folder: in the shared temporary one another user of the machine could put a CA of his own in its
    place. Written aside and renamed: another process never reads half of it.
    """
    folder = Path(settings.VAR_DIR) / "ca"
    path = folder / f"{hashlib.sha256(pem.encode()).hexdigest()[:24]}.pem"
    if path.exists() and path.read_text() == pem:
        return str(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as aside:
        aside.write(pem)
    Path(aside.name).replace(path)
    return str(path)
