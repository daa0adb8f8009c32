"""Global config (全局配置) of the four flows; names as in seed 2.5.5."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import ConfigurationError
from core.flows.config import ConfigForm, ListField, MapField, SyncConfig
from core.mapping.builtin import template_sources
from core.mapping.sources import reader
from integrations.erp.approvals import DecisionConfig, PushConfig

APPROVE_VALUES = ("Y", "1", "approved", "agree", "同意", "批准", "通过")
REFUSE_VALUES = ("N", "0", "rejected", "reject", "refuse", "退回", "拒绝", "不同意")
DEFAULT_FIELD = "DocEntry"


class MasterDataForm(SyncConfig):
    """ecology.push_master_data."""

    discover: ClassVar[dict[str, tuple[str, str]]] = {"object_type": ("erp", "objects")}

    object_type = forms.CharField(label=_("ERP object"), initial="Items", help_text=_("Items, BusinessPartners ..."))
    key_field = forms.CharField(
        label=_("Key field"), initial="ItemCode", help_text=_("ItemCode for items, CardCode for business partners.")
    )
    filter = forms.CharField(
        label=_("Further condition"), required=False, help_text=_("OData, e.g. Valid eq 'tYES'. Empty: none.")
    )
    select = forms.CharField(label=_("Fields to read"), required=False, help_text=_("With commas; empty: all."))
    page_size = forms.IntegerField(
        label=_("Documents a page"), initial=20, min_value=1, max_value=500, help_text=_("So many go in one call.")
    )
    synced_field = forms.CharField(
        label=_("Field for “synchronised”"), initial="U_ISSYN", help_text=_("ERP user field; Y = the OA has it.")
    )
    method = forms.CharField(
        label=_("Interface id (method)"), help_text=_("Of saveOrUpdateModeData, one for each table; from the OA.")
    )
    operator = forms.CharField(label=_("Operator"), help_text=_("OA user id under whom rows are written; from the OA."))
    detail_sources = MapField(
        label=_("Sources of the detail tables"),
        initial={"detail1": "BPAddresses"},
        help_text=_("detail1 = collection of the ERP object whose elements become its rows."),
    )

    def clean_key_field(self) -> str:
        """/ItemCode, as the workbench wrote it, is ItemCode."""
        return str(self.cleaned_data["key_field"]).lstrip("/").strip()


class ErpDocumentForm(ConfigForm):
    """ecology.create_erp_document."""

    discover: ClassVar[dict[str, tuple[str, str]]] = {"object_type": ("erp", "objects")}

    object_type = forms.CharField(
        label=_("ERP object"), initial="Orders", help_text=_("Orders, BusinessPartners, PurchaseOrders ...")
    )
    lines_name = forms.CharField(
        label=_("Lines"), initial="DocumentLines", required=False, help_text=_("Empty: the object has no lines.")
    )
    reference_field = forms.CharField(
        label=_("Field for the request id"),
        required=False,
        help_text=_(
            "ERP user field that takes the OA's request id. With it a lost answer is found again; without it a "
            "person must look."
        ),
    )


class PushApprovalForm(PushConfig):
    """ecology.push_approval."""

    field_order = (
        "workflow_id", "request_name", "filter", "detail_table", "synced_field", "request_id_field", "select",
        "draft_set", "lines_name",
    )  # fmt: skip
    discover: ClassVar[dict[str, tuple[str, str]]] = {**PushConfig.discover, "workflow_id": ("oa", "workflows")}

    filter = forms.CharField(
        label=_("Which drafts"),
        initial="DocObjectCode eq '1470000113'",
        help_text=_("OData; 1470000113: purchase request, 67: stock transfer, 22: purchase order ..."),
    )
    select = forms.CharField(label=_("Fields to read"), required=False, help_text=_("With commas; empty: all."))
    synced_field = forms.CharField(label=_("Field for “synchronised”"), initial="U_ISSYN")
    request_id_field = forms.CharField(
        label=_("Field for the request id"), initial="U_REQUESTID", help_text=_("ERP user field of the draft.")
    )
    request_name = forms.CharField(
        label=_("Title of the request"),
        initial="采购申请 {DocEntry}",
        max_length=200,
        help_text=_("Fields of the draft stand in braces. Without any, the draft's number is added."),
    )
    workflow_id = forms.CharField(
        label=_("Workflow id"), help_text=_("The workflow's id in the OA, one for each document type.")
    )
    detail_table = forms.CharField(
        label=_("Detail table"),
        required=False,
        help_text=_("Database name of the form's detail table, e.g. formtable_main_1356_dt1. Empty: no lines."),
    )

    def clean_request_name(self) -> str:
        """Braces must be pairs; a title without a field gets the draft's number, so that it can be found again."""
        text = str(self.cleaned_data["request_name"])
        try:
            fields = list(template_sources(text))
            for field in fields:
                reader(field)
        except (ValueError, ConfigurationError) as error:
            raise forms.ValidationError(str(error), code="invalid") from None
        return text if fields else f"{text} {{{DEFAULT_FIELD}}}"


class ReceiveDecisionForm(DecisionConfig):
    """ecology.receive_decision."""

    request_id_field = forms.CharField(
        label=_("Field for the request id"),
        initial="U_REQUESTID",
        help_text=_("Asked only for requests that this platform did not make."),
    )
    approve_values = ListField(label=_("Words for approved"), initial=APPROVE_VALUES)
    refuse_values = ListField(label=_("Words for refused"), initial=REFUSE_VALUES)

    def clean(self) -> dict[str, Any]:
        """No word may mean both; none at all decides nothing."""
        values = super().clean() or {}
        approve, refuse = (
            {word.casefold() for word in values.get(n) or ()} for n in ("approve_values", "refuse_values")
        )
        if both := approve & refuse:
            self.add_error("refuse_values", _("means approved already: %s") % ", ".join(sorted(both)))
        for name, words in (("approve_values", approve), ("refuse_values", refuse)):
            if not words and name not in self.errors:
                self.add_error(name, _("Enter at least one word."))
        return values
