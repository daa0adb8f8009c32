"""The integration's own background work."""

from __future__ import annotations

import logging

from django.db.models import QuerySet

from core.catalog.values import named_connections
from core.connectors.target import Target
from core.errors import B1FlowError
from core.flows import broken
from core.models import Connection, FlowInstance
from core.models.connection import ConnectionStatus
from core.registry import register_task
from integrations.barcode.flows.query import Query
from integrations.barcode.flows.refresh_session import RefreshSession
from integrations.barcode.flows.save import Save
from integrations.erp.connector import DiApi

log = logging.getLogger(__name__)


@register_task(minutes=10)
def refresh_sessions() -> None:
    """Keep the DI API sessions of query and save flows warm, where no flow of the tenant's own looks after them."""
    looked_after = {connection.pk for connection in _connections([RefreshSession.key])}
    for connection in _connections([Query.key, Save.key]):
        if connection.pk not in looked_after and connection.status != ConnectionStatus.BROKEN:
            _refresh(connection)


def _connections(keys: list[str]) -> QuerySet[Connection]:
    """DI API connections that enabled flows of these types use: bound, or named in their config."""
    flows = FlowInstance.objects.filter(flow_type__in=keys, enabled=True, tenant__is_active=True)
    pks = set(flows.filter(bindings__slot="sql").values_list("bindings__connection", flat=True))
    for flow in flows:
        names = named_connections(_TYPES[flow.flow_type], flow.config)
        pks |= set(Connection.objects.filter(tenant_id=flow.tenant_id, name__in=names).values_list("pk", flat=True))
    return Connection.objects.filter(pk__in=pks, connector=DiApi.key).order_by("pk")


_TYPES = {flow_type.key: flow_type for flow_type in (Query, Save, RefreshSession)}


def _refresh(connection: Connection) -> None:
    try:
        DiApi(Target.of(connection)).client.keep_alive()
    except B1FlowError as error:
        broken.report(error)
        log.warning("connection %s: session not refreshed: %s", connection.pk, error)
