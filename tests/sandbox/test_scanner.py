"""The pretended scanner: it sends real requests to a small backend of this test."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests.sandbox.served import Served, serve

PORT = 9136
ANSWER = {"code": "RIS.10000000", "message": "OK", "data": {"method": "InventoryGenEntry", "DocEntry": 913}}


class Backend:
    """Records the requests and answers all of them alike."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str | None, str]] = []  # method, path, AppCode, body
        self.status, self.body = 200, json.dumps(ANSWER)


def _handler(backend: Backend) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            backend.calls.append((self.command, self.path, self.headers["X-Apig-AppCode"], text))
            time.sleep(0.05)
            self.send_response(backend.status)
            content = backend.body.encode()
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _take

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    return Handler


@pytest.fixture
def backend() -> Iterator[Backend]:
    found = Backend()
    server = ThreadingHTTPServer(("127.0.0.1", PORT), _handler(found))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve("scanner", 9135) as running:
        yield running


@pytest.fixture
def scanner(served: Served) -> Served:
    served.reset()
    base = f"http://127.0.0.1:{PORT}"
    calls = {name: f"{base}/{name}" for name in ("query", "save", "methods", "companies")}
    served.post("/scanner/settings", {**calls, "app_code": "code-1"})
    return served


def act(scanner: Served, do: str, **fields: object) -> dict:
    return scanner.post("/scanner/act", {"do": do, **fields})


def test_save_posts_the_body_with_the_app_code(scanner: Served, backend: Backend) -> None:
    answer = act(scanner, "save", body={"method": "StockGenExit", "data": []})
    assert (answer["ok"], answer["status"], answer["answer"]) == (True, 200, ANSWER)
    method, path, code, body = backend.calls[0]
    assert (method, path, code) == ("POST", "/save", "code-1")
    assert json.loads(body) == {"method": "StockGenExit", "data": []}


def test_the_seeds_own_sample(scanner: Served, backend: Backend) -> None:
    act(scanner, "save", sample="seed")
    sent = json.loads(backend.calls[0][3])
    row = sent["data"][0]
    assert (sent["method"], sent["table"], row["BaseEntry"], row["BaseType"]) == (
        "InventoryGenEntry",
        "OIGN",
        "478",
        "202",
    )
    assert row["linetable"][0]["BatchNumber"] == "11007510-01-50|20230920"
    assert row["MainTable"]["U_CZSJ"] == "2023-09-20 21:04:44"
    assert row["MainTable"]["InvertedBathSql"] == "call TMDK('{0}','{1}','{2}')"
    assert "Where T2.\"ManBtchNum\"='Y'" in row["MainTable"]["InvertedSql"]


def test_two_scans_of_one_sample_differ_in_time(scanner: Served, backend: Backend) -> None:
    act(scanner, "save", sample="stock_issue")
    act(scanner, "save", sample="stock_issue")
    first, second = (json.loads(call[3])["MainTable"]["U_CZSJ"] for call in backend.calls)
    assert first != second


@pytest.mark.parametrize(
    "sample, method",
    [
        ("purchase_receipt", "PurchaseDelivery"),
        ("purchase_return", "PurchaseReturn"),
        ("production_issue", "InventoryGenExit"),
        ("production_return", "InventoryGenReturn"),
        ("production_receipt", "InventoryGenEntry"),
        ("delivery", "DeliveryNotes"),
        ("return", "Returns"),
        ("transfer", "StockTransfer"),
        ("stock_issue", "StockGenExit"),
        ("stock_receipt", "StockGenEntry"),
        ("user_table", "UserDataTable"),
    ],
)
def test_every_method_has_a_sample(scanner: Served, backend: Backend, sample: str, method: str) -> None:
    act(scanner, "save", sample=sample)
    sent = json.loads(backend.calls[0][3])
    assert sent["method"] == method
    assert all(isinstance(value, (str, list)) for row in sent["data"] for value in row.values())


def test_query_methods_and_companies(scanner: Served, backend: Backend) -> None:
    act(scanner, "query", sql='select "ItemCode" from OBTN')
    act(scanner, "methods", http="GET")
    act(scanner, "companies")
    assert [call[:2] for call in backend.calls] == [("POST", "/query"), ("GET", "/methods"), ("POST", "/companies")]
    assert json.loads(backend.calls[0][3]) == {"sql": 'select "ItemCode" from OBTN'}


def test_the_trigger_held_too_long(scanner: Served, backend: Backend) -> None:
    answer = act(scanner, "save", sample="stock_issue", times=5)
    assert len(answer["answers"]) == 5
    assert len({call[3] for call in backend.calls}) == 1
    assert len(backend.calls) == 5


def test_broken_bodies_and_other_codes_are_sent_as_given(scanner: Served, backend: Backend) -> None:
    act(scanner, "save", body='{"method": ', app_code="other", headers={"Content-Type": "text/plain"})
    assert backend.calls[0][2:] == ("other", '{"method": ')


def test_a_refusal_is_shown(scanner: Served, backend: Backend) -> None:
    backend.status, backend.body = 401, "no"
    answer = act(scanner, "methods")
    assert (answer["ok"], answer["status"], answer["answer"]) == (False, 401, "no")


def test_nobody_there(scanner: Served) -> None:
    answer = act(scanner, "methods")
    assert (answer["ok"], answer["status"]) == (False, 0)
    assert answer["problem"]


def test_settings(scanner: Served, backend: Backend) -> None:
    scanner.reset()
    assert act(scanner, "methods") == {"ok": False, "message": "还没有设置可用方法地址"}
    scanner.post("/scanner/settings", {"address": f"http://127.0.0.1:{PORT}/one", "company_db": "SBODEMO2"})
    act(scanner, "save", sample="stock_issue")
    assert backend.calls[0][1] == "/one"
    assert json.loads(backend.calls[0][3])["CompanyDB"] == "SBODEMO2"
    assert scanner.post("/scanner/settings", {"nonsense": 1})["ok"] is False


def test_a_person_scans_on_the_page(scanner: Served, backend: Backend) -> None:
    page = scanner.page("/scanner/?sample=transfer")
    assert "StockTransfer" in page
    form = {"do": "save", "body": json.dumps({"method": "StockTransfer"}), "times": "1"}
    answer = requests.post(f"{scanner.url}/scanner/act", data=form, timeout=5)
    assert "RIS.10000000" in answer.text
    assert scanner.effects("scanner", "save")[0]["key"] == "913"
