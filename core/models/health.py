"""Signs of life of the background processes."""

from __future__ import annotations

from django.db import models


class Beat(models.Model):
    """``name``: dispatcher:<host>, or canary:<queue>:<host>; ``at``: when it last came back."""

    name = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name
