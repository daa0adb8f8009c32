"""Fixtures of the tests over real HTTP; tests/e2e uses them too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.catalog.loading import load_shipped
from tests.integrations.barcode.house import House
from tests.sandbox_server import SandboxServer

PORT = 9200


@pytest.fixture(scope="session")
def barcode_server() -> Iterator[SandboxServer]:
    running = SandboxServer(port=PORT).start()
    yield running
    running.close()


@pytest.fixture
def house(barcode_server: SandboxServer, transactional_db: None) -> House:
    barcode_server.reset()
    load_shipped()
    return House(barcode_server)
