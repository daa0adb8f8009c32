"""Addresses below /ecology/."""

from __future__ import annotations

from django.urls import path

from integrations.ecology.callbacks import EcologyView

urlpatterns = [path("<str:endpoint_key>/", EcologyView.as_view(), name="ecology-endpoint")]
