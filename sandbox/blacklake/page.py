"""The persons' page at /blacklake/, its acts by URL, and the settings."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sandbox import desk
from sandbox.blacklake import floor, reports
from sandbox.blacklake.switches import SYSTEM

PAGE = "/blacklake/"

act = desk.acts(PAGE, floor.ACTS)
settings = desk.settings(PAGE, lambda given: desk.set_switches(SYSTEM, given))


def page(request: HttpRequest) -> HttpResponse:
    """Orders with their report forms, materials, settings."""
    context = {"qc": reports.QC, "switches": desk.switches_of(SYSTEM), "message": request.GET.get("message", "")}
    return render(request, "blacklake/page.html", {**context, **floor.everything()})
