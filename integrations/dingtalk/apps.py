"""App config of the DingTalk integration."""

from django.utils.translation import gettext_lazy as _

from core.apps import IntegrationConfig


class DingTalkConfig(IntegrationConfig):
    name = "integrations.dingtalk"
    label = "dingtalk"
    verbose_name = _("DingTalk")
    default = True
