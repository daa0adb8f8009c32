"""The command that registers an appid."""

from __future__ import annotations

import io

import pytest
import responses
from django.core.management import CommandError, call_command

from tests.integrations.ecology import oa

REGIST = f"{oa.BASE}/api/ec/dev/auth/regist"


@responses.activate
def test_it_shows_secret_and_key() -> None:
    oa.answer("registered", REGIST)
    shown = io.StringIO()

    call_command("ecology_register", oa.BASE, "EEAA5436", "--yes", stdout=shown)

    assert "secret: e0ab4a73" in shown.getvalue()
    assert "spk: MIIBIjAN" in shown.getvalue()
    assert responses.calls[0].request.headers["appid"] == "EEAA5436"
    assert responses.calls[0].request.headers["cpk"].startswith("MIIBIjANBg")


@responses.activate
def test_a_failure_with_code_0_is_a_failure() -> None:
    oa.answer("register_unknown_appid", REGIST)

    with pytest.raises(CommandError, match="APPID:EEAA0000"):
        call_command("ecology_register", oa.BASE, "EEAA0000", "--yes")
