"""``manage.py rotate_keys``: every stored secret under the first of FIELD_ENCRYPTION_KEYS.

Put the new key first and keep the old ones behind it, restart everything, run this, then take the old ones out.
It may be stopped and started again, and the platform may run meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models, transaction
from django.db.models.functions import Cast

from core.errors import ConfigurationError
from core.security import encryption
from core.security.fields import EncryptedJSONField


class Command(BaseCommand):
    help = "Re-encrypt all stored secrets with the first of FIELD_ENCRYPTION_KEYS."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=200, help="rows in one transaction")
        parser.add_argument("--dry-run", action="store_true", help="count only")

    def handle(self, *args: Any, **options: Any) -> None:
        broken: list[str] = []
        for model, field in encrypted_fields():
            done, current = 0, 0
            for pk, text in _texts(model, field, options["batch"]):
                if encryption.is_current(text):
                    current += 1
                    continue
                try:
                    encryption.decrypt(text)
                except ConfigurationError:
                    broken.append(f"{model.__name__} {pk} {field}")
                    continue
                done += options["dry_run"] or _replace(model, field, pk, text)
            self.stdout.write(f"{model.__name__}.{field}: {done} re-encrypted, {current} were current")
        if broken:
            listed = "\n".join(broken)
            raise CommandError(f"no key of FIELD_ENCRYPTION_KEYS opens these; keep looking for the old key:\n{listed}")


def encrypted_fields() -> list[tuple[type[models.Model], str]]:
    """(model, field) of everything that is encrypted at rest."""
    return [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedJSONField)
    ]


def _texts(model: type[models.Model], field: str, batch: int) -> Iterator[tuple[int, str]]:
    """(pk, encrypted text), ``batch`` rows a query; a row that is added meanwhile has the new key already."""
    rows = model._default_manager.annotate(stored=Cast(field, models.TextField())).order_by("pk")
    last = 0
    while True:
        found = list(rows.filter(pk__gt=last, stored__isnull=False).values_list("pk", "stored")[:batch])
        if not found:
            return
        yield from found
        last = found[-1][0]


def _replace(model: type[models.Model], field: str, pk: int, old: str) -> int:
    """1, or 0 where somebody saved the row meanwhile (with the new key)."""
    rows = model._default_manager.annotate(stored=Cast(field, models.TextField())).filter(pk=pk, stored=old)
    with transaction.atomic():
        return rows.update(**{field: models.Value(encryption.reencrypt(old), output_field=models.TextField())})
