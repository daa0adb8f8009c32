"""App config of the e-cology integration."""

from django.utils.translation import gettext_lazy as _

from core.apps import IntegrationConfig


class EcologyConfig(IntegrationConfig):
    name = "integrations.ecology"
    label = "ecology"
    verbose_name = _("e-cology")
    default = True
