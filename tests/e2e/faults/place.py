"""One installed platform: its database and environment, the processes that are started in it, its ledger."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from tests.e2e.faults.databases import Database
from tests.sandbox_server import ROOT, SandboxServer, free_port

CONFIGURATION = Path(__file__).with_name("flows.yaml")
APP_CODE = "the-app-code-of-the-fault-tests-0123456789"
KEYS = {"purchases": "1" * 32, "decisions": "2" * 32, "orders": "3" * 32, "other": "4" * 32}
SETTLE = 0.6  # seconds; see hooks.py
# As short as the machine allows; the relation of production: heartbeat <= (lease - call deadline) / 3.
TIMES = {"CALL_DEADLINE_SECONDS": "6", "LEASE_SECONDS": "15", "HEARTBEAT_SECONDS": "2"}


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit code, or the signal as a negative number; what it wrote."""

    code: int
    text: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def run(self) -> dict[str, Any]:
        """The JSON line of ``run_flow --json``."""
        lines = [line for line in self.text.splitlines() if line.startswith('{"run"')]
        assert lines, f"exit code {self.code}: {self.text[-3000:]}"
        return json.loads(lines[-1])


class Forker:
    """Talks to one ``tests.e2e.faults.forker``."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.folder = folder
        self._log = open(folder / "forker.log", "w")  # noqa: SIM115 - the child's standard error
        command = [sys.executable, "-m", "tests.e2e.faults.forker"]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, Path(self._log.name).read_text()[-3000:]
        return json.loads(line)

    def ask(self, **asked: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return self._read()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)
        self._log.close()


class Child:
    """A forked command that waits for ``go``."""

    def __init__(self, forker: Forker, pid: int, out: Path) -> None:
        self._forker, self.pid, self._out = forker, pid, out

    def go(self) -> Child:
        self._forker.ask(go=self.pid)
        return self

    def wait(self, seconds: float = 60) -> Ended:
        status = self._forker.ask(wait=self.pid, seconds=seconds)["status"]
        assert status is not None, f"still running after {seconds} s: {self._out.read_text()[-3000:]}"
        # A call of the last process that arrives late may kill this one before it opens its output.
        return Ended(status, self._out.read_text() if self._out.exists() else "")

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Wait until it stands still (SIGSTOP by the sandbox); it goes on after the block."""
        wait_until(lambda: psutil.Process(self.pid).status() == psutil.STATUS_STOPPED, 30)
        yield
        os.kill(self.pid, signal.SIGCONT)


class Place:
    """``settle``: seconds, None for the flow types' own. ``forker`` None: every command is started anew."""

    def __init__(
        self, database: Database, sandbox: SandboxServer, folder: Path, forker: Forker | None = None, **environ: str
    ) -> None:
        self.database, self.sandbox, self.folder, self.forker = database, sandbox, folder, forker
        self.environ = {"FAULTS_SETTLE_SECONDS": str(SETTLE), **TIMES, **environ}
        self.processes: list[subprocess.Popen[str]] = []
        self._count = 0

    # -- processes

    @property
    def environment(self) -> dict[str, str]:
        """Of a process that is started anew."""
        return environment(self.folder, self.database.url, {**self._secrets, **self.environ})

    @cached_property
    def _secrets(self) -> dict[str, str]:
        keys = self.sandbox._http.get(f"{self.sandbox.url}/ecology/keys", timeout=30).json()
        return {
            "SANDBOX": self.sandbox.url, "OA_APPID": keys["appid"], "OA_SECRET": keys["secret"], "OA_SPK": keys["spk"],
        }  # fmt: skip

    def fork(self, *arguments: str, **environ: str) -> Child:
        """A command that waits for ``go``; its clock settings are those of the place."""
        assert self.forker is not None
        self._count += 1
        out = self.folder / f"out-{Path(self.database.name).stem}-{self._count}.txt"
        given = {**self._secrets, **self.environ, **environ}
        times = {name: float(given[name]) for name in TIMES}
        asked = {"out": str(out), "environ": given, "settings": times, "database": self.database.name}
        return Child(self.forker, self.forker.ask(fork=list(arguments), **asked)["pid"], out)

    def manage(self, *arguments: str, seconds: float = 120, **environ: str) -> Ended:
        """``manage.py``, to its end."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env={**self.environment, **environ}, timeout=seconds, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return Ended(done.returncode, done.stdout)

    def start(self, *command: str, **environ: str) -> subprocess.Popen[str]:
        """A process that stays; ``close`` kills it."""
        log = open(self.folder / f"log-{len(self.processes)}.txt", "w")  # noqa: SIM115 - handed to the child
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env={**self.environment, **environ}, stdout=log, stderr=log, text=True
        )
        log.close()
        self.processes.append(process)
        return process

    def worker(self, *options: str, **environ: str) -> subprocess.Popen[str]:
        return self.start("manage.py", "worker", *options, **environ)

    def web(self) -> tuple[subprocess.Popen[str], str]:
        """gunicorn with one worker of four threads, and its address."""
        port = free_port()
        options = ("--workers", "1", "--threads", "4", "--bind", f"127.0.0.1:{port}")
        process = self.start("-m", "gunicorn", "config.wsgi", *options)
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: self.sandbox._http.get(f"{url}/healthz", timeout=5).ok, 60)
        return process, url

    def logs(self) -> str:
        """The ends of all logs."""
        return "\n".join(f"--- {file.name}\n{file.read_text()[-2000:]}" for file in sorted(self.folder.glob("log-*")))

    def close(self) -> None:
        for process in self.processes:
            kill_tree(process.pid)
            process.wait()

    # -- configuration and runs

    def apply(self, text: str = "", **values: Any) -> None:
        """flows.yaml with ``values`` for its {names}, or a text of the test's own."""
        file = self.folder / "apply.yaml"
        given = {"enabled": "true", "parallel": 8, "where": "DocEntry gt 0", "sessions": 4, **values}
        text = text or CONFIGURATION.read_text()
        for name, value in given.items():
            text = text.replace(f"<{name}>", str(value))
        file.write_text(text)
        ended = self.fork("apply", str(file)).go().wait() if self.forker else self.manage("apply", str(file))
        assert ended.code == 0, ended.text

    def run(self, flow: str, seconds: float = 60, **environ: str) -> Ended:
        """``run_flow`` to its end."""
        return self.fork("run_flow", "acme", flow, "--json", **environ).go().wait(seconds)

    def run_killed(self, flow: str, seconds: float = 60, *, vanishes: bool = False, **rule: Any) -> Ended:
        """``run_flow``; the sandbox kills it where ``rule`` says (sandbox/faults.py).

        ``vanishes``: that call has no effect; without, one that is killed before its effect has it a moment later.
        """
        child = self.fork("run_flow", "acme", flow, "--json")
        numbers = [self.sandbox.fault(**{"action": "kill", "pid": child.pid, **rule})]
        if vanishes:
            numbers.append(self.sandbox.fault(**{**rule, "action": "drop", "when": "before"}))
        try:
            return child.go().wait(seconds)
        finally:
            for number in numbers:
                self.sandbox.control("DELETE", "faults", id=number)

    def due(self, *flows: str) -> None:
        """The flows' next run is now (they are enabled with a schedule of their own)."""
        ago = "strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 second')"
        if self.database.url.startswith("postgres"):
            ago = "now() - interval '1 second'"
        names = ", ".join(f"'{flow}'" for flow in flows)
        self.database.rows(f"UPDATE core_flowinstance SET next_run_at = {ago} WHERE enabled AND name IN ({names})")

    # -- the ledger, read from outside

    def deliveries(self, flow: str = "") -> list[dict[str, Any]]:
        """Rows of the ledger, oldest first."""
        names = ("key", "state", "target_key", "attempt", "crashes", "failures", "mark_attempts", "error", "label")
        where = f"WHERE f.name = '{flow}'" if flow else ""
        columns = ", ".join(f"d.{name}" for name in names)
        sql = (
            f"SELECT {columns} FROM core_delivery d JOIN core_flowinstance f ON f.id = d.flow_id {where} ORDER BY d.id"
        )
        return [dict(zip(names, row, strict=True)) for row in self.database.rows(sql)]

    def states(self, flow: str = "") -> dict[str, int]:
        """{state: rows}."""
        counts: dict[str, int] = {}
        for row in self.deliveries(flow):
            counts[row["state"]] = counts.get(row["state"], 0) + 1
        return counts

    def decision(self, key: str) -> str:
        """Whether the decision on a document took effect."""
        return str(self.database.rows(f"SELECT decision_state FROM core_delivery WHERE key = '{key}'")[0][0])

    def messages(self) -> list[str]:
        """What the runs say, oldest first."""
        return [row[0] for row in self.database.rows("SELECT message FROM core_flowrun ORDER BY id")]

    def runs(self, status: str = "") -> int:
        """Runs, those of one status."""
        where = f" WHERE status = '{status}'" if status else ""
        return int(self.database.rows(f"SELECT count(*) FROM core_flowrun{where}")[0][0])

    # -- the pretended OA

    def oa(self, path: str, **body: Any) -> Any:
        """POST below /ecology/."""
        answer = self.sandbox._http.post(f"{self.sandbox.url}/ecology/{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()


def environment(folder: Path, database_url: str, more: dict[str, str]) -> dict[str, str]:
    """Nothing is inherited that the platform reads but PATH."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": os.environ.get("HOME", ""),
        "DJANGO_SETTINGS_MODULE": "tests.e2e.faults.settings",
        "DATABASE_URL": database_url,
        "VAR_DIR": str(folder),
        "SECRET_KEY": "the-first-secret-key-of-the-fault-tests",
        "FIELD_ENCRYPTION_KEYS": "the-first-field-key",
        "LANGUAGE_CODE": "en",
        "LOG_LEVEL": "WARNING",
        "PYTHONWARNINGS": "ignore",
        **more,
    }


def wait_until(test: Callable[[], Any], seconds: float, what: str = "") -> float:
    """Seconds until ``test()`` is true; what is not there counts as not yet."""
    started = time.monotonic()
    while True:
        with contextlib.suppress(OSError, psutil.Error, LookupError, ValueError):
            if test():
                return time.monotonic() - started
        assert time.monotonic() - started < seconds, f"{what or 'nothing'} after {seconds} s"
        time.sleep(0.05)


def kill_tree(pid: int) -> None:
    """SIGKILL to a process and all that descend from it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
