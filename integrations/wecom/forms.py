"""Settings of the WeCom connection, and the inputs of its actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.callbacks.crypto import key_of
from core.connectors.base import SecretField
from core.errors import CallbackRejected
from core.structure import LIST, StructureField


class WeComSettings(forms.Form):
    """What the WeCom administrator hands over (seed 6.5.2)."""

    corp_id = forms.CharField(
        label=_("Corp id (企业ID)"), max_length=64, help_text=_("我的企业 → 企业信息 → 企业ID; starts with ww.")
    )
    agent_id = forms.CharField(
        label="AgentId",
        max_length=20,
        required=False,
        help_text=_("Of the app whose secret is used; shown on the app's page. Only the connection test needs it."),
    )
    corp_secret = SecretField(
        label="Secret",
        max_length=200,
        help_text=_(
            "Of a self-built app that is named in 审批 → API → 可调用接口的应用, or of the approval app itself where "
            "the corp still has one."
        ),
    )
    callback_token = SecretField(
        label=_("Token of the callback"),
        max_length=32,
        required=False,
        help_text=_("审批 → API → 接收事件服务器. Only for flows that receive decisions."),
    )
    callback_aes_key = SecretField(
        label=_("EncodingAESKey of the callback"),
        max_length=60,
        required=False,
        help_text=_("43 letters and digits, from the same page."),
    )
    callback_window = forms.IntegerField(
        label=_("Tolerated age of a callback (seconds)"),
        required=False,
        initial=0,
        min_value=0,
        max_value=86400,
        help_text=_("Callbacks whose timestamp is further from our clock are refused. 0: not looked at."),
    )

    def clean_callback_aes_key(self) -> str:
        """Said here rather than at the first callback."""
        key = str(self.cleaned_data["callback_aes_key"] or "")
        if key:
            try:
                key_of(key)
            except CallbackRejected as error:
                raise forms.ValidationError(error.message, code="invalid") from None
        return key

    def clean(self) -> dict[str, Any]:
        """Token and key belong together."""
        values = super().clean() or {}
        for name, other in (("callback_token", "callback_aes_key"), ("callback_aes_key", "callback_token")):
            if values.get(name) and not values.get(other) and other not in self.errors:
                self.add_error(other, _("Token and EncodingAESKey belong together: enter both."))
        return values


class TemplateForm(forms.Form):
    """One approval template."""

    template_id = forms.CharField(label=_("Template id"), help_text=_("From the address of the template's edit page."))


class ApprovalForm(forms.Form):
    """One approval."""

    sp_no = forms.CharField(label=_("Approval number"))


class ListForm(forms.Form):
    """Approvals of the last days."""

    template_id = forms.CharField(label=_("Template id"), required=False)
    days = forms.IntegerField(label=_("Days"), initial=1, min_value=1, max_value=90)


class SubmitForm(TemplateForm):
    """发起审批."""

    creator_userid = forms.CharField(label=_("Applicant (user id)"))
    form = StructureField(label=_("Controls"), help_text=_("Title and value of each control."))
    table = StructureField(
        root=LIST,
        label=_("Rows of the table"),
        required=False,
        help_text=_("Each line: title and value of its columns."),
    )
    summary = forms.CharField(label=_("Summary"), required=False, max_length=60)


class UserForm(forms.Form):
    """One member."""

    userid = forms.CharField(label=_("User id"))


class MobileForm(forms.Form):
    """A member by mobile number."""

    mobile = forms.CharField(label=_("Mobile number"))
