"""Where the MES's calls live below its address (protocol B4; seed 4.3.1). A connection may name others.

Upper and lower case count: work orders are imported by ``_doImport``, materials by ``_doimport``.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.errors import ConfigurationError

DOMAIN = "api/openapi/domain/web/v1/"
ROUTE = f"{DOMAIN}route/"
MATERIAL = f"{ROUTE}material/open/v1/material/"
WORK_ORDER = f"{ROUTE}med/open/v1/work_order/"

LOGIN, LOGIN_2 = "login", "login_2"
PATHS: dict[str, str] = {
    LOGIN: f"{DOMAIN}system/_refreshToken",
    LOGIN_2: f"{DOMAIN}access_token/_get_access_token",
    "material_import": f"{MATERIAL}_doimport",
    "material_list": f"{MATERIAL}_list",
    "material_start": f"{MATERIAL}_start",
    "material_stop": f"{MATERIAL}_stop",
    "work_order_import": f"{WORK_ORDER}_doImport",
    "work_order_update": "api/schedule-for-openapi/med/open/v1/work_order/update",
    "work_order_close": f"{WORK_ORDER}batch_close",
    "work_order_detail": f"{WORK_ORDER}base/_detail",
    "work_order_list": f"{WORK_ORDER}base/_list",
    "process_plan": f"{WORK_ORDER}process_plan/_detail",
    "code_to_id": f"{ROUTE}custom-object/open/v1/object_service/_code_to_id",
    "report_list": f"{ROUTE}mfg/open/v1/progress_report/_list",
}


def checked(paths: dict[str, str]) -> dict[str, str]:
    """Paths that a person entered, without the slash in front; ConfigurationError for an interface nobody knows."""
    for name in paths:
        if name not in PATHS:
            known = {"name": name, "known": ", ".join(PATHS)}
            raise ConfigurationError(_("unknown interface %(name)s; known: %(known)s") % known)
    return {name: path.strip().lstrip("/") for name, path in paths.items() if path.strip()}
