"""Connections outlive a client; logins and processes do not share them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.connectors import transport
from core.connectors.http import HttpClient
from core.connectors.target import Target


class Client(HttpClient):
    system = "test"
    needs_login = False


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[tuple[tuple[str, int], str]] = []

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.client_address, self.headers.get("Cookie", "")))
        self.send_response(200)
        self.send_header("Set-Cookie", "login=secret; Path=/")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_POST = do_GET

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def peer() -> Iterator[str]:
    Handler.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_two_clients_of_one_connection_use_one_socket_and_no_cookie(peer: str) -> None:
    for _ in range(2):
        Client(Target(1, 1, "x", base_url=peer)).get_json("a")

    assert len({address for address, _ in Handler.seen}) == 1
    assert [cookie for _, cookie in Handler.seen] == ["", ""]


def test_another_connection_has_another_socket(peer: str) -> None:
    Client(Target(1, 1, "x", base_url=peer)).get_json("a")
    Client(Target(2, 1, "x", base_url=peer)).get_json("a")

    assert len({address for address, _ in Handler.seen}) == 2


def test_what_must_not_be_repeated_is_not_sent_on_an_idle_socket(peer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(Target(1, 1, "x", base_url=peer))
    client.get_json("a")
    client.post_json("b", json={})
    monkeypatch.setattr(transport, "IDLE_SECONDS", -1.0)
    client.post_json("c", json={})

    first, second, third = (address for address, _ in Handler.seen)
    assert first == second != third


def test_a_forked_process_opens_its_own() -> None:
    target = Target(1, 1, "x", base_url="http://127.0.0.1:1")
    mine = transport.shared(target)

    pid = os.fork()
    if pid == 0:
        os._exit(0 if transport.shared(target) is not mine else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert transport.shared(target) is mine
