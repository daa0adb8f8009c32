"""Global config (全局配置) of the flows; names as in seed 6.5.4.3."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from core.flows.config import ConfigForm, ListField, SyncConfig
from core.mapping.builtin import template_sources
from integrations.erp.approvals import DecisionConfig, PushConfig

NOTIFY_TYPES = [("1", _("When submitted")), ("2", _("When approved")), ("3", _("Both"))]


class ApproverSource(forms.ChoiceField):
    """1 or 0 as the interface has it; true and false mean the same."""

    WORDS: ClassVar[dict[str, str]] = {"true": "1", "yes": "1", "on": "1", "false": "0", "no": "0", "off": "0"}

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        return self.WORDS.get(text.lower(), text)


class SubmitConfig(SyncConfig):
    """What both push flows have: the form, the applicant, the approvers."""

    template_id = forms.CharField(
        label=_("WeCom template id"),
        max_length=120,
        help_text=_("The template's id: the end of the address of its edit page in the console."),
    )
    creator_fallback = forms.CharField(
        label=_("Applicant where the user is unknown"),
        required=False,
        help_text=_("WeCom user id. Empty: a document whose ERP user is unknown in WeCom is refused."),
    )
    user_id_field = forms.CharField(
        label=_("ERP user's field with the WeCom user id"),
        initial="FaxNumber",
        required=False,
        help_text=_("Asked where the people table does not know the ERP user."),
    )
    use_template_approver = ApproverSource(
        label=_("Approvers"),
        initial="1",
        choices=[("1", _("Those of the template")), ("0", _("Those named below"))],
        help_text=_("A template's flow must have no step whose approver the applicant chooses."),
    )
    approvers = ListField(
        label=_("Approvers by name"),
        help_text=_("One step an entry, in order: user ids; a|b: one of them, a&b: all of them."),
    )
    notifyers = ListField(label=_("Also told (抄送)"), help_text=_("User ids; only without the template's approvers."))
    notify_type = forms.ChoiceField(label=_("Told"), initial="1", choices=NOTIFY_TYPES)

    def clean(self) -> dict[str, Any]:
        """Without the template's flow there must be one of our own; braces of the summary are pairs."""
        values = super().clean() or {}
        if values.get("use_template_approver") == "0" and not values.get("approvers"):
            self.add_error("approvers", _("Name the approvers, or use those of the template."))
        try:
            list(template_sources(str(values.get("summary") or "")))
        except ValueError as error:
            self.add_error("summary", str(error))
        return values


class PushDraftForm(SubmitConfig, PushConfig):
    """wecom.push_draft."""

    filter = forms.CharField(
        label=_("Which drafts"),
        initial="DocObjectCode eq '1470000113'",
        required=False,
        help_text=_("OData; 1470000113: purchase request, 60: goods issue, 59: goods receipt, 67: stock transfer ..."),
    )
    synced_field = forms.CharField(
        label=_("Field for “synchronised”"), initial="U_SyncStatus", help_text=_("ERP user field; Y = WeCom has it.")
    )
    stage_approver_ids = ListField(
        label=_("Stage approvers (ERP user ids)"),
        help_text=_("ERP users: a draft is sent only while one of them has to decide. Empty: at every stage."),
    )
    summary = forms.CharField(
        label=_("Summary"),
        initial="申请理由: {Remarks}",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Up to three lines of 20 characters; fields of the approval request and the draft in braces."),
    )

    def clean_stage_approver_ids(self) -> list[str]:
        """Numbers as ApprovalRequestLines.UserID has them."""
        ids: list[str] = self.cleaned_data["stage_approver_ids"]
        wrong = [each for each in ids if not each.isascii() or not each.isdigit()]
        if wrong:
            message = _("%(ids)s: the ERP's internal user numbers are meant, not names")
            raise forms.ValidationError(message, params={"ids": ", ".join(wrong)}, code="invalid")
        return ids


class PushDocumentForm(SubmitConfig):
    """wecom.push_document."""

    discover: ClassVar[dict[str, tuple[str, str]]] = {"object_type": ("erp", "objects")}

    object_type = forms.CharField(
        label=_("ERP object"), help_text=_("A user object (EXCESSISSUE) or PurchaseRequests, Orders ...")
    )
    filter = forms.CharField(label=_("Further condition"), required=False, help_text=_("OData. Empty: none."))
    select = forms.CharField(label=_("Fields to read"), required=False, help_text=_("With commas; empty: all."))
    key_field = forms.CharField(label=_("Key field"), initial="DocEntry", help_text=_("The key in the ERP."))
    number_field = forms.CharField(
        label=_("Number field"),
        initial="DocNum",
        help_text=_("What the control 单据编号 carries; a mapping row must send it."),
    )
    lines_name = forms.CharField(
        label=_("Lines"), required=False, help_text=_("Collection of the lines, e.g. EXCESSISSUELINESCollection.")
    )
    user_field = forms.CharField(
        label=_("Field with the ERP user"), initial="UserSign", required=False, help_text=_("Who submits in WeCom.")
    )
    synced_field = forms.CharField(label=_("Field for “synchronised”"), initial="U_SyncStatus")
    date_field = forms.CharField(
        label=_("Field with the day of creation"),
        required=False,
        help_text=_("For “only documents since”. Empty: CreationDate of documents, CreateDate of user objects."),
    )
    page_size = forms.IntegerField(label=_("Documents a page"), initial=20, min_value=1, max_value=1000)
    attachments = forms.CharField(
        label=_("Control for attachments"),
        required=False,
        help_text=_("The document's files go into this control of the form; empty: they stay in the ERP."),
    )
    summary = forms.CharField(
        label=_("Summary"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Up to three lines of 20 characters; fields of the document in braces. Empty: form and number."),
    )
    reconcile_minutes = forms.IntegerField(
        label=_("Ask for missing decisions every (minutes)"),
        initial=5,
        min_value=0,
        max_value=1440,
        help_text=_("For approvals whose callback never came; 0: off."),
    )


class DecideDraftForm(DecisionConfig):
    """wecom.decide_draft."""

    key_control = forms.CharField(
        label=_("Control with the draft's number"),
        initial="草稿单号",
        help_text=_("Title or id. Asked only for approvals that this platform did not submit itself."),
    )


class DecideDocumentForm(ConfigForm):
    """wecom.decide_document."""

    discover: ClassVar[dict[str, tuple[str, str]]] = {"object_type": ("erp", "objects")}

    object_type = forms.CharField(label=_("ERP object"), help_text=_("As in the flow that sends it."))
    key_control = forms.CharField(
        label=_("Control with the document's number"),
        initial="单据编号",
        help_text=_("Title or id. Asked only for approvals that this platform did not submit itself."),
    )
    number_field = forms.CharField(label=_("Number field"), initial="DocNum", help_text=_("What that control carries."))
    key_field = forms.CharField(label=_("Key field"), initial="DocEntry", help_text=_("The key in the ERP."))
    status_field = forms.CharField(
        label=_("Field for the decision"), initial="U_ApprovalStatus", help_text=_("ERP user field.")
    )
    approved_value = forms.CharField(label=_("Its value when approved"), initial="Y")
    refused_value = forms.CharField(label=_("Its value when refused"), initial="N")
    on_withdrawn = forms.ChoiceField(
        label=_("Withdrawn by the originator"),
        initial="refuse",
        choices=[("refuse", _("Refuse in the ERP")), ("ignore", _("Ignore"))],
    )
