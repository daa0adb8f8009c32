"""Addresses that only exist while benchmarks run: the floor to compare with."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from core.models import Beat


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """A view that does nothing."""
    return HttpResponse(str(len(request.body)))


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """A view that only inserts a row."""
    Beat.objects.create(name=f"bench:{timezone.now().timestamp()}:{id(request)}", at=timezone.now())
    return HttpResponse("ok")


urlpatterns = [path("bench/nothing/", nothing), path("bench/insert/", insert)]
