"""``manage.py load_templates``: the shipped flow templates into the provider's tenant."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.catalog import templates
from core.errors import ConfigurationError


class Command(BaseCommand):
    help = "Load the flow templates of the installed integrations; a changed one becomes a new version."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = templates.load_shipped()
        except ConfigurationError as error:
            raise CommandError(f"nothing was loaded\n{error.message}") from error
        if options["verbosity"] == 0:
            return
        for each in loaded:
            if each.outcome != "unchanged":
                self.stdout.write(f"{each.outcome:<9} {each.template.slug} v{each.template.version}")
        counts = Counter(each.outcome for each in loaded)
        self.stdout.write(", ".join(f"{counts[outcome]} {outcome}" for outcome in ("created", "changed", "unchanged")))
