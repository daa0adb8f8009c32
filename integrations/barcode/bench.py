"""What we add to a scanner's save and query: our web server (gunicorn 2x4) beside the same calls made directly.

All four contenders work in every round, in shuffled order, against one sandbox. Each save is another document: a
receipt from production with batch and bin, as in the guide's sample.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
import yaml
from django.conf import settings

from core.bench.scenario import Scenario
from core.catalog.apply import apply_text
from core.catalog.loading import load_shipped
from core.demo.processes import free_port
from integrations.barcode.scan import document, reading
from integrations.barcode.scan.fields import Options

if TYPE_CHECKING:
    from core.bench.running import Bench

CODE, QUERY, SAVE = "app-code-of-the-benchmark", "be" * 16, "bf" * 16
SQL = 'select "ItemCode","WhsCode","OnHand" from OITW where "OnHand" > 0 and "ItemCode" = \'11028\''
WARM_UP = 20
Call = Callable[[int], None]


def flows(sandbox: str) -> str:
    """The apply file."""
    company = {"company": "SBODEMOCN"}
    login = {"settings": {"company_db": "SBODEMOCN", "username": "manager"}, "secrets": {"password": "sandbox"}}
    erp = {"name": "ERP", "connector": "erp.service_layer", "base_url": f"{sandbox}/erp", **company, **login}
    sql = {"name": "SQL", "connector": "erp.di_api", "base_url": f"{sandbox}/diapi", **company, **login}
    query = {"name": "query", "template": "barcode.query", "connections": {"sql": "SQL"}, "endpoint_key": QUERY}
    save = {"name": "save", "template": "barcode.save", "connections": {"erp": "ERP"}, "endpoint_key": SAVE}
    tenant = {
        "slug": "bench",
        "companies": [{"code": "SBODEMOCN"}],
        "connections": [erp, sql],
        "flows": [{**flow, **company, "enabled": True} for flow in (query, save)],
        "app_credentials": [{"name": "scanner", "app_code": CODE, "flows": ["query", "save"]}],
    }
    return yaml.safe_dump({"tenants": [tenant]})


def scan(number: int) -> dict[str, Any]:
    """A receipt of one piece; ``number`` makes it another scan."""
    below = {
        "Quantity": "1",
        "BatchNumber": "11007510-01-50|20230920",
        "BinAbsEntry": "14",
        "AddmisionDate": "20230920",
    }
    row = {"BaseEntry": "478", "BaseType": "202", "Quantity": "1", "ManBtchNum": "Y", "WarehouseCode": "W05001"}
    header = {"U_CZR": "CS01", "U_CZSJ": f"2024-01-01 {number:09}", "DocDate": "20240101", "DocDueDate": "20240101"}
    rows = [{**row, "U_SCRKLX": "合格入库", "U_BGR1": "SF0006", "linetable": [below], "MainTable": header}]
    return {"method": "InventoryGenEntry", "table": "OIGN", "data": rows}


class Calls:
    """The four contenders. Every thread keeps its connections, and the direct ones their login."""

    def __init__(self, sandbox: str, web: str) -> None:
        self.sandbox, self.web = sandbox, web
        self._local = threading.local()

    def _post(self, url: str, body: Any, headers: dict[str, str]) -> Any:
        if not hasattr(self._local, "http"):
            self._local.http = requests.Session()
            self._local.http.trust_env = False
        answer = self._local.http.post(url, json=body, headers=headers, timeout=60)
        answer.raise_for_status()
        self._local.http.cookies.clear()
        return answer

    def _cookies(self, url: str) -> dict[str, str]:
        """A login of this thread's own."""
        known = self._local.__dict__.setdefault("cookies", {})
        if url not in known:
            login = {"CompanyDB": "SBODEMOCN", "UserName": "manager", "Password": "sandbox"}
            lines = self._post(url, login, {}).raw.headers.getlist("Set-Cookie")
            known[url] = {"Cookie": "; ".join(line.split(";")[0] for line in lines)}
        found: dict[str, str] = known[url]
        return found

    def direct_query(self, number: int) -> None:
        """The DI API alone."""
        root = f"{self.sandbox}/diapi/b1dis/v1"
        answer = self._post(f"{root}/exec-sql", {"Sql": SQL}, self._cookies(f"{root}/login")).json()
        assert answer["data"]["value"], answer  # noqa: S101 - a wrong answer is no figure

    def direct_save(self, number: int) -> None:
        """The Service Layer alone, with the document ready made."""
        root = f"{self.sandbox}/erp/b1s/v1"
        payload = document.build(reading.read(scan(number)), Options()).payload
        self._post(f"{root}/InventoryGenEntries", payload, self._cookies(f"{root}/Login"))

    def our_query(self, number: int) -> None:
        """The same through us."""
        self._ours(QUERY, {"sql": SQL})

    def our_save(self, number: int) -> None:
        """The same through us."""
        self._ours(SAVE, scan(number))

    def _ours(self, key: str, body: Any) -> None:
        answer = self._post(f"{self.web}/barcode/{key}/", body, {"X-Apig-AppCode": CODE}).json()
        assert answer["code"] == "RIS.10000000", answer  # noqa: S101 - a refusal is no figure


def serve(bench: Bench) -> Calls:
    """Sandbox and web server, with the two flows."""
    sandbox, web = (f"http://127.0.0.1:{free_port(port)}" for port in (9203, 9204))
    store = str(Path(settings.VAR_DIR) / "barcode-sandbox.sqlite3")
    port = sandbox.rsplit(":", 1)[1]
    bench.processes.start("barcode-sandbox", "-m", "sandbox", "--port", port, "--db", store, "--fresh")
    bench.processes.wait_for("barcode-sandbox", f"{sandbox}/")
    load_shipped()
    apply_text(flows(sandbox))
    address = web.removeprefix("http://")
    workers = ("--workers", "2", "--threads", "4", "--bind", address)
    bench.processes.start("barcode-web", "-m", "gunicorn", "config.wsgi", *workers, PUBLIC_BASE_URL=web)
    bench.processes.wait_for("barcode-web", f"{web}/healthz")
    return Calls(sandbox, web)


def timed(call: Call, numbers: list[int], scanners: int) -> list[float]:
    """Milliseconds of each call, ``scanners`` at a time."""

    def one(number: int) -> float:
        started = time.perf_counter()
        call(number)
        return (time.perf_counter() - started) * 1000

    with ThreadPoolExecutor(scanners) as pool:
        warm = list(pool.map(one, numbers[:WARM_UP]))
        return list(pool.map(one, numbers[len(warm) :]))


def at(times: list[float], percent: int) -> float:
    """A percentile."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def web_seconds(bench: Bench) -> float:
    """Processor time of our web server so far: unlike latency it does not depend on what else the machine does."""
    import psutil

    root = next(process for name, process in bench.processes._running if name == "barcode-web")
    family = [psutil.Process(root.pid), *psutil.Process(root.pid).children(recursive=True)]
    return sum(sum(each.cpu_times()[:2]) for each in family)


def measure(bench: Bench) -> list[str]:
    """p50 and p99 of query and save with one scanner and with eight, and what we add to each."""
    calls, counter, lines = serve(bench), itertools.count(1), []
    used: dict[str, list[float]] = {"query ours": [], "save ours": []}
    contenders: dict[str, Call] = {
        "query direct": calls.direct_query, "query ours": calls.our_query,
        "save direct": calls.direct_save, "save ours": calls.our_save,
    }  # fmt: skip
    each = max(WARM_UP, bench.documents // bench.rounds)
    for scanners in (1, 8):
        times: dict[str, list[float]] = {name: [] for name in contenders}
        for _round in range(bench.rounds):
            names = list(contenders)
            random.shuffle(names)
            for name in names:
                numbers = [next(counter) for _ in range(each + WARM_UP)]
                before = web_seconds(bench)
                times[name] += timed(contenders[name], numbers, scanners)
                if name in used:
                    used[name].append((web_seconds(bench) - before) * 1000 / len(numbers))
        lines += _lines(times, scanners)
    return lines + [f"{name}: {at(each, 50):.1f} ms of processor time a request" for name, each in used.items()]


def _lines(times: dict[str, list[float]], scanners: int) -> list[str]:
    out = []
    for kind in ("query", "save"):
        direct, ours = times[f"{kind} direct"], times[f"{kind} ours"]
        figures = [at(found, percent) for found in (direct, ours) for percent in (50, 99)]
        added = f"added {figures[2] - figures[0]:.1f} / {figures[3] - figures[1]:.1f} ms"
        out.append(
            f"{kind:6} {scanners} at a time: direct p50 {figures[0]:.1f} p99 {figures[1]:.1f}, "
            f"ours p50 {figures[2]:.1f} p99 {figures[3]:.1f} ms; {added} ({len(ours)} each)"
        )
    return out


SCENARIOS = [Scenario("barcode", "a scanner's save and query through us and directly", measure)]
