"""Settings of the MES connection, and the inputs of its actions."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.connectors.base import SecretField
from core.errors import ConfigurationError
from core.flows.config import ListField, MapField
from core.structure import StructureField
from integrations.mes import endpoints
from integrations.mes.client import PAGE_SIZE


class BlacklakeSettings(forms.Form):
    """What the MES's administrator hands over (seed 4.4.2.4)."""

    factory_number = forms.CharField(
        label=_("Factory number"), max_length=50, help_text=_("factoryNumber, as shown in the MES's factory settings.")
    )
    app_key = SecretField(label="appKey", max_length=200)
    app_secret = SecretField(label="appSecret", max_length=200)
    generation = forms.ChoiceField(
        label=_("Login"),
        initial="1",
        choices=[("1", _("With the factory number (_refreshToken)")), ("2", _("Newer (_get_access_token)"))],
    )
    page_size = forms.IntegerField(
        label=_("Rows a page"), initial=PAGE_SIZE, min_value=1, max_value=PAGE_SIZE, required=False
    )
    auth_headers = ListField(
        label=_("Send the token in headers too"),
        help_text=_("It always travels in the query. Names of headers a gateway wants besides: access_token, X-AUTH."),
    )
    paths = MapField(
        label=_("Paths of interfaces"),
        help_text=_("Only where they differ: one “name = path” a line, e.g. work_order_import = api/... Case counts."),
    )

    def clean_paths(self) -> dict[str, str]:
        """Known interfaces only."""
        try:
            return endpoints.checked(self.cleaned_data["paths"])
        except ConfigurationError as error:
            raise forms.ValidationError(error.message) from None

    def clean_page_size(self) -> int:
        """Empty: the largest."""
        return self.cleaned_data["page_size"] or PAGE_SIZE

    def clean_auth_headers(self) -> list[str]:
        """Names only: a header with a blank or colon would break the request."""
        names: list[str] = self.cleaned_data["auth_headers"]
        for name in names:
            if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
                raise forms.ValidationError(_("“%(name)s” is not the name of a header."), params={"name": name})
        return names


class FieldsForm(forms.Form):
    """Any import."""

    content = StructureField(label=_("Fields"))


class MaterialForm(forms.Form):
    """One material."""

    code = forms.CharField(label=_("Material code"))


class OrderForm(forms.Form):
    """One work order."""

    code = forms.CharField(label=_("Work order code"))


class CloseForm(OrderForm):
    """Close a work order."""

    kind = forms.ChoiceField(label=_("Kind"), initial="1", choices=[("1", _("Normal")), ("2", _("Abnormal"))])
    reason = forms.CharField(label=_("Reason"), required=False)


class ReportsForm(forms.Form):
    """Reports of a time."""

    minutes = forms.IntegerField(label=_("Of the last minutes"), initial=60, min_value=1, max_value=100_000)
    order = forms.CharField(label=_("Work order code"), required=False)
