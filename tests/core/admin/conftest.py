"""Two tenants, their people, and a pretended system in the registry."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from core import registry
from core.models import Membership, Role
from tests.core.admin import pretend, rows


@pytest.fixture(autouse=True)
def _pretend(monkeypatch):
    """The pretended system is installed, for this test only."""
    monkeypatch.setattr(registry, "_connectors", {**registry._connectors, **{c.key: c for c in pretend.CONNECTORS}})
    monkeypatch.setattr(registry, "_flow_types", {**registry._flow_types, **{t.key: t for t in pretend.FLOW_TYPES}})
    monkeypatch.setattr(pretend.PretendConnector, "answer", pretend.Check(True, "Hello manager"))


@pytest.fixture
def a(db) -> rows.World:
    return rows.make("AAA")


@pytest.fixture
def b(db) -> rows.World:
    return rows.make("BBB")


@pytest.fixture
def enter():
    """Logs a person in."""

    def log_in(person: Any) -> Client:
        client = Client(headers={"accept-language": "en"})
        client.force_login(person)
        return client

    return log_in


@pytest.fixture
def as_role(a, enter):
    """A browser of tenant A's person with this role."""
    return lambda role: enter(a.people[role])


@pytest.fixture
def staff(db, enter):
    """The provider's staff."""
    return enter(get_user_model().objects.create(username="staff", is_superuser=True))


@pytest.fixture
def both(a, b, enter):
    """Owner in A and viewer in B."""
    person = a.people[Role.OWNER]
    Membership.objects.create(user=person, tenant=b.tenant, role=Role.VIEWER)
    return enter(person)
