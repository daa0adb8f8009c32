"""How much: small numbers for CI, those of a full run with B1FLOW_FULL_FAULTS=1."""

from __future__ import annotations

import os

FULL = os.environ.get("B1FLOW_FULL_FAULTS", "") not in ("", "0")


def scaled(usual: int, full: int) -> int:
    """``full`` in a full run."""
    return full if FULL else usual
