"""``manage.py bench [SCENARIO ...]``: figures against a baseline, in a database of the benchmark's own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

FLAG = "B1FLOW_BENCH"


class Command(BaseCommand):
    help = "Measure. BENCH_DATABASE_URL chooses the database (default: an empty SQLite file); it is emptied."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("scenarios", nargs="*", help="names; default: all")
        parser.add_argument("--rounds", type=int, default=5)
        parser.add_argument("--documents", type=int, default=1000)
        parser.add_argument("--rows", type=int, default=1_000_000, help="ledger rows of the scenario 'ledger'")
        parser.add_argument("--list", action="store_true", help="name the scenarios")

    def handle(self, *args: Any, **options: Any) -> None:
        if FLAG not in os.environ:
            self._again_with_own_database()
        from core.bench.running import Bench, scenarios

        known = {scenario.name: scenario for scenario in scenarios()}
        if options["list"]:
            self.stdout.write("\n".join(f"{s.name:14} {s.title}" for s in known.values()))
            return
        unknown = sorted(set(options["scenarios"]) - set(known))
        if unknown:
            raise CommandError(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
        with Bench(options, self._say) as bench:
            for name in options["scenarios"] or known:
                self._say(f"\n== {name}: {known[name].title} ({bench.database})")
                for line in known[name].run(bench):
                    self._say(line)

    def _again_with_own_database(self) -> None:
        folder = Path(settings.VAR_DIR) / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*.sqlite3*"):
            file.unlink()
        database = os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{folder / 'b1flow.sqlite3'}")
        os.environ.update({FLAG: "1", "VAR_DIR": str(folder), "DATABASE_URL": database, "LOG_LEVEL": "ERROR"})
        os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606 - ourselves

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
