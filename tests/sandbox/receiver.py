"""A callback receiver written from the protocol page, for tests: it decrypts what the pretended WeCom sends."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TOKEN = "wecomTokenTest01"
AES_KEY = "Gm3Zr8Kx1Yt6Qb4Lw9Hd2Sv7Jc5Np0Fa8Ue3Ri6Tk4A"
CORP = "ww0a1b2c3d4e5f6071"


def opened(encrypted: str, aes_key: str = AES_KEY) -> tuple[str, str]:
    """(message, owner id) of a sealed text."""
    key = base64.b64decode(aes_key + "=")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
    plain = plain[: -plain[-1]]
    size = int.from_bytes(plain[16:20], "big")
    return plain[20 : 20 + size].decode(), plain[20 + size :].decode()


def is_signed(query: dict[str, str], encrypted: str) -> bool:
    parts = "".join(sorted([TOKEN, query["timestamp"], query["nonce"], encrypted]))
    return hashlib.sha1(parts.encode()).hexdigest() == query["msg_signature"]


class Receiver:
    """What came in, and how the next calls are answered."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.posts: list[ElementTree.Element] = []  # the decrypted events
        self.envelopes: list[str] = []
        self.statuses: list[int] = []  # answers for the coming calls; 200 when empty
        self.sleep = 0.0
        self.echo_suffix = ""

    def changes(self) -> list[tuple[int, int]]:
        """(StatuChangeEvent, SpStatus) of each event."""
        return [
            (int(root.findtext("ApprovalInfo/StatuChangeEvent", "0")), int(root.findtext("ApprovalInfo/SpStatus", "0")))
            for root in self.posts
        ]


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _query(self) -> dict[str, str]:
            return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

        def _answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            query = self._query()
            time.sleep(receiver.sleep)
            if not is_signed(query, query["echostr"]):
                return self._answer(403)
            message, owner = opened(query["echostr"])
            assert owner == CORP
            return self._answer(200, (message + receiver.echo_suffix).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            encrypted = ElementTree.fromstring(body).findtext("Encrypt", "")
            if not is_signed(self._query(), encrypted):
                return self._answer(403)
            message, owner = opened(encrypted)
            if owner != CORP:
                return self._answer(403)
            receiver.envelopes.append(encrypted)
            receiver.posts.append(ElementTree.fromstring(message))
            time.sleep(receiver.sleep)
            return self._answer(receiver.statuses.pop(0) if receiver.statuses else 200)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    return Handler


@contextmanager
def listening(port: int) -> Iterator[Receiver]:
    receiver = Receiver(f"http://127.0.0.1:{port}/callback")
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(receiver))
    server.handle_error = lambda *_: None  # type: ignore[method-assign] - a caller past its deadline hangs up
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
