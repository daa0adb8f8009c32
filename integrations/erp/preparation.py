"""User fields that flows need in the ERP: which are missing, which are not visible yet, and making them.

A new user field is visible to the Service Layer only after its restart (SAP manual, UserFieldsMD).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.errors import DocumentRejected, NotFound, OutcomeUnknown
from core.flows.base import UserField
from integrations.erp import odata
from integrations.erp.client import ServiceLayerClient
from integrations.erp.entities import same_fields
from integrations.erp.errors import ALREADY_EXISTS

CREATE_SECONDS = 120.0  # the ERP alters a table for it
PREFIX = "U_"


@dataclass(frozen=True)
class Preparation:
    """``missing``: to be made; ``hidden``: made, but the Service Layer was not restarted since."""

    missing: tuple[UserField, ...] = ()
    hidden: tuple[UserField, ...] = ()

    @property
    def ready(self) -> bool:
        return not self.missing and not self.hidden

    def words(self) -> list[str]:
        """What a person has to do."""
        lines = [
            _("The ERP lacks the user field %(field)s on %(table)s: make it on the connection's page.")
            % {"field": each.name, "table": each.table}
            for each in self.missing
        ]
        hidden = ", ".join(f"{each.table}.{each.name}" for each in self.hidden)
        if hidden:
            lines.append(_("Restart the Service Layer: it does not see %(fields)s yet.") % {"fields": hidden})
        return lines


def inspect(client: ServiceLayerClient, fields: Iterable[UserField]) -> Preparation:
    """Look for the fields. Those that are no user fields (without U_) are the ERP's own and not looked for."""
    wanted = list({(f.table, f.name): f for f in fields if f.name.startswith(PREFIX)}.values())
    if not wanted:
        return Preparation()
    known = _tables_by_field(client, wanted)
    missing = [f for f in wanted if not _exists(f, known)]
    seen = _visible(client, [f for f in wanted if f not in missing])
    hidden = [f for f in wanted if f not in missing and f not in seen]
    return Preparation(tuple(missing), tuple(hidden))


def problems(client: ServiceLayerClient, fields: Iterable[UserField]) -> list[str]:
    """For enable checks: what is missing, in words; [] when all is there."""
    return inspect(client, fields).words()


def create(client: ServiceLayerClient, fields: Sequence[UserField]) -> list[UserField]:
    """Make those that are missing; returns them. Raises DocumentRejected with the ERP's words."""
    made: list[UserField] = []
    for field in inspect(client, fields).missing:
        try:
            client.create("UserFieldsMD", _body(field), timeout=CREATE_SECONDS)
        except DocumentRejected as error:
            if error.code not in ALREADY_EXISTS:
                raise
        except OutcomeUnknown:
            if not _exists(field, _tables_by_field(client, [field])):
                raise
        made.append(field)
    if made:
        client.metadata(fresh=True)
    return made


def _body(field: UserField) -> dict[str, Any]:
    body: dict[str, Any] = {
        "Name": field.name.removeprefix(PREFIX),
        "Type": field.kind,
        "SubType": "st_None",
        "Description": (field.description or field.name)[:80],
        "TableName": field.table,
    }
    if field.kind == "db_Alpha":
        body["Size"] = body["EditSize"] = field.size
    if field.default:
        body["DefaultValue"] = field.default
    return body


def _tables_by_field(client: ServiceLayerClient, fields: Sequence[UserField]) -> dict[str, set[str]]:
    """{field name in capitals: tables that have it}."""
    names = sorted({field.name.removeprefix(PREFIX) for field in fields})
    found: dict[str, set[str]] = {}
    where = odata.one_of("Name", names)
    for row in client.query("UserFieldsMD", filter=where, select="TableName,FieldID,Name"):
        found.setdefault(f"{PREFIX}{row['Name']}".upper(), set()).add(str(row["TableName"]))
    return found


def _exists(field: UserField, known: dict[str, set[str]]) -> bool:
    return any(same_fields(table, field.table) for table in known.get(field.name.upper(), ()))


def _visible(client: ServiceLayerClient, fields: Sequence[UserField]) -> list[UserField]:
    """Those in $metadata; all of them where $metadata does not tell."""
    try:
        metadata = client.metadata(fresh=True)
    except (NotFound, DocumentRejected):
        return list(fields)
    return [field for field in fields if metadata.shows(field.table, field.name)]
