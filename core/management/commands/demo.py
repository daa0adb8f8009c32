"""``manage.py demo [--once]``: sandbox, web server and worker, and every flow driven once."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

FLAG = "B1FLOW_DEMO"


class Command(BaseCommand):
    help = "Show everything at work against the sandbox, from an empty database of the demonstration's own."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when every flow was driven; 0 = all was right")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--sandbox-port", type=int, default=9100)

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.VAR_DIR) / "demo" if FLAG not in os.environ else Path(settings.VAR_DIR)
        if FLAG not in os.environ:
            self._again_with_own_database(folder)
        self._demo(folder, options)

    def _again_with_own_database(self, folder: Path) -> None:
        """The demonstration never touches the installation's database: start again with an own, empty one."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*.sqlite3*"):
            file.unlink()
        database = os.environ.get("DEMO_DATABASE_URL", f"sqlite:///{folder / 'b1flow.sqlite3'}")
        os.environ.update({FLAG: "1", "VAR_DIR": str(folder), "DATABASE_URL": database})
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - ourselves

    def _demo(self, folder: Path, options: dict[str, Any]) -> None:
        from core.demo.processes import Processes, free_port

        processes = Processes(folder)
        port, sandbox_port = free_port(options["port"]), free_port(options["sandbox_port"])
        sandbox, web = f"http://127.0.0.1:{sandbox_port}", f"http://127.0.0.1:{port}"
        try:
            right = self._started(processes, sandbox, web, port, sandbox_port, folder)
            if not options["once"]:
                self._serve(web, sandbox)
        except KeyboardInterrupt:
            self.stdout.write("\nstopping")
            right = True
        finally:
            processes.stop()
        if not right:
            sys.exit(1)

    def _started(self, processes: Any, sandbox: str, web: str, port: int, sandbox_port: int, folder: Path) -> bool:
        from django.core.management import call_command

        from core.demo import driver, show
        from core.demo.steps import Demo
        from core.models import Tenant

        started = time.monotonic()
        database = str(folder / "sandbox.sqlite3")
        processes.start("sandbox", "-m", "sandbox", "--port", str(sandbox_port), "--db", database, "--fresh")
        self._say("preparing the database")
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        processes.wait_for("sandbox", f"{sandbox}/")
        self._say("loading templates, applying the demonstration's configuration")
        driver.prepare(sandbox, web)
        workers = ("--workers", "2", "--threads", "4", "--bind", f"127.0.0.1:{port}")
        processes.start("web", "-m", "gunicorn", "config.wsgi", *workers, PUBLIC_BASE_URL=web)
        processes.start("worker", "manage.py", "worker")
        processes.wait_for("web", f"{web}/healthz")
        demo = Demo(Tenant.objects.get(slug=driver.TENANT), sandbox, web)
        lines = driver.drive(demo, self._say)
        self.stdout.write("\n" + show.table(lines))
        wrong = [line for line in lines if line.problem]
        took = time.monotonic() - started
        self.stdout.write(f"\n{len(lines) - len(wrong)} of {len(lines)} steps right, {took:.0f} s")
        return bool(lines) and not wrong

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _serve(self, web: str, sandbox: str) -> None:
        from core.demo import driver

        self.stdout.write(f"\nconsole: {web}/   user {driver.USER}, password {driver.PASSWORD}")
        self.stdout.write(f"sandbox: {sandbox}/   (what is in the ERP and the other systems; approve, refuse, break)")
        self.stdout.write("Ctrl-C ends it all")
        self.stdout.flush()
        while True:
            time.sleep(3600)
