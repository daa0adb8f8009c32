"""Global config (全局配置) of the barcode flows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.flows.config import ConfigForm, ListField, MapField
from core.structure import ANY, StructureField
from integrations.barcode import envelope
from integrations.barcode.companies import CONNECTORS

READ_ONLY, NAMED = "read_only", "named"
MOST_ROWS = 10_000
PLACES = [f"{{{name}}}" for name in envelope.NAMES]


class EnvelopeForm(ConfigForm):
    """How answers look."""

    envelope = StructureField(
        root=ANY,
        places=PLACES,
        label=_("Shape of the answers"),
        required=False,
        help_text=_(
            "Empty: the DI API's shape. Places: {code} {message} {data} {data.value} {timestamp} {success} "
            "{duplicate} {truncated} {retryable} {trace}."
        ),
    )
    error_envelope = StructureField(
        root=ANY,
        places=PLACES,
        label=_("Shape of refusals"),
        required=False,
        help_text=_("Empty: the same as other answers."),
    )

    def clean_envelope(self) -> Any:
        """Only places that answers have."""
        return _known_places(self.cleaned_data["envelope"])

    def clean_error_envelope(self) -> Any:
        """Only places that answers have."""
        return _known_places(self.cleaned_data["error_envelope"])


def _known_places(template: Any) -> Any:
    if unknown := envelope.unknown_names(template):
        words = _("unknown places: %(names)s; known: %(known)s")
        names = {"names": ", ".join(unknown), "known": ", ".join(envelope.NAMES)}
        raise forms.ValidationError(words, params=names, code="invalid")
    return template


class CompaniesForm(ConfigForm):
    """Several companies at one address."""

    companies = MapField(
        label=_("Further companies"),
        nested=True,
        help_text=_("One address for several companies: lines like SBODEMO2.sql = connection, SBODEMO2.erp = ..."),
    )

    @classmethod
    def connection_names(cls, config: dict[str, Any]) -> set[str]:
        return {name for slots in config["companies"].values() for name in slots.values() if name}

    def clean_companies(self) -> dict[str, dict[str, str]]:
        """Each company names its connections by slot."""
        found: dict[str, dict[str, str]] = {}
        for code, slots in self.cleaned_data["companies"].items():
            if not isinstance(slots, dict) or not slots or set(slots) - set(CONNECTORS):
                words = _("%(company)s: write %(company)s.erp = connection or %(company)s.sql = connection")
                raise forms.ValidationError(words, params={"company": code}, code="invalid")
            found[code] = {slot: str(name).strip() for slot, name in slots.items()}
        return found


class SqlForm(ConfigForm):
    """What SQL from outside may touch. Other schemas, the database's own views, users and licences: never."""

    allowed_procedures = ListField(label=_("Procedures that may be called"), initial=["TMDK"])
    allowed_tables = ListField(
        label=_("Only these tables"), help_text=_("Empty: all tables of the ERP and all user tables. * and ? work.")
    )
    denied_tables = ListField(label=_("Not these tables"), help_text=_("* and ? work."))
    own_views = ListField(
        label=_("Views of your own"), help_text=_("Names that are not the ERP's, e.g. V_STOCK. * and ? work.")
    )
    allowed_functions = ListField(label=_("Further functions"), help_text=_("Beside the database's usual ones."))


class QueryForm(SqlForm, CompaniesForm, EnvelopeForm):
    """barcode.query."""

    field_order = ("sql_policy", "statements", "max_rows", "allowed_procedures", "allowed_tables", "denied_tables")

    sql_policy = forms.ChoiceField(
        label=_("Which SQL"),
        initial=READ_ONLY,
        choices=[
            (READ_ONLY, _("One statement that only reads")),
            (NAMED, _("Only the statements saved here")),
        ],
    )
    statements = MapField(
        label=_("Saved statements"),
        help_text=_('name = SELECT ... WHERE "ItemCode" = :item. Called by {"name": ..., "params": {...}}.'),
    )
    max_rows = forms.IntegerField(
        label=_("Rows at most"),
        initial=MOST_ROWS,
        min_value=1,
        max_value=MOST_ROWS,
        help_text=_("More are cut off, and the answer says so."),
    )


class SaveForm(SqlForm, CompaniesForm, EnvelopeForm):
    """barcode.save."""

    field_order = ("reference_field", "request_key", "time_fields", "strict", "empty_user_fields")

    procedure_arguments = ListField(
        label=_("Values of the batch procedure"),
        initial=["ItemCode", "wareHouse", "Qty"],
        help_text=_("What {0}, {1}, {2} of InvertedBathSql are: columns of InvertedSql; Qty is the needed quantity."),
    )
    request_key = ListField(
        label=_("Fields that tell requests apart"),
        help_text=_("Of the request or its MainTable. Empty: requestId, else the whole request."),
    )
    time_fields = ListField(
        label=_("Fields with the time of the scan"),
        initial=["U_CZSJ"],
        help_text=_("With one of them an equal request is the same scan for 24 hours, without for 10 minutes."),
    )
    reference_field = forms.CharField(
        label=_("Field for the request"),
        required=False,
        max_length=50,
        help_text=_(
            "ERP field of the documents (U_... or NumAtCard) that takes a mark of the request. With it a lost answer "
            "is found again; without it a person must look."
        ),
    )
    strict = forms.BooleanField(
        label=_("Refuse unknown fields"), required=False, help_text=_("Else they are left out.")
    )
    empty_user_fields = forms.ChoiceField(
        label=_("Empty user fields"),
        initial="drop",
        choices=[("drop", _("Leave out")), ("null", _("Send as null")), ("keep", _("Send as they are"))],
    )


class MethodsForm(EnvelopeForm):
    """barcode.methods."""


class CompanyListForm(CompaniesForm, EnvelopeForm):
    """barcode.companies."""

    name_sql = forms.CharField(
        label=_("SQL for the company's name"),
        initial='select "CompnyName" from OADM',
        max_length=1000,
        help_text=_("Columns CompnyName and, where wanted, Version. When it fails, the configured name is answered."),
    )
    version = forms.CharField(label=_("Version"), required=False, max_length=20, help_text=_("Where the SQL has none."))
    db_type = forms.CharField(label=_("Database type"), initial="HANA", max_length=20)


class RefreshForm(CompaniesForm):
    """barcode.refresh_session."""
