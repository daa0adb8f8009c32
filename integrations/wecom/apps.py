"""App config of the WeCom integration."""

from django.utils.translation import gettext_lazy as _

from core.apps import IntegrationConfig


class WeComConfig(IntegrationConfig):
    name = "integrations.wecom"
    label = "wecom"
    verbose_name = _("WeCom")
    default = True
    parts = (*IntegrationConfig.parts, "alerts")  # type: ignore[assignment]
