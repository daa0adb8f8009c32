"""Approvals to e-cology against a stub, beside a plain ``requests`` thread pool that makes the same calls."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache

from core.bench.engine import own_memory
from core.bench.scenario import Contest, Scenario, counted
from core.connectors.tokens import TokenCache
from core.flows import execute
from core.models import Delivery, FlowInstance, RunStep

if TYPE_CHECKING:
    from core.bench.running import Bench

WIDTH = 8
PAGE = 500
MAIN = (
    ("DocEntry", "djbh", ""), ("RequesterName", "sqr", ""), ("Requester", "gh", ""), ("DocDate", "djrq", "date"),
    ("RequriedDate", "xqrq", "date"), ("DocTotal", "hjje", ""), ("DocCurrency", "bz", ""), ("Comments", "sm", ""),
    ("Series", "xl", ""), ("UserSign", "zdr", ""), ("JournalMemo", "zy", ""), ("DocNum", "dh", ""),
    ("NumAtCard", "kh", ""),
)  # fmt: skip
LINE = (
    ("ItemCode", "wlbm", ""), ("ItemDescription", "wlmc", ""), ("Quantity", "sl", ""), ("Price", "dj", ""),
    ("WarehouseCode", "ck", ""), ("RequiredDate", "xqrq", "date"),
)  # fmt: skip


def make_flow(bench: Bench) -> FlowInstance:
    """The flow, with 13 mapped fields and 6 for each of the 5 lines."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    tenant = bench.tenant
    erp, _ = tenant.connections.get_or_create(
        name="ERP",
        defaults={
            "connector": "erp.service_layer",
            "base_url": f"{bench.stub}/erp",
            "settings": {"company_db": "BENCH", "username": "bench", "sessions": 1},
            "secrets": {"password": "bench"},
        },
    )
    oa, _ = tenant.connections.get_or_create(
        name="OA",
        defaults={
            "connector": "ecology.oa",
            "base_url": f"{bench.stub}/ecology",
            "settings": {"appid": "BENCH", "userid": "1"},
            "secrets": {"secret": "bench", "spk": base64.b64encode(der).decode()},
        },
    )
    config = {"workflow_id": "781", "detail_table": "formtable_main_1_dt1", "page_size": PAGE, "parallel": WIDTH}
    flow, made = FlowInstance.objects.get_or_create(
        tenant=tenant,
        name="approvals",
        defaults={"flow_type": "ecology.push_approval", "enabled": True, "config": config},
    )
    if made:
        flow.bindings.create(slot="erp", connection=erp)
        flow.bindings.create(slot="oa", connection=oa)
        for section, fields in (("mainData", MAIN), ("detailData", LINE)):
            for position, (source, target, transform) in enumerate(fields):
                flow.mappings.create(
                    section=section, source=source, target=target, transform=transform, position=position
                )
    return flow  # fmt: skip


class Plain:
    """The same calls with requests and a thread pool, and nothing else: no ledger, no mapping rows, no log."""

    def __init__(self, stub: str) -> None:
        self.erp, self.oa = f"{stub}/erp/b1s/v1", f"{stub}/ecology/api"
        self._local = threading.local()
        self.cookie = self.token = ""

    def session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
        return self._local.session

    def run(self, batch: bool) -> None:
        """Everything once."""
        session = self.session()
        login = session.post(f"{self.erp}/Login", json={"CompanyDB": "BENCH", "UserName": "b", "Password": "b"})
        self.cookie = f"B1SESSION={login.json()['SessionId']}"
        self.token = session.post(f"{self.oa}/ec/dev/auth/applytoken", headers={"appid": "B"}).json()["token"]
        last = 0
        with ThreadPoolExecutor(WIDTH) as pool:
            while True:
                page = self.get("Drafts", f"(U_ISSYN eq null or U_ISSYN ne 'Y') and DocEntry gt {last}")
                if not page:
                    return
                for start in range(0, len(page), 20):
                    some = page[start : start + 20]
                    self.get("ApprovalRequests", " or ".join(f"DraftEntry eq {d['DocEntry']}" for d in some))
                last = page[-1]["DocEntry"]
                list(pool.map(self.one, page))

    def get(self, name: str, where: str) -> list[dict[str, Any]]:
        headers = {"Cookie": self.cookie, "Prefer": f"odata.maxpagesize={PAGE}"}
        return list(
            self.session().get(f"{self.erp}/{name}", params={"$filter": where}, headers=headers).json()["value"]
        )

    def one(self, draft: dict[str, Any]) -> None:
        main = [{"fieldName": t, "fieldValue": str(draft[s])} for s, t, _ in MAIN if draft[s] is not None]
        lines = [[{"fieldName": t, "fieldValue": str(line[s])} for s, t, _ in LINE] for line in draft["DocumentLines"]]
        rows = [{"recordOrder": 0, "workflowRequestTableFields": fields} for fields in lines]
        detail = [{"tableDBName": "formtable_main_1_dt1", "workflowRequestTableRecords": rows}]
        data = {
            "workflowId": "781", "requestName": f"采购申请 {draft['DocEntry']}",
            "mainData": json.dumps(main, ensure_ascii=False), "detailData": json.dumps(detail, ensure_ascii=False),
        }  # fmt: skip
        answer = self.session().post(
            f"{self.oa}/workflow/paService/doCreateRequest", data=data, headers={"appid": "B", "token": self.token}
        )
        number = answer.json()["data"]["requestid"]
        self.session().patch(
            f"{self.erp}/Drafts({draft['DocEntry']})",
            json={"U_ISSYN": "Y", "U_REQUESTID": str(number)},
            headers={"Cookie": self.cookie},
        )


def sync(bench: Bench) -> list[str]:
    """Documents per second at 20 and at 0 ms; statements and commits a document."""
    flow, lines = make_flow(bench), []
    for latency in (20, 0):
        contest = Contest(
            {
                "requests, 8 threads (baseline)": _contender(
                    bench, latency, True, lambda: Plain(bench.stub).run(False)
                ),
                "B1Flow, marks one by one": _contender(bench, latency, False, lambda: _run(flow)),
                "B1Flow, marks by $batch": _contender(bench, latency, True, lambda: _run(flow)),
            },
            "requests, 8 threads (baseline)",
            bench.rounds,
        )
        bench.say(f"latency {latency} ms, {bench.documents} documents, {WIDTH} in flight")
        contest.run(bench.say)
        lines += [f"{latency:2} ms  {line}" for line in contest.lines()]
    return [*lines, _statements(bench, flow)]


def once(bench: Bench) -> list[str]:
    """The sync again and again for half a minute: load for other measurements."""
    flow = make_flow(bench)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        requests.post(f"{bench.stub}/reset", params={"n": bench.documents, "latency": 5, "batch": 1}, timeout=60)
        RunStep.objects.filter(run__flow=flow).delete()
        Delivery.objects.filter(flow=flow)._raw_delete("default")
        _run(flow)
    return []


def _contender(bench: Bench, latency: int, batch: bool, work: Callable[[], None]) -> Callable[[], float]:
    def run() -> float:
        bench.reset(n=bench.documents, latency=latency, batch=int(batch))
        cache.clear()
        TokenCache._near.clear()
        work()
        stats = bench.stats()
        if stats["marked"] != bench.documents or stats["duplicates"]:
            raise SystemExit(f"not every document was moved once: {stats}")
        return float(bench.documents / stats["seconds"])

    return run


def _run(flow: FlowInstance) -> None:
    flow.refresh_from_db()
    run = execute.run_in_this_process(flow)
    if run.status != "succeeded":
        raise SystemExit(f"{run.status}: {run.message}")


def _statements(bench: Bench, flow: FlowInstance) -> str:
    bench.reset(n=bench.documents, latency=20, batch=1)
    with counted() as count:
        _run(flow)
    n = bench.documents
    return f"a document, averaged over {n}: {count.statements / n:.2f} statements, {count.commits / n:.2f} commits"


def many(bench: Bench) -> list[str]:
    """10,000 documents in one run: memory of this process before, at most and after."""
    flow = make_flow(bench)
    bench.reset(n=200, latency=0, batch=1)
    _run(flow)
    bench.reset(n=10_000, latency=0, batch=1)
    before, peak, stop = own_memory(), [0.0], threading.Event()

    def look() -> None:
        while not stop.wait(0.2):
            peak[0] = max(peak[0], own_memory())

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    _run(flow)
    stop.set()
    watcher.join()
    stats = bench.stats()
    rate = 10_000 / stats["seconds"]
    return [
        f"10,000 documents: {stats['marked']} marked, {stats['duplicates']} doubled, {rate:.0f}/s",
        f"memory: {before:.0f} MiB before, {peak[0]:.0f} MiB at most, {own_memory():.0f} MiB after",
    ]


def ledger(bench: Bench) -> list[str]:
    """The same sync with an empty ledger and with a large one (rows of the same flow)."""
    flow = make_flow(bench)
    empty = [_rate(bench, flow) for _ in range(3)]
    bench.say(f"filling the ledger with {bench.rows} rows")
    for start in range(0, bench.rows, 10_000):
        Delivery.objects.bulk_create(
            [
                Delivery(
                    flow=flow, key=f"old/{n}/1", label=str(n), state="done", target_key=f"O{n}", fingerprint="x" * 32
                )
                for n in range(start, min(start + 10_000, bench.rows))
            ],
            batch_size=2000,
        )
    full = [_rate(bench, flow, keep=True) for _ in range(3)]
    a, b = sorted(empty)[1], sorted(full)[1]
    return [f"empty ledger {a:.0f}/s, {bench.rows} rows {b:.0f}/s: x {b / a:.2f}"]


def _rate(bench: Bench, flow: FlowInstance, *, keep: bool = False) -> float:
    if keep:
        Delivery.objects.filter(flow=flow).exclude(key__startswith="old/").delete()
        requests.post(f"{bench.stub}/reset", params={"n": bench.documents, "latency": 0, "batch": 1}, timeout=60)
    else:
        bench.reset(n=bench.documents, latency=0, batch=1)
    _run(flow)
    return float(bench.documents / bench.stats()["seconds"])


SCENARIOS = [
    Scenario("sync", "approvals to e-cology against a plain thread pool", sync),
    Scenario("once", "the sync for half a minute, as load", once),
    Scenario("many", "10,000 documents in one run", many),
    Scenario("ledger", "throughput with a large ledger", ledger),
]
