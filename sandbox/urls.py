"""Addresses: one prefix a system, the switches, and a front page that links to the systems' pages."""

from django.shortcuts import render
from django.urls import include, path

from sandbox import control, systems


def index(request):
    return render(request, "sandbox/index.html", {"systems": systems.present()})


urlpatterns = [
    path("", index),
    path("_control/faults", control.fault_rules),
    path("_control/effects", control.effects),
    path("_control/reset", control.reset),
    *(path(prefix, include(f"sandbox.{name}.urls")) for name, prefix in systems.present().items()),
]
