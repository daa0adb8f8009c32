"""POST $batch: multipart/mixed in, multipart/mixed out.

Parts run one after the other and processing stops at the first that fails. A change set is one transaction: when one
of its requests fails the whole set is undone and answered by a single part. ``$1`` is what Content-ID 1 created.
"""

from __future__ import annotations

import dataclasses
import http
import re
import uuid
from urllib.parse import unquote, urlsplit

from sandbox import store
from sandbox.erp import errors, service, settings
from sandbox.erp.wire import Call, Reply, failure, parse_query

CRLF = "\r\n"
_REQUEST_LINE = re.compile(r"(GET|POST|PUT|PATCH|MERGE|DELETE)\s+(\S.*?)(?:\s+HTTP/1\.[01])?\s*", re.IGNORECASE)
_NEEDS_TWO_LINES = (
    "Incomplete request, Please check if the sub-request has complete request content and there should be "
    "two '\\r\\n' between sub-request header and content!"
)


@dataclasses.dataclass
class Part:
    """One part of an envelope: a request, or a change set (``requests``)."""

    headers: dict[str, str]
    text: str

    @property
    def boundary(self) -> str | None:
        return boundary_of(self.headers.get("content-type", ""))

    @property
    def content_id(self) -> str | None:
        return self.headers.get("content-id")


def run(call: Call) -> Reply:
    """The answer to a batch; raises ServiceError -1000 for a bad envelope."""
    if settings.BATCH():
        return Reply(int(settings.BATCH()))
    content_type = call.headers.get("content-type", "")
    boundary = boundary_of(content_type)
    if not content_type.lower().startswith("multipart/mixed") or not boundary:
        raise _incomplete()
    parts = split(call.body.decode("utf-8", "replace"), boundary)
    answers = []
    for part in parts:
        text, failed = _change_set(call, part) if part.boundary else _single(call, part)
        answers.append(text)
        if failed:
            break
    mark = f"batchresponse_{uuid.uuid4()}"
    status = 202 if call.version == "v1" else 200
    return Reply(status, _joined(mark, answers), content_type=f"multipart/mixed;boundary={mark}")


def boundary_of(content_type: str) -> str | None:
    found = re.search(r'boundary=("?)([^";\s]+)\1', content_type)
    return found[2] if found and content_type.lower().startswith("multipart/mixed") else None


def split(text: str, boundary: str) -> list[Part]:
    """The parts of an envelope; it has to end with its closing boundary."""
    pieces = re.split(rf"(?:^|\r?\n)--{re.escape(boundary)}(--)?[ \t]*(?:\r?\n|$)", text)
    bodies, closings = pieces[::2], pieces[1::2]
    if "--" not in closings:
        raise _incomplete()
    return [_part(piece) for piece in bodies[1 : closings.index("--") + 1]]


def _part(piece: str) -> Part:
    head, _, text = re.sub(r"\r?\n", "\n", piece).partition("\n\n")
    headers = [line.partition(":") for line in head.split("\n") if ":" in line]
    return Part({name.strip().lower(): value.strip() for name, _, value in headers}, text)


def _incomplete() -> errors.ServiceError:
    return errors.ServiceError(-1000, "Incomplete Batch Request Body!")


def _single(call: Call, part: Part) -> tuple[str, bool]:
    """A request outside a change set."""
    reply = _answer(call, part)
    return _response_part(reply, part.content_id), reply.status >= 400


def _change_set(call: Call, part: Part) -> tuple[str, bool]:
    inner = split(part.text, part.boundary or "")
    answers: list[str] = []
    call.references.clear()
    try:
        with store.transaction():
            for request in inner:
                answers.append(_response_part(_in_set(call, request), request.content_id))
    except _Failed as failed:
        return _response_part(failed.reply, None), True
    mark = f"changesetresponse_{uuid.uuid4()}"
    return f"Content-Type:multipart/mixed;boundary={mark}{CRLF}{CRLF}{_joined(mark, answers)}", False


class _Failed(Exception):
    """One request of a change set failed: undo the set."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply


def _in_set(call: Call, request: Part) -> Reply:
    if request.boundary or request.text.lstrip().upper().startswith("GET "):
        raise _Failed(failure(call.version, _incomplete(), True))
    if call.version == "v2" and not request.content_id:
        error = errors.ServiceError(244, "Content ID should be specified in each change set request.")
        raise _Failed(failure(call.version, error, True))
    reply = _answer(call, request)
    if reply.status >= 400:
        raise _Failed(reply)
    location = reply.headers.get("Location")
    if request.content_id and location:
        call.references[request.content_id] = location.rpartition(f"/{call.version}/")[2]
    return reply


def _answer(call: Call, part: Part) -> Reply:
    try:
        return service.handle(_inner_call(call, part))
    except errors.ServiceError as error:
        return failure(call.version, error, True)


def _inner_call(call: Call, part: Part) -> Call:
    head, separator, body = part.text.partition("\n\n")
    first, *lines = head.lstrip("\n").split("\n")
    found = _REQUEST_LINE.fullmatch(first)
    if not found or not separator:
        raise errors.ServiceError(-1000, _NEEDS_TWO_LINES)
    path, _, query = _below_root(found[2], call.version).partition("?")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    content = body.strip("\n").encode()
    return dataclasses.replace(
        call, method=found[1].upper(), path=_resolved(call, path), query=parse_query(query),
        headers={**_inherited(call), **headers}, body=content, in_batch=True,
    )  # fmt: skip


def _inherited(call: Call) -> dict[str, str]:
    """Options of the envelope that hold for its parts."""
    return {name: value for name, value in call.headers.items() if name.startswith("b1s-")}


def _below_root(target: str, version: str) -> str:
    """``http://host/b1s/v1/Items``, ``/b1s/v1/Items`` and ``Items`` are the same."""
    path = target
    if "://" in target.partition("?")[0]:
        parts = urlsplit(target)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    marker = f"/b1s/{version}/"
    before, found, after = path.partition(marker)
    return after if found and "?" not in before else path.lstrip("/")


def _resolved(call: Call, path: str) -> str:
    """``$1/Close`` becomes ``Orders(5)/Close``."""
    found = re.match(r"\$(\w+)", unquote(path))
    if not found or found[0] in ("$batch", "$metadata"):
        return path
    if found[1] not in call.references:
        raise errors.ServiceError(-1000, f"Content ID '{found[0]}' is not defined in the change set")
    return call.references[found[1]] + unquote(path)[found.end() :]


def _response_part(reply: Reply, content_id: str | None) -> str:
    """In the server's spelling: no blank after the colon."""
    outer = [f"Content-Type:application/http{CRLF}Content-Transfer-Encoding:binary"]
    if content_id:
        outer.append(f"Content-ID:{content_id}")
    content = reply.content()
    lines = [f"HTTP/1.1 {reply.status} {http.HTTPStatus(reply.status).phrase}"]
    if content:
        lines += [f"Content-Type:{reply.content_type}", f"Content-Length:{len(content)}"]
    lines += [f"{name}:{value}" for name, value in reply.headers.items()]
    return f"{CRLF.join(outer)}{CRLF}{CRLF}{CRLF.join(lines)}{CRLF}{CRLF}{content.decode()}{CRLF}"


def _joined(mark: str, parts: list[str]) -> str:
    return "".join(f"--{mark}{CRLF}{part}{CRLF}" for part in parts) + f"--{mark}--{CRLF}"
