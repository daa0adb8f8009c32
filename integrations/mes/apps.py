"""App config of the Blacklake MES integration."""

from django.utils.translation import gettext_lazy as _

from core.apps import IntegrationConfig


class MesConfig(IntegrationConfig):
    name = "integrations.mes"
    label = "mes"
    verbose_name = _("Blacklake MES")
    default = True
