"""The scanner's page at /scanner/, its acts by URL, and the settings."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sandbox import desk, store
from sandbox.scanner import gun, samples
from sandbox.scanner import settings as addresses
from sandbox.scanner.settings import CALLS, SETTINGS, SYSTEM

PAGE = "/scanner/"

act = desk.acts(PAGE, gun.ACTS)
settings = desk.settings(PAGE, addresses.change)


def _readable(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def page(request: HttpRequest) -> HttpResponse:
    """``?sample=`` puts that save sample into the box."""
    wanted = request.GET.get("sample", "")
    chosen = wanted if wanted in samples.SAVES else next(iter(samples.SAVES))
    exchanges = [
        {**entry.body, "request": _readable(entry.body["request"]), "answer": _readable(entry.body["answer"])}
        for entry in reversed(store.scan(SYSTEM, gun.EXCHANGE))
    ]
    known = SETTINGS.all()
    context = {
        "addresses": [(name, f"{word}地址", known[name]) for name, word in CALLS.items()],
        "known": known,
        "saves": [(name, label) for name, (label, _) in samples.SAVES.items()],
        "chosen": chosen,
        "box": _readable(samples.save(chosen)),
        "queries": list(samples.QUERIES.values()),
        "exchanges": exchanges,
        "message": request.GET.get("message", ""),
    }
    return render(request, "scanner/page.html", context)
