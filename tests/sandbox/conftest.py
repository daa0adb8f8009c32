"""Fixtures of the tests against the sandbox's own process."""

from __future__ import annotations

from tests.sandbox_server import sandbox, sandbox_server

__all__ = ["sandbox", "sandbox_server"]
