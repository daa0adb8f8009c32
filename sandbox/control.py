"""/_control/: the switches by URL, for tests and for the page.

``POST /_control/faults`` (a rule) -> {"id": n}; ``GET`` lists; ``DELETE [?id=n]`` removes one or all.
``GET /_control/effects?system=&op=`` -> {"effects": [{system, op, key, source, at}]}; ``DELETE`` forgets them.
``POST /_control/reset`` -> everything back to the demo data.
"""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse

from sandbox import faults, seeding
from sandbox.models import Effect


def fault_rules(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return JsonResponse({"id": faults.add(json.loads(request.body or b"{}"))})
    if request.method == "DELETE":
        number = request.GET.get("id")
        faults.remove(int(number) if number else None)
        return JsonResponse({})
    return JsonResponse({"faults": faults.listing()})


def effects(request: HttpRequest) -> HttpResponse:
    query = Effect.objects.order_by("pk")
    for name in ("system", "op"):
        if request.GET.get(name):
            query = query.filter(**{name: request.GET[name]})
    if request.method == "DELETE":
        query.delete()
        return JsonResponse({})
    return JsonResponse({"effects": list(query.values("system", "op", "key", "source", "at"))})


def reset(request: HttpRequest) -> HttpResponse:
    faults.remove()
    seeding.seed()
    return JsonResponse({})
