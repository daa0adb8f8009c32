"""The global config of DingTalk's flow types."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from core.flows.config import ConfigForm, ListField
from integrations.dingtalk.flows.approvers import ActionersField, ApproversField
from integrations.erp.approvals import DecisionConfig, PushConfig

SOURCE_NUMBER = "来源单号"


class PushApprovalForm(PushConfig):
    """Of dingtalk.push_approval."""

    discover: ClassVar[dict[str, tuple[str, str]]] = {**PushConfig.discover, "process_code": ("oa", "templates")}

    object_type_code = forms.CharField(
        label=_("Document type in the ERP"),
        initial="1470000113",
        max_length=20,
        help_text=_("1470000113 purchase request, 59 goods receipt, 60 goods issue, 67 stock transfer …"),
    )
    filter = forms.CharField(
        label=_("Further condition on the approval requests"),
        required=False,
        help_text=_("OData on ApprovalRequests, e.g. CurrentStage eq 3."),
    )
    process_code = forms.CharField(
        label=_("Approval template (process code)"),
        max_length=100,
        help_text=_("PROC-… from the address of the template's edit page."),
    )
    originator_user_id = forms.CharField(
        label=_("Originator"),
        required=False,
        max_length=100,
        help_text=_("DingTalk user id in whose name approvals start where the submitter's is not known."),
    )
    originator_from = forms.CharField(
        label=_("User field with the DingTalk user id"),
        required=False,
        max_length=50,
        help_text=_("A field of the ERP user, e.g. U_DingUserId; empty: always the originator above."),
    )
    dept_id = forms.IntegerField(
        label=_("Originator's department"),
        initial=-1,
        help_text=_("-1: the organisation itself. An originator outside it starts from a department of his own."),
    )
    source_number_control = forms.CharField(
        label=_("Control for the source number"),
        initial=SOURCE_NUMBER,
        max_length=100,
        help_text=_("A text control of the form; it carries the number of the approval request."),
    )
    table_control = forms.CharField(
        label=_("Table control for the lines"), required=False, max_length=100, help_text=_("Empty: no lines.")
    )
    instance_id_field = forms.CharField(
        label=_("Draft field for the instance id"),
        required=False,
        max_length=50,
        help_text=_("A user field of the draft (64 characters); empty: not written back."),
    )
    approvers = ApproversField(
        label=_("Approvers"),
        help_text=_("Empty: the template's own flow. Else in order: user1, OR:user2|user3, AND:user4|user5."),
    )
    cc = ListField(label=_("Copy to"), help_text=_("User ids; ignored where the template's own flow is used."))
    cc_position = forms.ChoiceField(
        label=_("Copy when"),
        initial="FINISH",
        required=False,
        choices=[("START", _("at the start")), ("FINISH", _("at the end")), ("START_FINISH", _("at both"))],
    )
    select_actioners = ActionersField(
        label=_("Approvers chosen by the applicant"),
        help_text=_("actionerKey = user1, user2. The connection's action “Which approvers would come” shows the keys."),
    )


class DecideDraftForm(DecisionConfig):
    """Of dingtalk.decide_draft."""

    source_number_control = forms.CharField(
        label=_("Control with the source number"),
        initial=SOURCE_NUMBER,
        max_length=100,
        help_text=_("Read only for approvals that this platform did not start itself."),
    )


class SpecialPriceForm(ConfigForm):
    """Of dingtalk.save_special_price."""

    table_control = forms.CharField(
        label=_("Table control"), required=False, max_length=100, help_text=_("Empty: the form itself is one price.")
    )
    look_back_days = forms.IntegerField(
        label=_("Look for missed approvals of the last (days)"),
        initial=14,
        min_value=0,
        max_value=119,
        help_text=_("Every five minutes, for approvals whose callback never came; 0: off."),
    )
