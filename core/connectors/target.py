"""What a client needs to know of a connection, as plain data: safe to hand to threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.models import Connection


@dataclass(frozen=True)
class Target:
    """A connection without its row. ``base_url`` has no trailing slash; ``secrets`` are plain: never log it."""

    id: int | None
    tenant_id: int | None
    connector: str
    name: str = ""
    base_url: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    verify_tls: bool = True
    ca_bundle: str = ""
    proxy: str = ""
    max_parallel: int = 8
    rate_limit: int = 0

    @classmethod
    def of(cls, connection: Connection) -> Target:
        """From the row, with the connector's defaults filled in; ConfigurationError where settings are wrong.

        A saved row is validated (and its secrets are decrypted, where they were deferred) once a process and version.
        """
        key = (connection.pk, connection.updated_at)
        if connection.pk is None or connection.updated_at is None:
            return cls._made(connection)
        known = _KNOWN.get(key)
        if known is None:
            if len(_KNOWN) >= KEPT:
                _KNOWN.clear()
            known = _KNOWN[key] = cls._made(connection)
        return known

    @classmethod
    def at(cls, pk: int, updated_at: datetime) -> Target:
        """Of the connection with this key and version, without reading it where this process knows it."""
        from core.models import Connection

        return _KNOWN.get((pk, updated_at)) or cls.of(Connection.objects.get(pk=pk))

    @classmethod
    def _made(cls, connection: Connection) -> Target:
        from core import registry

        connector = registry.connector(connection.connector)
        settings, secrets = connector.clean(connection.settings, connection.secrets or {})
        return cls(
            id=connection.pk,
            tenant_id=connection.tenant_id,
            connector=connection.connector,
            name=connection.name,
            base_url=(connection.base_url or connector.default_base_url).rstrip("/"),
            settings=settings,
            secrets=secrets,
            verify_tls=connection.verify_tls,
            ca_bundle=connection.ca_bundle,
            proxy=connection.proxy,
            max_parallel=connection.max_parallel,
            rate_limit=connection.rate_limit,
        )

    @property
    def secret_values(self) -> tuple[str, ...]:
        return tuple(str(value) for value in self.secrets.values() if value)


KEPT = 500
_KNOWN: dict[tuple[int, datetime], Target] = {}
