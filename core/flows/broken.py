"""A connection that needs a person: one alert, all its flows wait; they go on by themselves when it works again."""

from __future__ import annotations

from django.db.models.functions import Now

from core.alerts import end_alert, raise_alert
from core.errors import B1FlowError, ConnectionBroken
from core.models import Connection, FlowInstance
from core.models.connection import ConnectionStatus


def report(error: B1FlowError) -> None:
    """Show the error on its connection; a refused login also pauses every flow that uses it.

    A permission that one call lacks is that flow's matter: the others go on.
    """
    if not isinstance(error, ConnectionBroken) or error.connection_id is None:
        return
    connection = Connection.objects.filter(pk=error.connection_id).first()
    if connection is None:
        return
    text = str(error)[:500]
    if not error.while_logging_in:
        Connection.objects.filter(pk=connection.pk).update(status_text=text)
        return
    Connection.objects.filter(pk=connection.pk).update(
        status=ConnectionStatus.BROKEN, status_text=text, broken_at=Now()
    )
    users = FlowInstance.objects.filter(bindings__connection=connection, paused="")
    pks = list(users.values_list("pk", flat=True))
    FlowInstance.objects.filter(pk__in=pks).update(paused=f"{connection.name}: {text}"[:300], paused_by=connection)
    raise_alert(connection.tenant_id, f"connection:{connection.pk}", f"{connection.name}: {text}")


def works(connection: Connection, text: str = "") -> None:
    """The connection works (a test passed): flows that waited for it go on."""
    Connection.objects.filter(pk=connection.pk).update(
        status=ConnectionStatus.OK, status_text=text[:500], tested_at=Now(), broken_at=None
    )
    FlowInstance.objects.filter(paused_by=connection).update(paused="", paused_by=None)
    end_alert(connection.tenant_id, f"connection:{connection.pk}")


def changed(connection: Connection) -> None:
    """Address or credentials were changed: no longer known to be broken; waiting flows try again."""
    Connection.objects.filter(pk=connection.pk).update(status=ConnectionStatus.UNTESTED, status_text="", broken_at=None)
    FlowInstance.objects.filter(paused_by=connection).update(paused="", paused_by=None)


def failed_test(connection: Connection, text: str) -> None:
    """A test by hand failed: shown, nothing is paused."""
    Connection.objects.filter(pk=connection.pk).update(
        status=ConnectionStatus.BROKEN, status_text=text[:500], tested_at=Now()
    )
