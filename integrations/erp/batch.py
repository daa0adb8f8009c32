"""$batch: many PATCHes in one round trip, each in a change set of its own.

The server executes the parts one after the other and stops at the first that fails: later parts get no answer. A
change set is answered as nested multipart with one response, a failed one as a single response. Blank lines count in
requests; answers come with CRLF or LF and without blanks after colons (SAP manual, B1SLayer issues 8, 16, 68).
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.connectors.http import Answer

_BLANK_LINE = re.compile(r"\r?\n\r?\n")
_STATUS = re.compile(r"HTTP/\d(?:\.\d)?\s+(\d{3})")
_BOUNDARY = re.compile(r"boundary=\"?([^\";\s]+)\"?", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One PATCH. ``path`` is the server's inner path (/b1s/v1/Drafts(16)), whatever stands before it outside."""

    path: str
    fields: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def body(parts: Sequence[Part]) -> tuple[str, bytes]:
    """(Content-Type, body). No quotes round the boundary: quoted, the server answers 405."""
    boundary = f"batch_{uuid.uuid4().hex}"
    lines: list[str] = []
    for number, part in enumerate(parts, start=1):
        lines += [f"--{boundary}", *_change_set(part, number)]
    lines += [f"--{boundary}--", ""]
    return f"multipart/mixed;boundary={boundary}", "\r\n".join(lines).encode()


def _change_set(part: Part, number: int) -> list[str]:
    boundary = f"changeset_{uuid.uuid4().hex}"
    headers = {"Content-Type": "application/json", **part.headers}
    return [
        f"Content-Type: multipart/mixed;boundary={boundary}",
        "",
        f"--{boundary}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: {number}",
        "",
        f"PATCH {part.path}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        json.dumps(part.fields, ensure_ascii=False, default=str),
        f"--{boundary}--",
    ]


def answers(answer: Answer) -> list[Answer]:
    """One answer for each part that was carried out, in order; ValueError where the body is no multipart."""
    found = _BOUNDARY.search(answer.headers.get("Content-Type") or "")
    boundary = found[1] if found else _first_line_boundary(answer.text)
    return [_answer(piece, answer.url) for piece in _pieces(answer.text, boundary)]


def _first_line_boundary(text: str) -> str:
    line = text.lstrip().partition("\n")[0].strip()
    if not line.startswith("--") or len(line) < 3:
        raise ValueError("the answer to $batch is no multipart")
    return line[2:]


def _pieces(text: str, boundary: str) -> list[str]:
    """What stands between the boundary lines."""
    pieces = re.split(rf"^--{re.escape(boundary)}(?:--)?[ \t]*\r?$", text, flags=re.MULTILINE)
    return [piece.strip("\r\n") for piece in pieces[1:] if piece.strip()]


def _answer(piece: str, url: str) -> Answer:
    """A response, or the first of a nested change set."""
    head, content = _halves(piece)
    if "multipart/" in head.lower():
        found = _BOUNDARY.search(head)
        inner = _pieces(content, found[1] if found else _first_line_boundary(content))
        if not inner:
            raise ValueError("an empty change set in the answer to $batch")
        return _answer(inner[0], url)
    status = _STATUS.match(content.lstrip())
    if status is None:
        raise ValueError(f"no HTTP status in a part of the answer to $batch: {content[:80]!r}")
    return Answer(int(status[1]), {}, _halves(content)[1].strip().encode(), url)


def _halves(text: str) -> tuple[str, str]:
    """(headers, content) at the first blank line."""
    halves = _BLANK_LINE.split(text, maxsplit=1)
    return halves[0], halves[1] if len(halves) == 2 else ""
