"""``manage.py apply FILE.yaml [--dry-run]``: configuration as code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.catalog.apply import apply_text
from core.errors import ConfigurationError


class Command(BaseCommand):
    help = "Make tenants, connections, flows ... what a YAML file says: all of it or, where it is wrong, nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the YAML file; - reads standard input")
        parser.add_argument("--dry-run", action="store_true", help="tell what would change, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        name, dry_run = options["file"], options["dry_run"]
        try:
            report = apply_text(_read(name), dry_run=dry_run, name=Path(name).name)
        except ConfigurationError as error:
            raise CommandError(f"nothing was changed\n{error.message}") from error
        if options["verbosity"] == 0:
            return
        for line in report.texts():
            self.stdout.write(line)
        if dry_run:
            self.stdout.write("dry run: nothing was changed")
            return
        for what, code in report.codes.items():
            self.stdout.write(f"{what}, shown only now: {code}")


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error
