"""``manage.py new_integration NAME``: the folder of a new integration, with tests that fail until it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.catalog.skeleton_files import write_integration
from core.errors import ConfigurationError


class Command(BaseCommand):
    help = "Write integrations/NAME and tests/integrations/NAME: connector, client, flow type, template, README."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="module name, e.g. acme")
        parser.add_argument("--label", default="", help="what the console calls the system")
        parser.add_argument("--root", default=str(settings.BASE_DIR), help="folder of the project")

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(options["root"])
        try:
            files = write_integration(options["name"], options["label"], root)
        except ConfigurationError as error:
            raise CommandError(error.message) from error
        for file in files:
            self.stdout.write(f"written   {file.relative_to(root)}")
        name = options["name"]
        self.stdout.write(
            f'Now add "integrations.{name}" to INSTALLED_APPS in config/settings.py, and write until\n'
            f"  python -m pytest tests/integrations/{name}\n"
            "is green. Record real requests and answers first."
        )
