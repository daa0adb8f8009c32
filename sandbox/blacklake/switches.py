"""How the tenant behaves: kept with every system's switches, and settable at POST /blacklake/settings."""

from __future__ import annotations

from sandbox import switches

SYSTEM = "blacklake"


def _declare(name: str, default: object, label: str, choices: tuple = ()) -> switches.Switch:
    return switches.declare(SYSTEM, name, default, label, choices)


APP_KEY = _declare("app_key", "cli_1734569511470", "应用 appKey")
APP_SECRET = _declare("app_secret", "blacklake-demo-secret", "应用 appSecret")
FACTORY_NUMBER = _declare("factory_number", "34133123", "工厂号")
TOKEN_SECONDS = _declare("token_seconds", 7200, "token 有效期（秒）")
EXPIRED_AS = _declare(
    "expired_as", "SSO_TOKEN_FAIL", "失效的 token 怎样应答", ("SSO_TOKEN_FAIL", "ACCESS_TOKEN_EXPIRED", "HTTP401")
)
DENIED = _declare("denied", "", "应用没有权限的接口（路径结尾，逗号分隔）")
NEED_CHECK = _declare("need_check", "", "触发弱管控 needCheck=1、不执行的接口（路径结尾，逗号分隔）")
PAGE_CAP = _declare("page_cap", 200, "每页上限，超过时拒绝")
HTML_PAGE = _declare("html_page", False, "所有接口应答 HTTP 200 的 HTML 页面")
CODE_TO_ID_EMPTY = _declare("code_to_id_empty", False, "_code_to_id 查不到时应答 code 200、id 为空")
ROUTE_CONNECTIONS = _declare("route_connections", False, "新工单的工序带 processConnections")


def ends_like(switch: switches.Switch, path: str) -> bool:
    """Whether the path is one of those that the switch names."""
    return any(path.endswith(end.strip()) for end in switch().split(",") if end.strip())
