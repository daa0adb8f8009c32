"""Addresses: one prefix a system, the switches, and a front page that links to the systems' pages.

A system with a module ``controls`` (``urlpatterns``) answers below ``/_control/<name>/`` too.
"""

from __future__ import annotations

import importlib.util

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from sandbox import control, control_page, systems


def index(request: HttpRequest) -> HttpResponse:
    listed = [(control_page.TITLES.get(name, name), prefix) for name, prefix in systems.present().items()]
    return render(request, "sandbox/index.html", {"systems": listed})


def _has_controls(name: str) -> bool:
    """WeCom has a module of this name too: its form controls, which are no addresses."""
    module = f"sandbox.{name}.controls"
    return importlib.util.find_spec(module) is not None and hasattr(importlib.import_module(module), "urlpatterns")


_controls = [name for name in systems.present() if _has_controls(name)]

urlpatterns = [
    path("", index),
    path("_control/faults", control.fault_rules),
    path("_control/effects", control.effects),
    path("_control/switches", control.switch_settings),
    path("_control/press", control.press),
    path("_control/reset", control.reset),
    path("_control/page", control_page.page),
    *(path(f"_control/{name}/", include(f"sandbox.{name}.controls")) for name in _controls),
    *(path(prefix, include(f"sandbox.{name}.urls")) for name, prefix in systems.present().items()),
]
