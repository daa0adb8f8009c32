"""``python -m sandbox.stub``: an ERP and an OA that cost next to nothing, for benchmarks of the caller.

One asyncio process, hand-made HTTP/1.1, everything in memory. It speaks just as much of the Service Layer (login,
drafts, approval requests, PATCH, $batch) and of e-cology (token, doCreateRequest, list) as a sync of approvals needs;
latency is added to each answer without blocking the others.

``POST /reset?n=1000&latency=20&batch=1`` new unmarked drafts, counters to zero; ``GET /stats``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from typing import Any
from urllib.parse import parse_qs, unquote_plus

COOKIE = b"B1SESSION=bench"
REASONS = {200: b"OK", 202: b"Accepted", 204: b"No Content", 401: b"Unauthorized", 404: b"Not Found"}


class World:
    """Drafts by DocEntry and what was done to them."""

    def __init__(self) -> None:
        self.reset(0, 0.0, True)

    def reset(self, count: int, latency: float, batch: bool, lines: int = 5) -> None:
        self.latency, self.batch = latency, batch
        self.drafts = {n: draft(n, lines) for n in range(1, count + 1)}
        self.open = dict.fromkeys(self.drafts)  # not marked yet, in key order
        self.created: dict[str, int] = {}
        self.numbers = 0
        self.stats = dict.fromkeys(
            ("requests", "login", "query", "create", "mark", "batch", "duplicates", "marked", "connections"), 0
        )
        self.stats |= {"flying": 0, "most_flying": 0}
        self.first = self.last_mark = 0.0


def draft(n: int, lines: int) -> dict[str, Any]:
    """A purchase request draft as the Service Layer shows it."""
    return {
        "DocEntry": n, "DocNum": 100_000 + n, "DocObjectCode": "1470000113", "DocDate": "2026-11-23",
        "RequriedDate": "2026-11-30T00:00:00Z", "Requester": f"A{n % 97:03}", "RequesterName": f"申请人{n % 97}",
        "Comments": f"补库 {n}", "DocTotal": 100.5 + n, "DocCurrency": "RMB", "UserSign": 38, "Series": 34,
        "JournalMemo": "采购申请", "NumAtCard": None, "U_ISSYN": None, "U_REQUESTID": None,
        "DocumentLines": [
            {"LineNum": i, "ItemCode": f"1{i:04}", "ItemDescription": "聚氯乙烯", "Quantity": i + 1.0, "Price": 9.5,
             "WarehouseCode": "01", "MeasureUnit": "kg", "RequiredDate": "2026-11-30"} for i in range(lines)
        ],
    }  # fmt: skip


def request_of(n: int) -> dict[str, Any]:
    """The pending approval request of a draft."""
    return {
        "Code": 500_000 + n, "ObjectType": "1470000113", "Status": "arsPending", "Remarks": "请审批", "CurrentStage": 1,
        "OriginatorID": 38, "CreationDate": "2026-11-23", "CreationTime": "10:00:00", "DraftEntry": n,
        "ApprovalRequestLines": [{"StageCode": 1, "UserID": 12, "Status": "ardPending"}],
    }  # fmt: skip


WORLD = World()


def answer(status: int, body: bytes = b"", extra: bytes = b"", kind: bytes = b"application/json") -> bytes:
    """One HTTP/1.1 response."""
    head = b"HTTP/1.1 %d %s\r\n%s" % (status, REASONS[status], extra)
    if status == 204:
        return head + b"\r\n"
    return head + b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)


def as_json(value: Any, extra: bytes = b"") -> bytes:
    return answer(200, json.dumps(value, ensure_ascii=False).encode(), extra)


def mark(number: int) -> None:
    """A draft is marked."""
    WORLD.stats["mark"] += 1
    if number in WORLD.open:
        del WORLD.open[number]
        WORLD.stats["marked"] += 1
    WORLD.last_mark = time.perf_counter() + WORLD.latency


def respond(method: str, target: str, head: bytes, body: bytes) -> tuple[bytes, float]:
    """(response, latency in seconds) of one request."""
    path, _, query = target.partition("?")
    if path == "/reset":
        given = {k: v[0] for k, v in parse_qs(query).items()}
        WORLD.reset(
            int(given.get("n", 1000)), float(given.get("latency", 0)) / 1000, given.get("batch", "1") == "1",
            int(given.get("lines", 5)),
        )  # fmt: skip
        return as_json({}), 0.0
    if path == "/stats":
        seconds = WORLD.last_mark - WORLD.first if WORLD.last_mark else None
        return as_json({**WORLD.stats, "open": len(WORLD.open), "seconds": seconds}), 0.0
    WORLD.stats["requests"] += 1
    WORLD.first = WORLD.first or time.perf_counter()
    if path.startswith("/erp/b1s/v1/"):
        return erp(method, path.removeprefix("/erp/b1s/v1/"), unquote_plus(query), head, body), WORLD.latency
    return oa(path, body), WORLD.latency


def erp(method: str, path: str, query: str, head: bytes, body: bytes) -> bytes:
    """The Service Layer."""
    if path == "Login":
        WORLD.stats["login"] += 1
        cookie = b"Set-Cookie: %s;HttpOnly;\r\nSet-Cookie: ROUTEID=.node1; path=/b1s\r\n" % COOKIE
        return as_json({"SessionId": "bench", "Version": "1000190", "SessionTimeout": 30}, cookie)
    if COOKIE not in head:
        return answer(401, b'{"error":{"code":301,"message":{"lang":"zh-cn","value":"Invalid session."}}}')
    if path == "$batch":
        return batch(body) if WORLD.batch else answer(404, b"{}")
    if method == "PATCH":
        mark(int(path[path.index("(") + 1 : -1]))
        return answer(204)
    WORLD.stats["query"] += 1
    if path == "ApprovalRequests":
        wanted = [int(n) for n in re.findall(r"DraftEntry eq (\d+)", query)]
        return as_json({"value": [request_of(n) for n in wanted or WORLD.open]})
    return drafts(query, head)


def drafts(query: str, head: bytes) -> bytes:
    """A page of unmarked drafts, by key."""
    size = re.search(rb"(?:odata\.maxpagesize=|b1s-pagesize:\s*)(\d+)", head, re.IGNORECASE)
    count = int(size.group(1)) if size else 20
    after = re.search(r"DocEntry gt (\d+)", query)
    least = int(after.group(1)) if after else 0
    page = []
    more = False
    for n in WORLD.open:
        if n <= least:
            continue
        if len(page) == count:
            more = True
            break
        page.append(WORLD.drafts[n])
    value: dict[str, Any] = {"value": page}
    if more:
        value["odata.nextLink"] = f"Drafts?$skip={count}"
    return as_json(value)


def batch(body: bytes) -> bytes:
    """$batch with PATCHes only: every part succeeds."""
    WORLD.stats["batch"] += 1
    parts = []
    for number in re.findall(rb"PATCH [^\r\n]*\((\d+)\)", body):
        mark(int(number))
        parts.append(
            b"--b\r\nContent-Type:multipart/mixed;boundary=c\r\n\r\n--c\r\nContent-Type:application/http\r\n"
            b"Content-Transfer-Encoding:binary\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n\r\n--c--\r\n"
        )
    return answer(202, b"".join(parts) + b"--b--\r\n", kind=b"multipart/mixed;boundary=b")


def oa(path: str, body: bytes) -> bytes:
    """e-cology."""
    if path.endswith("/applytoken"):
        WORLD.stats["login"] += 1
        return as_json({"msg": "获取成功!", "code": 0, "msgShowType": "none", "status": True, "token": "bench"})
    if path.endswith("/doCreateRequest"):
        fields = {k: v[0] for k, v in parse_qs(body.decode()).items()}
        WORLD.numbers += 1
        WORLD.stats["create"] += 1
        title = fields.get("requestName", "")
        WORLD.stats["duplicates"] += title in WORLD.created
        WORLD.created[title] = WORLD.numbers
        return as_json({"code": "SUCCESS", "data": {"requestid": WORLD.numbers}, "errMsg": {}})
    return as_json([])


class Protocol(asyncio.Protocol):
    """Keep-alive HTTP/1.1 with Content-Length bodies."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.buffer = transport, b""
        WORLD.stats["connections"] += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            length = re.search(rb"\r\ncontent-length:\s*(\d+)", head, re.IGNORECASE)
            stop = end + 4 + (int(length.group(1)) if length else 0)
            if len(self.buffer) < stop:
                return
            body, self.buffer = self.buffer[end + 4 : stop], self.buffer[stop:]
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        response, latency = respond(method, target, head, body)
        WORLD.stats["flying"] += 1
        WORLD.stats["most_flying"] = max(WORLD.stats["most_flying"], WORLD.stats["flying"])
        if latency:
            asyncio.get_running_loop().call_later(latency, self._send, response)
        else:
            self._send(response)

    def _send(self, response: bytes) -> None:
        WORLD.stats["flying"] -= 1
        self.transport.write(response)  # type: ignore[attr-defined]


async def serve(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", port, backlog=4096)
    print(f"stub on http://127.0.0.1:{port}/", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox.stub", description=__doc__)
    parser.add_argument("--port", type=int, default=9190)
    sys.setswitchinterval(0.001)
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
