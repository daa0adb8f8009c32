"""Signs of life of the background processes: the provider's. The queue's own tables are no page of the console."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.http import HttpRequest
from django_q import models as queue

from core.admin.base import ReadOnlyAdmin
from core.models import Beat

for _table in (queue.Schedule, queue.Success, queue.Failure, queue.OrmQ):
    with suppress(NotRegistered):
        admin.site.unregister(_table)


@admin.register(Beat)
class BeatAdmin(ReadOnlyAdmin):
    list_display = ["name", "at"]
    fields = ["name", "at", "detail"]
    ordering = ["name"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)
