"""Settings of a DingTalk connection, and the inputs of its actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from core.callbacks.crypto import key_of
from core.connectors.base import SecretField
from core.errors import CallbackRejected
from core.structure import StructureField


class DingTalkSettings(forms.Form):
    """One app of one organisation (developer console: 应用开发)."""

    app_key = forms.CharField(
        label=_("AppKey (Client ID)"), max_length=100, help_text=_("App details, 凭证与基础信息: ding…")
    )
    app_secret = SecretField(label=_("AppSecret (Client Secret)"), max_length=200)
    agent_id = forms.CharField(
        label="AgentId",
        required=False,
        max_length=20,
        validators=[RegexValidator(r"^\d+$", _("A number."))],
        help_text=_("May be left empty; a wrong one makes DingTalk refuse every approval."),
    )
    corp_id = forms.CharField(
        label="CorpId",
        required=False,
        max_length=100,
        help_text=_("Only for callbacks that were registered by the old interface: their messages end with it."),
    )
    callback_token = SecretField(
        label=_("Callback token (签名 token)"),
        required=False,
        max_length=64,
        validators=[RegexValidator(r"^[A-Za-z0-9]{3,32}$", _("3 to 32 letters and digits."))],
        help_text=_("As entered at 事件订阅. Not needed for Stream mode."),
    )
    callback_aes_key = SecretField(
        label=_("Callback key (加密 aes_key)"),
        required=False,
        max_length=64,
        help_text=_("As entered at 事件订阅: 43 letters and digits. Not needed for Stream mode."),
    )
    callback_window_seconds = forms.IntegerField(
        label=_("Oldest callback (seconds)"),
        required=False,
        initial=0,
        min_value=0,
        max_value=86400,
        help_text=_("Callbacks whose timestamp is further from our clock are refused; 0: not looked at."),
    )
    login_api = forms.ChoiceField(
        label=_("Login"),
        required=False,
        initial="new",
        choices=[("new", _("New interface (/v1.0/oauth2/accessToken)")), ("old", _("Old interface (/gettoken)"))],
    )
    old_base_url = forms.CharField(
        label=_("Address of the old interface"),
        required=False,
        max_length=200,
        help_text=_(
            "Empty: https://oapi.dingtalk.com, or the connection's address where a gateway stands before both."
        ),
    )
    times = forms.ChoiceField(
        label=_("Times of approvals"),
        required=False,
        initial="utc",
        choices=[("utc", _("are UTC (as documented)")), ("local", _("are the tenant's time"))],
    )

    def clean_callback_aes_key(self) -> str:
        """43 characters that make a key."""
        value = str(self.cleaned_data.get("callback_aes_key") or "")
        if value:
            try:
                key_of(value)
            except CallbackRejected as error:
                raise forms.ValidationError(error.message) from None
        return value

    def clean_old_base_url(self) -> str:
        value = str(self.cleaned_data.get("old_base_url") or "").strip().rstrip("/")
        if value and not value.startswith(("http://", "https://")):
            raise forms.ValidationError(_("Begin with https://"))
        return value


class TemplateForm(forms.Form):
    """One approval template."""

    process_code = forms.CharField(label="process_code", help_text="PROC-…")


class CreateForm(TemplateForm):
    """创建流程."""

    originator_user_id = forms.CharField(label=_("Originator's user id"))
    dept_id = forms.IntegerField(label=_("Department"), initial=-1, help_text=_("-1: the organisation itself."))
    form_values = StructureField(
        label=_("Controls"), help_text=_("Title and value of each control; a table holds lines of its columns.")
    )
    more = StructureField(
        label=_("More"), required=False, help_text="approvers, ccList, ccPosition, targetSelectActioners"
    )


class InstanceForm(forms.Form):
    """One approval."""

    instance_id = forms.CharField(label=_("Approval instance"))


class ListForm(TemplateForm):
    """Approvals of a time."""

    days = forms.IntegerField(label=_("Days back"), initial=7, min_value=1, max_value=119)


class RemarkForm(InstanceForm):
    """An approval and a remark."""

    remark = forms.CharField(label=_("Remark"))
    user_id = forms.CharField(label=_("User id"), required=False)


class MobileForm(forms.Form):
    """A person by mobile number."""

    mobile = forms.CharField(label=_("Mobile number"))


class UserForm(forms.Form):
    """A person by user id."""

    user_id = forms.CharField(label=_("User id"))


class ForecastForm(TemplateForm):
    """Which approvers would come."""

    user_id = forms.CharField(label=_("Originator's user id"))
    dept_id = forms.IntegerField(label=_("Department"), initial=-1)
    form_values = StructureField(label=_("Controls"), required=False)


def given(inputs: dict[str, Any], name: str) -> dict[str, Any]:
    """A JSON object of the inputs; {} where it was left empty."""
    value = inputs.get(name)
    return value if isinstance(value, dict) else {}
