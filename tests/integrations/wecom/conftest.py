"""Words are compared in English, in the threads too."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _english(settings) -> None:
    settings.LANGUAGE_CODE = "en"
