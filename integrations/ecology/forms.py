"""Settings of the OA connection, and the inputs of its actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.connectors.base import SecretField
from core.errors import ConfigurationError
from core.flows.config import MapField
from core.structure import StructureField
from integrations.ecology.client import DEFAULT_SECONDS, TOKEN_URL
from integrations.ecology.public_key import PublicKey


class EcologySettings(forms.Form):
    """What the OA's administrator hands over."""

    appid = forms.CharField(
        label="appid", max_length=100, help_text=_("The licence id that the OA's administrator entered for us.")
    )
    userid = forms.CharField(
        label="userid",
        max_length=30,
        help_text=_("Number of the OA user under whom requests are created, e.g. 1. Not the login name."),
    )
    secret = SecretField(label="secret", max_length=200, help_text=_("As it was answered to the registration, plain."))
    spk = SecretField(label="spk", max_length=4000, help_text=_("The public key of the registration: MIIBIjANBg..."))
    systemid = forms.CharField(
        label="systemid",
        required=False,
        max_length=100,
        help_text=_("Only for master data: id of our system in the modelling interface."),
    )
    password = SecretField(
        label=_("Password of the systemid"),
        required=False,
        max_length=200,
        strip=False,
        help_text=_("Only for master data."),
    )
    token_url = forms.CharField(label=_("Token address"), required=False, initial=TOKEN_URL, max_length=200)
    token_seconds = forms.IntegerField(
        label=_("Token life (seconds)"), required=False, initial=DEFAULT_SECONDS, min_value=30, max_value=86400
    )
    extra_headers = MapField(
        label=_("Further headers"),
        help_text=_("One “name = value” a line, where a gateway before the OA wants some. Shown in clear."),
    )

    def clean(self) -> dict[str, Any]:
        """The key must be readable, and the secret must fit into it: said here, before any call."""
        values = super().clean() or {}
        if values.get("spk"):
            try:
                key = PublicKey(values["spk"])
            except ConfigurationError as error:
                self.add_error("spk", error.message)
            else:
                self._fits(key, "secret", values.get("secret") or "")
        return values

    def _fits(self, key: PublicKey, name: str, text: str) -> None:
        try:
            key.encrypt(text)
        except ConfigurationError as error:
            self.add_error(name, error.message)


class SaveDataForm(forms.Form):
    """创建/修改数据."""

    method = forms.CharField(label=_("Interface id (method)"))
    operator = forms.CharField(label=_("Operator"), help_text=_("OA user id."))
    main_table = StructureField(label=_("Columns"), help_text=_("With id the row is changed, without it made."))


class FindDataForm(forms.Form):
    """Rows of a modelling table."""

    method = forms.CharField(label=_("Interface id (method)"))
    operator = forms.CharField(label=_("Operator"), help_text=_("OA user id."))
    main_table = StructureField(label=_("Columns"), required=False, help_text=_("Values to look for."))


class CreateRequestForm(forms.Form):
    """创建流程."""

    workflow_id = forms.CharField(label=_("Workflow id"))
    title = forms.CharField(label=_("Title"))
    main_data = StructureField(label=_("Main table"), help_text=_("Database name and value of each field."))
    detail_data = StructureField(
        label=_("Detail tables"),
        required=False,
        help_text=_(
            "Name of each table (formtable_main_1356_dt1), of type “list of lines”, with its fields in each line."
        ),
    )


class RequestForm(forms.Form):
    """One request."""

    request_id = forms.CharField(label=_("Request id"))


class WithdrawForm(RequestForm):
    """Take a request back."""

    remark = forms.CharField(label=_("Remark"), required=False)


class WorkflowForm(forms.Form):
    """One workflow."""

    workflow_id = forms.CharField(label=_("Workflow id"))
