"""Signs of life of the background processes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Beat(models.Model):
    """``name``: dispatcher:<host>, or canary:<queue>:<host>; ``at``: when it last came back."""

    name = models.CharField(_("name"), max_length=120, primary_key=True)
    at = models.DateTimeField(_("last back"))
    detail = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.name
