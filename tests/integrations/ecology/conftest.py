"""Fixtures of the tests over real HTTP."""

from __future__ import annotations

import pytest

from core.catalog.loading import load_shipped
from tests.integrations.ecology.house import House
from tests.sandbox_server import SandboxServer, sandbox, sandbox_server  # noqa: F401 - fixtures


@pytest.fixture
def house(sandbox: SandboxServer, transactional_db: None) -> House:  # noqa: F811
    load_shipped()
    return House(sandbox)
