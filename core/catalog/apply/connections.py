"""Connections in an apply file: settings and secrets merge by key and are checked by the connector's form."""

from __future__ import annotations

from typing import Any, cast

from core import registry
from core.catalog.apply import tables
from core.catalog.apply.saving import Place, keep, once
from core.catalog.document import FileError, Node, at, truth
from core.connectors.base import Connector
from core.errors import B1FlowError, ConfigurationError
from core.flows import broken
from core.models import Connection
from core.security import addresses

PLAIN = ("base_url", "ca_bundle", "proxy")
NUMBERS = ("max_parallel", "rate_limit")
KEYS = ("name", "connector", "company", "settings", "secrets", "verify_tls", *PLAIN, *NUMBERS)
# What makes it another login or another machine: it is no longer known to work, nor to be broken.
LOGIN = ("base_url", "settings", "secrets", "verify_tls", "ca_bundle", "proxy")


def connections(place: Place, node: Node) -> None:
    """All connections of a tenant."""
    for entry, given in zip(node.rows(), once(node.rows(), "name"), strict=True):
        entry.table(*KEYS)
        _connection(place, entry, given)


def connection(place: Place, node: Node) -> Connection:
    """The tenant's connection of this name; FileError names the known ones."""
    name = node.text()
    found = Connection.objects.filter(tenant=place.tenant, name=name).select_related("company").first()
    if found is None:
        known = ", ".join(place.tenant.connections.values_list("name", flat=True)) or "none"
        node.fail(f"tenant {place.tenant.slug} has no connection {name!r}; it has: {known}")
    return found


def _connection(place: Place, node: Node, given: dict[str, Node]) -> None:
    name = given["name"].text()
    row = Connection.objects.filter(tenant=place.tenant, name=name).first() or Connection(tenant=place.tenant)
    connector = _connector(node, given, row)
    stored = cast("dict[str, Any]", row.secrets or {})
    settings = _merged(row.settings, given.get("settings"), connector, hidden=False)
    secrets = _merged(stored, given.get("secrets"), connector, hidden=True)
    _check(node, connector, settings, secrets)
    values: dict[str, Any] = {"name": name, "connector": connector.key, "settings": settings, "secrets": secrets}
    values |= {key: given[key].text().strip() for key in PLAIN if key in given}
    values |= {key: _number(given[key]) for key in NUMBERS if key in given}
    values |= {"verify_tls": given["verify_tls"].flag()} if "verify_tls" in given else {}
    values |= {"company": tables.company(place, given["company"])} if "company" in given else {}
    _check_address(given.get("base_url", node), values.get("base_url", row.base_url), connector)
    before = {key: getattr(row, key) for key in LOGIN}
    known = row.pk is not None
    _check_company(node, row, values)
    keep(place, node, "connection", row, values, hidden=("secrets",))
    if known and before != {key: getattr(row, key) for key in LOGIN}:
        broken.changed(row)


def _connector(node: Node, given: dict[str, Node], row: Connection) -> type[Connector]:
    if "connector" not in given:
        if row.pk is None:
            node.fail("needs 'connector'")
        return registry.connector(row.connector)
    with at(given["connector"]):
        connector = registry.connector(given["connector"].text())
    if row.pk is not None and row.connector != connector.key and row.bindings.exists():
        given["connector"].fail(f"flows use this connection as {row.connector}: give the new one another name")
    return connector


def _merged(before: dict[str, Any], node: Node | None, connector: type[Connector], *, hidden: bool) -> dict[str, Any]:
    """By key over what is stored; a secret among the settings, or a setting among the secrets, is refused."""
    given = node.table() if node else {}
    for name, child in given.items():
        if name in connector.Settings.base_fields and (name in connector.secret_names()) != hidden:
            child.fail("belongs under 'settings'" if hidden else "is a secret: it belongs under 'secrets'")
    if hidden:
        return {**before, **{name: child.text() for name, child in given.items()}}
    return {**before, **{name: truth(child.value) for name, child in given.items()}}


def _check(node: Node, connector: type[Connector], settings: dict[str, Any], secrets: dict[str, Any]) -> None:
    try:
        connector.clean(settings, secrets)
    except ConfigurationError as error:
        if not error.fields:
            node.fail(error.message)
        hidden = connector.secret_names()
        lines = [
            f"{node.path}.{'secrets' if name in hidden or name in secrets else 'settings'}.{name}: {text}"
            for name, text in error.fields.items()
        ]
        raise FileError("\n".join(lines)) from error


def _check_address(node: Node, address: str, connector: type[Connector]) -> None:
    if not address and not connector.default_base_url:
        node.fail("needs 'base_url': where does the system answer?")
    try:
        if address:
            addresses.check_url(address)
    except B1FlowError as error:
        node.fail(error.message)


def _check_company(node: Node, row: Connection, values: dict[str, Any]) -> None:
    """A connection that flows of one company use does not move to another."""
    company = values.get("company")
    if row.pk is None or company is None or row.company_id == company.pk:
        return
    flows = row.bindings.filter(flow__company__isnull=False).exclude(flow__company=company)
    names = ", ".join(flows.values_list("flow__name", flat=True))
    if names:
        node.fail(f"flows of another company use this connection ({names}): give the new one another name")


def _number(node: Node) -> int:
    if not str(node.value).isdecimal():
        node.fail(f"must be a whole number, not {node.value!r}")
    return int(node.value)
