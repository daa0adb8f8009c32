"""A threaded HTTP/1.1 server with keep-alive, and the sandbox's two tables."""

from __future__ import annotations

import contextlib
from typing import Any

from django.core.servers.basehttp import ServerHandler, ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection

from sandbox import faults
from sandbox.models import Effect, Record


class Server(ThreadedWSGIServer):
    request_queue_size = 128
    daemon_threads = True


class Handler(ServerHandler):
    def cleanup_headers(self) -> None:
        """Every answer has a length, so that connections are kept; one without content has none to tell."""
        if not getattr(self.result, "streaming", True) and "Content-Length" not in self.headers:
            self.headers["Content-Length"] = str(len(self.result.content))
        super().cleanup_headers()
        if self.status.startswith("204"):
            del self.headers["Content-Length"]

    def finish_response(self) -> None:
        announced = getattr(self.result, "fault_point", None)  # the result is forgotten when it is written
        super().finish_response()
        if announced:
            self.stdout.flush()
            with contextlib.suppress(faults.DropConnection, faults.Answer):
                faults.point(*announced, "answered")


class RequestHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave in one packet

    def get_environ(self) -> dict[str, Any]:
        # Django drops headers with an underscore in the name; the MES's gateway takes its access_token.
        underscored = {name.lower(): value for name, value in self.headers.items() if "_" in name}
        own = {"sandbox.socket": self.connection, "sandbox.underscored": underscored, "RAW_URI": self.path}
        return {**super().get_environ(), **own}

    def handle_expect_100(self) -> bool:
        """The ERP's balancer answers ``Expect: 100-continue`` with an empty 500 (protocol notes, B1SLayer)."""
        if not self.path.startswith("/erp/b1s/"):
            return super().handle_expect_100()
        self.close_connection = True
        self.send_response_only(500)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.wfile.flush()
        return False

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the effects table is the log."""

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        handler = Handler(self.rfile, self.wfile, self.get_stderr(), self.get_environ())
        handler.request_handler = self
        with contextlib.suppress(OSError, ValueError):
            handler.run(self.server.get_app())
            self.wfile.flush()


def create_tables() -> bool:
    """Make the tables where they are missing or of an older sandbox; True when it made any."""
    existing = connection.introspection.table_names()
    made = False
    with connection.schema_editor() as editor, connection.cursor() as cursor:
        for model in (Record, Effect):
            table = model._meta.db_table
            columns = {column.column for column in model._meta.local_concrete_fields}
            if table in existing:
                if {c.name for c in connection.introspection.get_table_description(cursor, table)} == columns:
                    continue
                editor.delete_model(model)
            editor.create_model(model)
            made = True
    return made


def serve(host: str, port: int) -> None:
    """Serve until killed."""
    server = Server((host, port), RequestHandler)
    server.set_app(get_wsgi_application())
    server.serve_forever()
