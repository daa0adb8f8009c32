"""Every flow type has a preview, or says in words why not."""

from __future__ import annotations

import pytest

from core import registry
from core.flows.base import FlowType

KINDS = sorted(registry.flow_types().values(), key=lambda kind: kind.key)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_a_flow_type_has_a_preview_or_says_why_not(kind: type[FlowType]) -> None:
    assert kind.can_rehearse() != bool(kind.no_preview)
