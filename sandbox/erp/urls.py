"""Addresses of the ERP: its Service Layer and its pages."""

from django.urls import path, re_path

from sandbox.erp import pages, views

urlpatterns = [
    path("", pages.index),
    path("new/<str:what>", pages.new),
    path("draft/<int:entry>", pages.draft),
    re_path(r"^b1s/(?P<version>v1|v2)(?:/.*)?$", views.service_layer),
]
