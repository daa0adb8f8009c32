"""Every flow type has a preview, or says in words why not."""

from __future__ import annotations

import pytest

from core import registry
from core.flows.base import FlowType

KINDS = sorted(
    (kind for key, kind in registry.flow_types().items() if not key.startswith("test.")), key=lambda kind: kind.key
)  # not those of the tests themselves


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_a_flow_type_has_a_preview_or_says_why_not(kind: type[FlowType]) -> None:
    assert kind.can_rehearse() != bool(kind.no_preview)
