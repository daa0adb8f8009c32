"""Testing a connection in the vendor's own words."""

from __future__ import annotations

from django.utils import timezone

from core import registry
from core.connectors.base import Check
from core.connectors.target import Target
from core.errors import B1FlowError
from core.flows import broken
from core.models import Connection
from core.models.connection import ConnectionStatus


def try_connection(connection: Connection) -> Check:
    """Talk to the system; the row (which may not be stored yet) is told the outcome. Raises nothing of core.errors."""
    try:
        check = registry.connector(connection.connector)(Target.of(connection)).check()
    except B1FlowError as error:
        check = Check(False, str(error))
    connection.status = ConnectionStatus.OK if check.ok else ConnectionStatus.BROKEN
    connection.status_text, connection.tested_at = check.text[:500], timezone.now()
    return check


def test_connection(connection: Connection) -> Check:
    """Test a stored connection and note the outcome; flows that waited for it go on."""
    check = try_connection(connection)
    if check.ok:
        broken.works(connection, check.text)
    else:
        broken.failed_test(connection, check.text)
    return check
