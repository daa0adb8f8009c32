"""The HTTP client every vendor's client is made from.

A vendor's client says how to log in and what its answers mean; this class does the rest: sessions, deadline,
rate limit, one renewal of an expired login, the step log, and errors named by what happens next.
"""

from __future__ import annotations

import contextlib
import json as jsonlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import requests
from django.conf import settings
from django.core.cache import cache
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.exceptions import NewConnectionError

from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.connectors.tokens import Token, TokenCache
from core.connectors.transport import send, shared
from core.errors import (
    B1FlowError,
    ConnectionBroken,
    DocumentRejected,
    NotFound,
    OutcomeUnknown,
    RetryLater,
)
from core.security import addresses

CONNECT_SECONDS = 5.0
ANSWER_LIMIT = 64 * 1024 * 1024
SHOWN = 200  # characters of a foreign answer in an error message


@dataclass
class Call:
    """One request, before it is sent. ``safe``: repeating it cannot do anything twice."""

    method: str
    path: str
    params: dict[str, Any] | None = None
    json: Any = None
    data: Any = None
    files: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    safe: bool = False
    timeout: float = 0.0
    name: str = ""

    @property
    def title(self) -> str:
        return self.name or f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    """A response that was read whole. ``url``: without the query, which may hold a token."""

    status: int
    headers: Any
    content: bytes
    url: str
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The JSON value; ValueError where it is none."""
        return jsonlib.loads(self.content.decode("utf-8-sig"))


class HttpClient:
    """Base of the vendors' clients.

    Override: ``login() -> Token`` and ``authorize(call, value)`` where there is a login; ``expired(answer)`` to
    recognise a dead one; ``check(call, answer)`` to raise for the vendor's codes (call ``super().check`` for the
    HTTP statuses); ``identity()`` to name what makes it another login.
    """

    system = ""  # shown in messages
    needs_login = True
    token_margin = 60.0  # seconds before its end at which a token is renewed

    def __init__(self, target: Target, recorder: Recorder | None = None, slot: str = "") -> None:
        self.target = target
        self.recorder = recorder or Recorder()
        self.slot = slot
        self.sessions = shared(target)
        self.tokens = TokenCache(target.connector, self.identity(), self.login)
        if target.base_url:
            addresses.check_url(target.base_url)

    # -- what a vendor says of itself

    def login(self) -> Token:
        """Log in and return the token. Raises ConnectionBroken for wrong credentials, RetryLater for an outage."""
        raise NotImplementedError(f"{type(self).__name__}.login: write how to log in, or set needs_login = False")

    def identity(self) -> tuple[Any, ...]:
        """Everything that makes it another login."""
        target = self.target
        return (target.tenant_id, target.base_url, sorted(target.settings.items()), sorted(target.secrets.items()))

    def authorize(self, call: Call, value: Any) -> None:
        """Put the token's value into the call. Called again with a new value after a renewal."""

    def expired(self, answer: Answer) -> bool:
        """Does this answer say that the login has ended? The call was not carried out then."""
        return answer.status == 401

    def check(self, call: Call, answer: Answer) -> None:
        """Raise the error that this answer means; return for a success."""
        if answer.status < 400:
            if answer.status >= 300:
                raise ConnectionBroken(f"{self._where(call)} answered a redirect: is the address right?")
            return
        self.refuse(call, answer, answer.text[:SHOWN])

    # -- what everybody uses

    def call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        json: Any = None,
        data: Any = None,
        files: Any = None,
        headers: dict[str, str] | None = None,
        safe: bool | None = None,
        auth: bool = True,
        timeout: float = 0.0,
        name: str = "",
    ) -> Answer:
        """Send one request and return its checked answer.

        ``safe`` defaults to True for GET and HEAD. An expired login is renewed once and the call repeated.
        Raises RetryLater, OutcomeUnknown (unsafe calls only), ConnectionBroken, DocumentRejected, NotFound.
        """
        call = Call(method, path, params, json, data, files, dict(headers or {}), timeout=timeout, name=name)
        call.safe = method in ("GET", "HEAD") if safe is None else safe
        call.timeout = timeout or settings.CALL_DEADLINE_SECONDS
        with self._named():
            return self._exchange(call, final=True) if not (auth and self.needs_login) else self._logged_in(call)

    def warm_up(self) -> None:
        """Log in now, where it was not done yet. Raises what a login raises."""
        with self._named():
            self._token()

    def _logged_in(self, call: Call) -> Answer:
        value = self._token()
        self.authorize(call, value)
        answer = self._exchange(call, final=False)
        if not self.expired(answer):
            return answer
        self.tokens.drop(value)
        self.authorize(call, self._token())
        return self._exchange(call, final=True)

    def _token(self) -> Any:
        """The login's value; an error of the login itself is told apart from one of a call."""
        try:
            return self.tokens.get()
        except ConnectionBroken as error:
            error.while_logging_in = True
            raise

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Errors carry the connection they belong to."""
        try:
            yield
        except B1FlowError as error:
            error.connection_id = error.connection_id or self.target.id
            raise

    def get_json(self, path: str, **options: Any) -> Any:
        """GET and parse."""
        return self.parsed(self.call("GET", path, **options), safe=True)

    def post_json(self, path: str, **options: Any) -> Any:
        """POST and parse. ``safe=True`` for searches."""
        return self.parsed(self.call("POST", path, **options), safe=bool(options.get("safe")))

    def parsed(self, answer: Answer, *, safe: bool) -> Any:
        """The JSON of an answer. Something else with status 200 (a login page, a proxy) is an error too."""
        try:
            return answer.json()
        except ValueError:
            raise self._strange(answer, safe, "not with JSON") from None

    def parsed_object(self, answer: Answer, *, safe: bool) -> dict[str, Any]:
        """As ``parsed``, for answers that must be JSON objects."""
        value = self.parsed(answer, safe=safe)
        if not isinstance(value, dict):
            raise self._strange(answer, safe, "not with a JSON object")
        return value

    def _strange(self, answer: Answer, safe: bool, what: str) -> B1FlowError:
        """After an unsafe call nobody knows what was done."""
        message = f"{self.system} answered {answer.status} at {answer.url}, but {what}: {answer.text[:SHOWN]!r}"
        return ConnectionBroken(message) if safe else OutcomeUnknown(message)

    def refuse(self, call: Call, answer: Answer, text: str, code: object = "") -> NoReturn:
        """Raise by HTTP status, with the vendor's code and text."""
        message = f"{self._where(call)} answered {answer.status}: {text}"
        status = answer.status
        if status in (401, 403, 407, 495, 496):
            raise ConnectionBroken(message, code=code)
        if status == 404:
            raise NotFound(message, code=code)
        if status in (408, 425, 429):
            raise RetryLater(message, code=code, after=_seconds(answer.headers.get("Retry-After")))
        if status >= 500:
            raise RetryLater(message, code=code) if call.safe else OutcomeUnknown(message, code=code)
        raise DocumentRejected(message, code=code)

    # -- inside

    def _where(self, call: Call) -> str:
        return f"{self.system or self.target.connector} {call.method} {call.path.split('?')[0]}"

    def _exchange(self, call: Call, *, final: bool) -> Answer:
        """Send, read whole, check, log the step. An expired login is left to the caller unless ``final``."""
        self._respect_rate()
        started = time.monotonic()
        try:
            answer = self._send(call, started + call.timeout)
            if not final and self.expired(answer):
                self._log(call, started, ok=False, output=answer.content)
                return answer
            self.check(call, answer)
        except B1FlowError as error:
            self._log(call, started, ok=False, output=str(error))
            raise
        self._log(call, started, ok=True, output=answer.content)
        return answer

    def _log(self, call: Call, started: float, *, ok: bool, output: Any) -> None:
        self.recorder.add(
            call.title,
            slot=self.slot,
            ok=ok,
            ms=(time.monotonic() - started) * 1000,
            input=call.json if call.json is not None else call.data or call.params,
            output=output,
            secrets=self.target.secret_values,
        )

    def _send(self, call: Call, deadline: float) -> Answer:
        url = f"{self.target.base_url}/{call.path.lstrip('/')}"
        session = self.sessions.get(fresh=not call.safe)
        try:
            response = send(
                session,
                call.method,
                url,
                params=call.params,
                json=call.json,
                data=call.data,
                files=call.files,
                headers=call.headers,
                timeout=(CONNECT_SECONDS, call.timeout),
            )
            content = self._read(response, deadline)
        except (requests.RequestException, Urllib3Error, OSError) as error:
            session.close()
            raise self._failure(call, error) from error
        return Answer(response.status_code, response.headers, content, url, _set_cookies(response))

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        """The body, up to ANSWER_LIMIT; a trickling one ends at the deadline (requests' timeouts are per read)."""
        raw, parts, size = response.raw, [], 0
        if not hasattr(raw, "read1") or response.headers.get("Content-Length") == "0":
            return response.content
        while True:
            part = raw.read1(1 << 16, decode_content=True)
            if not part:
                break
            parts.append(part)
            size += len(part)
            if time.monotonic() > deadline:
                raise requests.Timeout("the answer took longer than the call's deadline")
            if size > ANSWER_LIMIT:
                raise requests.ConnectionError(f"the answer is larger than {ANSWER_LIMIT} bytes")
        response.close() if response.raw.closed else raw.release_conn()
        return b"".join(parts)

    def _failure(self, call: Call, error: Exception) -> B1FlowError:
        """What a network error means for what happens next."""
        for cause in _causes(error):
            if isinstance(cause, B1FlowError):
                return cause
        text = f"{self._where(call)}: {_short(error)}"
        if isinstance(error, requests.exceptions.SSLError):
            return ConnectionBroken(f"{text}. Is the certificate trusted? A CA can be given on the connection.")
        if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
            return ConnectionBroken(text)
        if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or _never_connected(error):
            return RetryLater(text)
        return RetryLater(text) if call.safe else OutcomeUnknown(text)

    def _respect_rate(self) -> None:
        """Wait for a place among this second's calls; counted in the shared cache."""
        limit = self.target.rate_limit
        while limit:
            second = int(time.time())
            key = f"rate:{self.target.id}:{second}"
            cache.add(key, 0, 5)
            if cache.incr(key) <= limit:
                return
            time.sleep(max(0.01, second + 1 - time.time()))


def _set_cookies(response: requests.Response) -> tuple[str, ...]:
    """name=value of every Set-Cookie, taken by hand: a strict jar would drop some vendors' cookies."""
    headers = getattr(response.raw, "headers", None)
    lines = headers.getlist("Set-Cookie") if headers is not None and hasattr(headers, "getlist") else []
    if not lines and response.headers.get("Set-Cookie"):
        lines = [response.headers["Set-Cookie"]]
    return tuple(line.split(";", 1)[0].strip() for line in lines)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that it was made from."""
    found: list[BaseException] = []
    todo: list[Any] = [error]
    while todo:
        current = todo.pop()
        if not isinstance(current, BaseException) or current in found:
            continue
        found.append(current)
        todo += [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
    return found


def _never_connected(error: BaseException) -> bool:
    return any(isinstance(cause, NewConnectionError | ConnectionRefusedError) for cause in _causes(error))


def _short(error: BaseException) -> str:
    """The innermost words, without addresses that may hold a token."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return f"{type(error).__name__}: {str(reason or error).split('url:')[0][:SHOWN]}"


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None
