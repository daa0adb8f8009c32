"""App config of the Barcode integration."""

from django.utils.translation import gettext_lazy as _

from core.apps import IntegrationConfig


class BarcodeConfig(IntegrationConfig):
    name = "integrations.barcode"
    label = "barcode"
    verbose_name = _("Barcode")
    default = True
