"""Addresses of the console's own pages, under /admin/."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from core.admin.views import tenant


def patterns(site: AdminSite) -> list[URLPattern]:
    """All of them, each behind the site's login."""
    return [
        path("tenant/choose/", site.admin_view(tenant.choose), name="choose_tenant"),
    ]
