"""Testing a connection in the vendor's own words."""

from __future__ import annotations

from core import registry
from core.connectors.base import Check
from core.connectors.target import Target
from core.errors import B1FlowError
from core.flows import broken
from core.models import Connection


def test_connection(connection: Connection) -> Check:
    """Talk to the system, note the outcome on the connection and return it in words. Raises nothing of core.errors."""
    try:
        check = registry.connector(connection.connector)(Target.of(connection)).check()
    except B1FlowError as error:
        check = Check(False, str(error))
    if check.ok:
        broken.works(connection, check.text)
    else:
        broken.failed_test(connection, check.text)
    return check
