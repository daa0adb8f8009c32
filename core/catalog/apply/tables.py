"""The small tables of a tenant: companies, value maps, people, domain files, alert channels."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from core import alerts
from core.catalog.apply.saving import Place, keep, once
from core.catalog.document import Node
from core.models import AlertChannel, Company, DomainFile, Person, ValueMap

TIMES = ("quiet_from", "quiet_to")


def companies(place: Place, node: Node) -> None:
    """``[{code, name}]``"""
    for entry, given in zip(node.rows(), once(node.rows(), "code"), strict=True):
        entry.table("code", "name")
        code = given["code"].text()
        row = Company.objects.filter(tenant=place.tenant, code=code).first() or Company(tenant=place.tenant)
        name = {"name": given["name"].text()} if "name" in given else {}
        keep(place, entry, "company", row, {"code": code, **name})


def company(place: Place, node: Node) -> Company:
    """The tenant's company of this code; FileError names the known ones."""
    code = node.text()
    found = Company.objects.filter(tenant=place.tenant, code=code).first()
    if found is None:
        known = ", ".join(place.tenant.companies.values_list("code", flat=True)) or "none"
        node.fail(f"tenant {place.tenant.slug} has no company {code!r}; it has: {known}")
    return found


def value_maps(place: Place, node: Node) -> None:
    """``[{name, rows: {here: there}}]``; rows merge by key."""
    for entry, given in zip(node.rows(), once(node.rows(), "name"), strict=True):
        entry.table("name", "rows")
        name = given["name"].text()
        row = ValueMap.objects.filter(tenant=place.tenant, name=name).first() or ValueMap(tenant=place.tenant)
        rows = {key: child.value for key, child in given["rows"].table().items()} if "rows" in given else {}
        keep(place, entry, "value map", row, {"name": name, "rows": {**row.rows, **rows}})


def people(place: Place, node: Node) -> None:
    """``{dingtalk.oa: {"1": manager01}}`` or ``[{connector, erp_user, outside_user, name}]``"""
    if isinstance(node.value, dict):
        for connector, users in node.table().items():
            for erp_user, outside in users.table().items():
                _person(place, outside, connector, erp_user, {"outside_user": outside.text(empty=False)})
        return
    for entry, given in zip(node.rows(), once(node.rows(), "connector", "erp_user"), strict=True):
        entry.table("connector", "erp_user", "outside_user", "name")
        values: dict[str, Any] = {name: given[name].text() for name in ("outside_user", "name") if name in given}
        _person(place, entry, given["connector"].text(), given["erp_user"].text(), values)


def _person(place: Place, node: Node, connector: str, erp_user: str, values: dict[str, Any]) -> None:
    known = {"connector": connector, "erp_user": erp_user}
    row = Person.objects.filter(tenant=place.tenant, **known).first() or Person(tenant=place.tenant, **known)
    keep(place, node, f"person of {connector}", row, {**known, **values})


def domain_files(place: Place, node: Node) -> None:
    """``{WW_verify_x.txt: x}``; a file of another tenant is refused."""
    for name, child in node.table().items():
        row = DomainFile.objects.filter(name=name).first() or DomainFile(tenant=place.tenant)
        if row.tenant_id != place.tenant.pk:
            child.fail("another tenant has a domain file of this name")
        keep(place, child, "domain file", row, {"name": name, "content": child.text(empty=False)})


def alert_channels(place: Place, node: Node) -> None:
    """``[{name, kind, target, secret, quiet_from, quiet_to, active}]``"""
    kinds = [kind for kind, _ in alerts.sender_choices()]
    texts = ("kind", "target", "secret")
    for entry, given in zip(node.rows(), once(node.rows(), "name"), strict=True):
        entry.table("name", "active", *texts, *TIMES)
        name = given["name"].text()
        row = AlertChannel.objects.filter(tenant=place.tenant, name=name).first()
        if row is None:
            for needed in {"kind", "target"} - set(given):
                entry.fail(f"needs {needed!r}")
        if "kind" in given and given["kind"].text() not in kinds:
            given["kind"].fail(f"must be one of: {', '.join(kinds)}")
        values: dict[str, Any] = {key: given[key].text() for key in texts if key in given}
        values |= {key: _time(given[key]) for key in TIMES if key in given}
        values |= {"is_active": given["active"].flag()} if "active" in given else {}
        row = row or AlertChannel(tenant=place.tenant)
        keep(place, entry, "alert channel", row, {"name": name, **values}, ("target", "secret"))


def _time(node: Node) -> time | None:
    """A time of day as the field reads it, so that an unchanged one is no change."""
    try:
        return models.TimeField().to_python(node.text()) if node.text() else None
    except ValidationError:
        node.fail("must be a time of day, e.g. 22:00")
