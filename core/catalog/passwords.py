"""Changing the secrets of a connection and nothing else: what an operator may do when a password was changed there."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import registry
from core.catalog.audit import acting
from core.errors import ConfigurationError
from core.models import Connection


@transaction.atomic
def change(connection: Connection, given: dict[str, str], user: Any = None) -> Connection:
    """Store the secrets that are given; those left out or empty keep their value. In the audit log, masked.

    Flows that wait for this connection go on when a test succeeds, which is the caller's next step: one wrong
    password must not be tried by all of them. ConfigurationError names each wrong field.
    """
    kind = registry.connector(connection.connector)
    wanted = {name: value for name, value in given.items() if value.strip()}
    known = kind.secret_names()
    if unknown := sorted(set(wanted) - known):
        text = _("Not a secret of this connection; its secrets: %(names)s") % {"names": ", ".join(sorted(known))}
        raise ConfigurationError(fields=dict.fromkeys(unknown, text))
    if not wanted:
        raise ConfigurationError(_("Give at least one new value."))
    row = Connection.objects.select_for_update().get(pk=connection.pk)
    _settings, secrets = kind.clean(row.settings or {}, {**(row.secrets or {}), **wanted})
    row.secrets = {name: value for name, value in secrets.items() if value}
    with acting(user):
        row.save(update_fields=["secrets"])
    return row
