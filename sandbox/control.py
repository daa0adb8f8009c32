"""/_control/: the switches by URL, for tests and for the page.

``POST /_control/faults`` (a rule) -> {"id": n}; ``GET`` lists; ``DELETE [?id=n]`` removes one or all.
``GET /_control/effects?system=&op=&key=`` -> {"effects": [{system, op, key, source, detail, at}]}; ``DELETE`` forgets.
``/_control/switches`` and ``/_control/press``: see switches.py.
``POST /_control/reset`` -> everything back to the demo data, no faults, every switch as it was.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sandbox import faults, seeding, switches
from sandbox.models import Effect


def _body(request: HttpRequest) -> dict[str, Any]:
    return json.loads(request.body or b"{}")


def fault_rules(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return JsonResponse({"id": faults.add(_body(request))})
    if request.method == "DELETE":
        number = request.GET.get("id")
        faults.remove(int(number) if number else None)
        return JsonResponse({})
    return JsonResponse({"faults": faults.listing()})


def effects(request: HttpRequest) -> HttpResponse:
    query = Effect.objects.order_by("pk")
    for name in ("system", "op", "key"):
        if request.GET.get(name):
            query = query.filter(**{name: request.GET[name]})
    if request.method == "DELETE":
        query.delete()
        return JsonResponse({})
    return JsonResponse({"effects": list(query.values("system", "op", "key", "source", "detail", "at"))})


def switch_settings(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        wanted = _body(request)
        try:
            switches.SWITCHES[wanted["system"], wanted["name"]].set(wanted.get("value"))
        except KeyError:
            return JsonResponse({"error": "no such switch"}, status=404)
        except ValueError as error:
            return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse({"switches": switches.listing()})


def press(request: HttpRequest) -> HttpResponse:
    wanted = _body(request)
    try:
        found = switches.BUTTONS[wanted["system"], wanted["name"]]
    except KeyError:
        return JsonResponse({"error": "no such button"}, status=404)
    return JsonResponse({"result": found.press()})


def reset(request: HttpRequest) -> HttpResponse:
    faults.remove()
    switches.reset()
    seeding.seed()
    return JsonResponse({})
