"""English messages, whatever language the installation speaks; no deadline for examples on a busy machine."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest
from django.utils import translation

hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield
