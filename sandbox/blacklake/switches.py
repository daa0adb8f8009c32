"""What a test, the demo or the page can set: POST /blacklake/settings with any of these names."""

from __future__ import annotations

from typing import Any

from sandbox.desk import Switches

SYSTEM = "blacklake"

DEFAULTS: dict[str, Any] = {
    "app_key": "cli_1734569511470",
    "app_secret": "blacklake-demo-secret",
    "factory_number": "34133123",
    "token_seconds": 7200,
    "expired_as": "SSO_TOKEN_FAIL",  # or ACCESS_TOKEN_EXPIRED, or 401 (HTTP 401): how a dead token is told
    "denied": [],  # ends of paths that the app may not call, e.g. ["work_order/_doImport"]
    "need_check": [],  # ends of paths where weak control asks for confirmation: nothing is done
    "page_cap": 200,  # a larger size is refused
    "latency_ms": 0,  # before every API answer
    "html_page": False,  # every API call answers HTTP 200 with an HTML page, as a proxy's login would
    "code_to_id_empty": False,  # an unknown code answers code 200 with id null instead of an error
    "route_connections": False,  # new orders get processConnections; without them only the numbers tell the order
}

SWITCHES = Switches(SYSTEM, DEFAULTS)


def value(name: str) -> Any:
    return SWITCHES.value(name)
