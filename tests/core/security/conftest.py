"""A server to call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.security.served import Server, served


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as running:
        yield running
