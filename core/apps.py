"""App configs: core's own, and the base of every integration's."""

from __future__ import annotations

import importlib
import importlib.util
import os

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("B1Flow")
    default = True

    def ready(self) -> None:
        importlib.import_module("core.checks")
        importlib.import_module("core.tasks")
        importlib.import_module("core.audit").register()
        if os.environ.get("B1FLOW_BENCH"):  # flow types that only benchmarks know, in all their processes
            importlib.import_module("core.bench.engine").register()


class IntegrationConfig(AppConfig):
    """Loads an integration's parts: an absent file has nothing to register, a broken one raises."""

    default = False
    parts = ("connector", "transforms", "flows", "callbacks", "tasks", "checks")

    def ready(self) -> None:
        for part in self.parts:
            module = f"{self.name}.{part}"
            if importlib.util.find_spec(module) is not None:
                importlib.import_module(module)
