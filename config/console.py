"""The console's theme and its place among the apps."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AdminConfig):
    """Django's admin with our site: members of tenants may enter, each sees their own."""

    default_site = "core.admin_site.ConsoleSite"


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "B1Flow",
    "SITE_HEADER": "B1Flow",
    "SITE_SUBHEADER": _("Integration console"),
    "SITE_SYMBOL": "hub",
    "SITE_URL": None,
    "SITE_DROPDOWN": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "6px",
    "STYLES": [lambda request: static("console/console.css")],
    "SCRIPTS": [
        lambda request: static("console/console.js"),
        lambda request: static("console/structure.js"),
    ],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.6)",
            "100": "oklch(93.2% .032 255.6)",
            "200": "oklch(88.2% .059 254.1)",
            "300": "oklch(80.9% .105 251.8)",
            "400": "oklch(70.7% .165 254.6)",
            "500": "oklch(62.3% .214 259.8)",
            "600": "oklch(54.6% .245 262.9)",
            "700": "oklch(48.8% .243 264.4)",
            "800": "oklch(42.4% .199 265.6)",
            "900": "oklch(37.9% .146 265.5)",
            "950": "oklch(28.2% .091 267.9)",
        },
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "core.admin.menu.navigation"},
}
