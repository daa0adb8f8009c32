"""A request and an answer of the Service Layer, as plain data: views and $batch both speak in these."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from sandbox.erp import errors
from sandbox.erp.company import Company

CONTENT_TYPE = {
    "v1": "application/json;odata=minimalmetadata;charset=utf-8",
    "v2": "application/json;odata.metadata=minimal;charset=utf-8",
}


@dataclass
class Session:
    """A login: ``user`` is the InternalKey in ``company``. Times are seconds since the epoch."""

    id: str
    company: Company
    user: int
    used: float


@dataclass
class Call:
    """One request. ``path`` is still encoded and below the service's root; header names are lower-case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    session: Session
    version: str = "v1"
    root: str = ""  # http://host/erp/b1s/v1, for odata.metadata and Location
    references: dict[str, str] = field(default_factory=dict)  # Content-ID -> Items('x')
    in_batch: bool = False

    @property
    def company(self) -> Company:
        return self.session.company

    @property
    def prefix(self) -> str:
        return "odata." if self.version == "v1" else "@odata."

    def json(self) -> Any:
        """The body; an empty one is an empty object; raises ServiceError 206 for what is no JSON object."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            raise errors.bad_content() from None
        if not isinstance(found, dict):
            raise errors.bad_content()
        return found

    def option(self, name: str) -> str | None:
        """A ``B1S-<name>`` header."""
        return self.headers.get(f"b1s-{name.lower()}")

    def switched_on(self, name: str) -> bool:
        return (self.option(name) or "").lower() in ("true", "1")


@dataclass
class Reply:
    """Status, headers and body of an answer; ``data`` is JSON unless it is text."""

    status: int
    data: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""

    def content(self) -> bytes:
        if self.data is None:
            return b""
        if isinstance(self.data, (str, bytes)):
            return self.data.encode() if isinstance(self.data, str) else self.data
        return json.dumps(self.data, ensure_ascii=False, separators=(",", ":")).encode()


def parse_query(raw: str) -> dict[str, str]:
    """``$filter=...&$top=5``. A plus sign is a plus sign: this server wants %20 for a blank."""
    parts = [part.partition("=") for part in raw.split("&") if part]
    return {unquote(name): unquote(value) for name, _, value in parts}


def failure(call_version: str, error: errors.ServiceError, in_batch: bool = False) -> Reply:
    return Reply(error.status, error.body(call_version, in_batch), content_type=CONTENT_TYPE[call_version])
