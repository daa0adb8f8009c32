"""The scanner offers nothing to other systems: only its page."""

from __future__ import annotations

from django.urls import path

from sandbox.scanner import page

urlpatterns = [
    path("", page.page),
    path("act", page.act),
    path("settings", page.settings),
]
