"""Addresses below /barcode/."""

from __future__ import annotations

from django.urls import path

from integrations.barcode.callbacks import BarcodeView

urlpatterns = [path("<str:endpoint_key>/", BarcodeView.as_view(), name="barcode-endpoint")]
