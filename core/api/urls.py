"""Addresses below /api/."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView
from rest_framework.routers import DefaultRouter

from core.api import flows, records, setup

router = DefaultRouter()
router.include_root_view = False
for name, view in {
    "tenants": setup.Tenants,
    "companies": setup.Companies,
    "members": setup.Memberships,
    "connections": setup.Connections,
    "value-maps": setup.ValueMaps,
    "people": setup.People,
    "domain-files": setup.DomainFiles,
    "app-credentials": setup.Credentials,
    "alert-channels": setup.Channels,
    "templates": flows.Templates,
    "flows": flows.Flows,
    "runs": records.Runs,
    "deliveries": records.Deliveries,
    "events": records.Events,
}.items():
    router.register(name, view, basename=name)

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularRedocView.as_view(url_name="schema"), name="docs"),
    path("v1/flow-types/", flows.FlowTypes.as_view(), name="flow-types"),
    path("v1/templates/<int:pk>/copy/", flows.CopyTemplate.as_view(), name="copy-template"),
    path("v1/", include(router.urls)),
]
