"""The fakes, their templates, and ``apply`` as a person runs it."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from core.catalog import loading
from tests.core import fakes
from tests.core.catalog.conftest import OTHERS, PUSH, RECEIVE


@pytest.fixture(autouse=True)
def _in_english():
    """The tests know the words in English."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _fakes(monkeypatch, tmp_path):
    """The fakes' template files are the shipped ones."""
    fakes.install(monkeypatch)
    folder = tmp_path / "shipped" / "fake" / "flow_templates"
    folder.mkdir(parents=True)
    for name, text in {"push": PUSH, "receive": RECEIVE, **OTHERS}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(loading, "shipped_files", lambda: iter(sorted(folder.glob("*.yaml"))))


@pytest.fixture
def shipped(tmp_path):
    """The folder of the shipped template files."""
    return tmp_path / "shipped" / "fake" / "flow_templates"


@pytest.fixture
def apply(tmp_path, db):
    """Applies a text; returns what was printed."""

    def run(text: str, *options: str) -> str:
        file = tmp_path / "file.yaml"
        file.write_text(text, encoding="utf-8")
        out = StringIO()
        call_command("apply", str(file), *options, stdout=out)
        return out.getvalue()

    return run


@pytest.fixture
def refusal(apply):
    """Applies a text that must be refused; returns the words."""

    def run(text: str) -> str:
        with pytest.raises(CommandError) as caught:
            apply(text)
        assert str(caught.value).startswith("nothing was changed\n")
        return str(caught.value).removeprefix("nothing was changed\n")

    return run
