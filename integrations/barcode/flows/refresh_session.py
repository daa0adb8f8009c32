"""Keeps the DI API's sessions warm (seed 5.5.5.5 条码辅助流-刷新diapi缓存)."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy

from core.errors import B1FlowError
from core.flows.base import Document, Every, SyncFlow
from core.flows.context import FlowContext
from core.registry import register_flow
from integrations.barcode import companies
from integrations.barcode.flows.config import RefreshForm


@register_flow
class RefreshSession(SyncFlow):
    """A session ends after 30 idle minutes and the first scan in the morning would wait for a login. Moves nothing."""

    key, label = "barcode.refresh_session", gettext_lazy("Barcode: keep sessions alive")
    description = gettext_lazy("Uses the DI API's sessions from time to time, so that no scan waits for a login.")
    connections = {"sql": "erp.di_api"}
    schedule = Every(minutes=10)
    Config = RefreshForm
    marks = False
    repeatable = True

    def pull(self, ctx: FlowContext) -> Iterator[Document]:
        """No documents. One company's trouble does not keep the others from being refreshed; it fails the run."""
        problems: list[B1FlowError] = []
        for scope in companies.every(ctx):
            try:
                if scope.has("sql"):
                    scope.sql.keep_alive()
            except B1FlowError as error:
                problems.append(error)
        if problems:
            raise problems[0]
        return iter(())
