"""App config of the DingTalk integration."""

from __future__ import annotations

import importlib

from django.utils.translation import gettext_lazy as _

from core.apps import IntegrationConfig


class DingTalkConfig(IntegrationConfig):
    name = "integrations.dingtalk"
    label = "dingtalk"
    verbose_name = _("DingTalk")
    default = True

    def ready(self) -> None:
        """As every integration's, and the alerts by robot."""
        super().ready()
        importlib.import_module("integrations.dingtalk.robot")
