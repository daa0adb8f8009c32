"""Settings and action inputs of the ERP's two connectors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.connectors.base import SecretField
from core.structure import StructureField


class TrimmedField(forms.CharField):
    """Text without blanks around it: the seed's sample database name ends with one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=True, **options)


class LoginSettings(forms.Form):
    """What both services log in with."""

    company_db = TrimmedField(
        label=_("Company database"), max_length=100, help_text=_("Exactly as in the ERP's login window.")
    )
    username = TrimmedField(
        label=_("User"), max_length=100, help_text=_("With the domain where there is one: DOMAIN\\user.")
    )
    password = SecretField(label=_("Password"), max_length=200, strip=False)


class ServiceLayerSettings(LoginSettings):
    """The Service Layer's own."""

    field_order = ("company_db", "username", "password")

    language = forms.IntegerField(
        label=_("Language of messages"),
        initial=15,
        min_value=1,
        max_value=99,
        help_text=_("15: Simplified Chinese, 3: English, 35: Traditional Chinese."),
    )
    sessions = forms.IntegerField(
        label=_("Sessions"),
        initial=4,
        min_value=1,
        max_value=16,
        help_text=_("Logins side by side: the ERP does the requests of one session one after the other."),
    )
    api_version = forms.ChoiceField(
        label=_("Interface version"), initial="v1", choices=[("v1", "v1 (OData 3)"), ("v2", "v2 (OData 4)")]
    )
    page_size = forms.IntegerField(
        label=_("Rows a page"),
        required=False,
        min_value=1,
        max_value=5000,
        help_text=_("Where a flow does not say its own. Empty: 100."),
    )


class QueryForm(forms.Form):
    """Read a list."""

    object = forms.CharField(label=_("Object"), initial="Items", help_text="Items, Drafts, Orders, U_TABLE ...")
    filter = forms.CharField(label="$filter", required=False)
    select = forms.CharField(label="$select", required=False)
    order = forms.CharField(label="$orderby", required=False)
    top = forms.IntegerField(label=_("Rows"), initial=20, min_value=1, max_value=500)


class ObjectForm(forms.Form):
    """One object."""

    object = forms.CharField(label=_("Object"))
    key = forms.CharField(label=_("Key"), help_text=_("16, a code, or CardCode=C1,ItemCode=I1 for a composite key."))


class GetForm(ObjectForm):
    """Read one object."""

    select = forms.CharField(label="$select", required=False)


FIELDS = _("Names as in the Service Layer; DocumentLines and the like are of type “list of lines”.")


class CreateForm(forms.Form):
    """Make an object."""

    object = forms.CharField(label=_("Object"))
    content = StructureField(label=_("Fields"), help_text=FIELDS)


class UpdateForm(ObjectForm):
    """Change an object."""

    content = StructureField(label=_("Fields"), help_text=FIELDS)


class ActionForm(ObjectForm):
    """Close, cancel ... an object."""

    name = forms.CharField(label=_("Action"), help_text="Close, Cancel, Reopen ...")


class SqlForm(forms.Form):
    """One statement; empty only shows whether the login works."""

    sql = forms.CharField(label="SQL", required=False, widget=forms.Textarea(attrs={"rows": 5}))
