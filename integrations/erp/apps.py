"""App config of the SAP Business One integration."""

from django.utils.translation import gettext_lazy as _

from core.apps import IntegrationConfig


class ErpConfig(IntegrationConfig):
    name = "integrations.erp"
    label = "erp"
    verbose_name = _("SAP Business One")
    default = True
