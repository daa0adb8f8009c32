"""A model field whose value is encrypted in the database and plain in Python."""

from __future__ import annotations

from typing import Any

from django.db import models

from core.security import encryption


class EncryptedJSONField(models.TextField):
    """JSON value, encrypted at rest. Works in ``update()`` and ``bulk_create`` too (``get_prep_value``)."""

    _pyi_private_set_type: Any  # for the type checker: any JSON goes in and comes out
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else encryption.encrypt(value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else encryption.decrypt(value)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return ""  # never serialised
