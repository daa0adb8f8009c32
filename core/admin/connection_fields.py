"""The user fields that a connection's flows need over there."""

from __future__ import annotations

from core import registry
from core.catalog import flows as catalog
from core.connectors.base import Connector
from core.connectors.target import Target
from core.errors import ConfigurationError
from core.flows.base import UserField
from core.models import Connection


def needed(connection: Connection) -> list[UserField]:
    """What all flows that use the connection declare, each field once."""
    found: dict[tuple[str, str], UserField] = {}
    for flow in catalog.used_by(connection):
        kind = registry.flow_types().get(flow.flow_type)
        if kind is None:
            continue
        try:
            fields = kind.required_user_fields(kind.clean_config(flow.config))
        except ConfigurationError:
            continue  # the flow's own page says what is wrong with its config
        found |= {(field.table, field.name): field for field in fields}
    return list(found.values())


def offers(connection: Connection) -> bool:
    """Does the connector know of user fields?"""
    known = registry.connectors().get(connection.connector)
    return known is not None and known.missing_fields is not Connector.missing_fields


def missing(connection: Connection) -> tuple[list[UserField], list[str]]:
    """(fields needed, what is missing in words). Raises what the system's client raises."""
    fields = needed(connection)
    return fields, _connector(connection).missing_fields(fields) if fields else []


def create(connection: Connection) -> list[str]:
    """Make what is missing; its names."""
    return _connector(connection).create_fields(needed(connection))


def _connector(connection: Connection) -> Connector:
    return registry.connector(connection.connector)(Target.of(connection))
