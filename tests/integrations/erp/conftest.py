"""The ERP integration's clients: against ``responses``, and against the sandbox over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from core.connectors.target import Target
from integrations.erp.client import ServiceLayerClient
from integrations.erp.connector import DiApi, ServiceLayer
from integrations.erp.di_api import DiApiClient
from integrations.erp.logins import Logins
from integrations.erp.sessions import SlidingSession
from tests.integrations.erp import oa
from tests.integrations.erp.oa import World
from tests.sandbox_server import sandbox, sandbox_server  # noqa: F401 - fixtures

HOST = "https://erp.example.com"
LOGIN = f"{HOST}/b1s/v1/Login"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Logins._good.clear()
    SlidingSession._renewed.clear()


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """Nothing but what a test registers is answered."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def target(base_url: str = HOST, *, user: str = "manager", password: str = "sandbox", **settings: Any) -> Target:
    """A Service Layer connection."""
    given = {"company_db": "SBODEMOCN", "username": user, "sessions": 1, **settings}
    clean, secrets = ServiceLayer.clean(given, {"password": password})
    return Target(7, 1, "erp.service_layer", "ERP", base_url, clean, secrets)


def service_layer(base_url: str = HOST, **options: Any) -> ServiceLayerClient:
    return ServiceLayer(target(base_url, **options)).client


def di_api(base_url: str, *, user: str = "manager", password: str = "sandbox") -> DiApiClient:
    clean, secrets = DiApi.clean({"company_db": "SBODEMOCN", "username": user}, {"password": password})
    return DiApi(Target(8, 1, "erp.di_api", "SQL", base_url, clean, secrets)).client


def session(wire: responses.RequestsMock, number: int = 1, minutes: Any = 30, url: str = LOGIN) -> None:
    """Answer a login with session ``S<number>``; headers as the manual prints them."""
    wire.add(
        responses.POST,
        url,
        json={"SessionId": f"S{number}", "Version": "1000190", "SessionTimeout": minutes},
        headers=[
            ("Set-Cookie", f"B1SESSION=S{number};HttpOnly;"),
            ("Set-Cookie", f"ROUTEID=.node{number}; path=/b1s"),
        ],
    )


def refusal(code: Any, text: str, version: str = "v1") -> dict[str, Any]:
    """An error body of either version."""
    if version == "v2":
        return {"error": {"code": str(code), "details": [{"code": "", "message": ""}], "message": text}}
    return {"error": {"code": code, "message": {"lang": "en-us", "value": text}}}


@pytest.fixture
def erp(sandbox: Any) -> Callable[..., ServiceLayerClient]:  # noqa: F811
    """Makes clients of the sandbox's ERP, behind a path prefix as a gateway has it."""

    def make(**options: Any) -> ServiceLayerClient:
        return service_layer(f"{sandbox.url}/erp", **options)

    return make


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, sandbox: Any, transactional_db: None) -> World:  # noqa: F811
    """A tenant over the sandbox's ERP, and an OA in memory."""
    oa.install(monkeypatch)
    return World(sandbox.url)
