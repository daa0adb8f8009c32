"""A bare Service Layer client for the sandbox's tests: it repeats exactly what the manual shows, nothing clever."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

from tests.sandbox_server import SandboxServer

PASSWORD = "sandbox"


class Caller:
    """A session of one user in one company; paths are below /b1s/v1/."""

    def __init__(
        self, sandbox: SandboxServer, user: str = "manager", company: str = "SBODEMOCN", version: str = "v1"
    ) -> None:
        self.root = f"{sandbox.url}/erp/b1s/{version}/"
        self.http = requests.Session()
        self.http.trust_env = False
        self.cookie = ""
        self.login(user, company)

    def login(self, user: str, company: str) -> None:
        body = {"CompanyDB": company, "UserName": user, "Password": PASSWORD, "Language": 15}
        reply = self.http.post(f"{self.root}Login", json=body)
        assert reply.status_code == 200, reply.text
        cookies = reply.raw.headers.getlist("Set-Cookie")
        self.cookie = "; ".join(cookie.partition(";")[0] for cookie in cookies)
        self.http.cookies.clear()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        sent = {"Cookie": self.cookie, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.http.request(method, self.root + path, json=body, headers=sent, timeout=20)

    def get(self, path: str, **options: str) -> Any:
        """JSON of a GET; options are ``filter``, ``select`` ... without their dollar sign."""
        reply = self.send("GET", path + query(**options))
        assert reply.status_code == 200, reply.text
        return reply.json()

    def rows(self, path: str, **options: str) -> list[dict[str, Any]]:
        return self.get(path, **options)["value"]

    def refused(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, int, str]:
        """(HTTP status, code, text) of an error."""
        reply = self.send(method, path, body, **headers)
        assert reply.status_code >= 400, reply.text
        error = reply.json()["error"]
        return reply.status_code, error["code"], error["message"]["value"]

    def done(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """An answer that has to be a success; its JSON, None without content."""
        reply = self.send(method, path, body, **headers)
        assert reply.ok, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None


def query(**options: str) -> str:
    parts = [f"${name}={quote(value, safe=chr(39))}" for name, value in options.items()]
    return f"?{'&'.join(parts)}" if parts else ""
