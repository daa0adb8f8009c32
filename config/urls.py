"""All addresses. Callbacks and APIs come from the installed integrations: each one's ``urls.py`` at its app label."""

from __future__ import annotations

import os
from importlib.util import find_spec

from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from core.apps import IntegrationConfig
from core.hosts import domain_file


def inbound() -> list[URLResolver]:
    """``/<app label>/...`` of every installed integration that has a urls.py."""
    found = [config for config in apps.get_app_configs() if isinstance(config, IntegrationConfig)]
    return [path(f"{c.label}/", include(f"{c.name}.urls")) for c in found if find_spec(f"{c.name}.urls")]


def of_core(prefix: str, module: str) -> list[URLResolver]:
    """A part of core at its prefix; nothing where the part is not installed."""
    return [path(prefix, include(module))] if find_spec(module) else []


urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    re_path(r"^(?P<name>WW_verify_[A-Za-z0-9_-]+\.txt)$", domain_file, name="domain-file"),
    *of_core("", "core.health.urls"),
    *(of_core("", "core.bench.urls") if os.environ.get("B1FLOW_BENCH") else []),
    *of_core("api/", "core.api.urls"),
    *inbound(),
]
