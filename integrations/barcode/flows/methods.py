"""The list of methods (seed 5.5.5.3 条码执行方法接口)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.flows.base import Rehearsal, Sample
from core.flows.context import FlowContext
from core.registry import register_flow
from integrations.barcode import methods
from integrations.barcode.flows.answering import BarcodeFlow
from integrations.barcode.flows.config import MethodsForm


@register_flow
class Methods(BarcodeFlow):
    """What barcode.save can do, for the barcode system's own screen."""

    key, label = "barcode.methods", gettext_lazy("Barcode: available methods")
    description = gettext_lazy("Tells the barcode system which documents it may make.")
    has_company = False
    Config = MethodsForm

    def samples(self, ctx: FlowContext) -> list[Sample]:
        """Callers send nothing."""
        return [Sample("example", _("Example"), {})]

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        return self.rehearsed_answer(ctx, sample)

    def handle(self, ctx: FlowContext, payload: Any) -> Any:
        return self.accept(ctx, {"value": [method.as_row() for method in methods.ALL]})
