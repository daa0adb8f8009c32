"""The global config of the MES's flows."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.flows.config import ListField, MapField, SyncConfig

FACTOR = re.compile(r"(?:(?P<factor>\d+(?:\.\d+)?)\s+)?(?P<unit>\S.*)")
OVERLAP = _(
    "Each run reads this much further back than the newest record it knows: as long as a record may take from its time "
    "stamp until it can be read. What was read before is not sent again."
)
TOLERANCE = _("And this much more: as far as the clock over there may be set back. Small costs: only reading.")


class WindowConfig(SyncConfig):
    """What flows with a cursor have."""

    overlap_seconds = forms.IntegerField(
        label=_("Overlap (seconds)"), initial=120, min_value=0, max_value=86_400, help_text=OVERLAP
    )
    clock_tolerance_seconds = forms.IntegerField(
        label=_("Clock tolerance (seconds)"), initial=600, min_value=0, max_value=86_400, help_text=TOLERANCE
    )


class PushItemsForm(WindowConfig):
    """mes.push_items."""

    filter = forms.CharField(
        label=_("Filter"), required=False, help_text=_("OData condition of the items, e.g. InventoryItem eq 'tYES'.")
    )
    select = forms.CharField(
        label=_("Fields to read"),
        required=False,
        help_text=_("Names with commas, for speed; all that the mapping reads must be among them. Empty: all fields."),
    )
    page_size = forms.IntegerField(label=_("Rows a page"), initial=100, min_value=1, max_value=1000)
    defaults = MapField(  # type: ignore[assignment]  # a field never becomes an attribute of the form's class
        label=_("Fixed values"),
        initial={"bizType": "默认", "manufactureQualityStatus": "合格"},
        help_text=_("Fields of the material that no mapping row fills, one “name = value” a line."),
    )


class PushWorkOrdersForm(SyncConfig):
    """mes.push_work_orders."""

    filter = forms.CharField(
        label=_("Filter"),
        required=False,
        initial="ProductionOrderStatus eq 'R' or ProductionOrderStatus eq 'C'",
        help_text=_("OData condition of the production orders: R released, C cancelled, L closed."),
    )
    synced_field = forms.CharField(label=_("Field “synchronised”"), initial="U_SyncStatus")
    flag_field = forms.CharField(
        label=_("Field “our own change”"),
        initial="U_SyncFlag",
        help_text=_("Tells the ERP's stored procedure that the change is our mark, see the README."),
    )
    number_field = forms.CharField(
        label=_("Field of the work order's code"),
        initial="AbsoluteEntry",
        help_text=_(
            "Must be the same as in the flow that receives production. AbsoluteEntry is unique, numbers may not be."
        ),
    )
    page_size = forms.IntegerField(label=_("Rows a page"), initial=50, min_value=1, max_value=1000)
    close_reason = forms.CharField(label=_("Reason of closing"), initial="ERP取消", required=False, max_length=200)
    close_type = forms.TypedChoiceField(
        label=_("Kind of closing"), coerce=int, initial=1, choices=[(1, _("Normal")), (2, _("Abnormal"))]
    )
    update_by = forms.ChoiceField(
        label=_("Change existing orders by"),
        initial="edit",
        choices=[("edit", _("Editing (编辑生产工单)")), ("import", _("Importing again (创建生产工单)"))],
    )


class PullReceiptsForm(WindowConfig):
    """mes.pull_receipts."""

    since = forms.DateField(
        label=_("Only reports since"),
        required=False,
        help_text=_("Empty: since the flow was first switched on. A day entered later: begins there once more."),
    )

    last_process_only = forms.BooleanField(label=_("Only the last process"), required=False, initial=True)
    qc_statuses = ListField(
        label=_("Quality states"),
        initial=["1", "2"],
        required=True,
        help_text=_(
            "1 合格, 2 让步合格, 3 待检, 4 不合格. A report in another state is received when it changes to one."
        ),
    )
    recheck_days = forms.IntegerField(
        label=_("Ask again for (days)"),
        initial=30,
        min_value=0,
        max_value=365,
        help_text=_("So long reports in another quality state are asked about."),
    )
    inbound_type = forms.CharField(
        label=_("Kind of receipt"), initial="1", required=False, help_text=_("Goes into U_InboundType. Empty: nowhere.")
    )
    base_type = forms.IntegerField(label=_("Type of the base document"), initial=202)
    number_field = forms.CharField(
        label=_("Field of the work order's code"),
        initial="AbsoluteEntry",
        help_text=_("As in the flow that sends the production orders."),
    )
    report_id_field = forms.CharField(
        label=_("Field of the report's id"),
        initial="U_MESReportId",
        required=False,
        help_text=_(
            "A user field of the goods receipt. By it a receipt whose answer was lost is found again. Empty: such a "
            "receipt waits for a person."
        ),
    )
    units = MapField(
        label=_("Units"),
        help_text=_("Where the MES's unit is not the ERP's: one “MES unit = ERP unit” a line, or “箱 = 12 个”."),
    )
    parallel = forms.IntegerField(
        label=_("Documents at the same time"),
        initial=4,
        min_value=1,
        max_value=64,
        help_text=_("Few: receipts of one item lock each other in the ERP. 1: strictly one after the other."),
    )

    def clean_qc_statuses(self) -> list[int]:
        """Numbers 1 to 4."""
        given: list[str] = self.cleaned_data["qc_statuses"]
        if not all(text in ("1", "2", "3", "4") for text in given):
            raise forms.ValidationError(_("Quality states are numbers from 1 to 4."))
        return sorted({int(text) for text in given})

    def clean_units(self) -> dict[str, Any]:
        """Each value is a unit, or a factor and a unit."""
        given: dict[str, str] = self.cleaned_data["units"]
        for name, text in given.items():
            factor, unit = unit_of(text)
            if not unit or factor <= 0:
                raise forms.ValidationError(_("“%(line)s”: write a unit, or a number and a unit: 12 个."),
                                            params={"line": f"{name} = {text}"})  # fmt: skip
        return given


def unit_of(text: str) -> tuple[Decimal, str]:
    """ "12 个" -> (12, "个"); "kg" -> (1, "kg"); ("" for what is none)."""
    found = FACTOR.fullmatch(text.strip())
    if found is None:
        return Decimal(0), ""
    return Decimal(found["factor"] or 1), found["unit"].strip()
