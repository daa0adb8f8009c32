"""/_control/page: faults, switches and buttons of all systems for a person, in Chinese."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sandbox import faults, seeding, switches, systems
from sandbox.models import Effect

TITLES = {
    "*": "所有系统",
    "erp": "ERP（Service Layer）",
    "diapi": "DI API",
    "ecology": "泛微 e-cology",
    "dingtalk": "钉钉",
    "wecom": "企业微信",
    "blacklake": "黑湖 MES",
    "scanner": "条码枪",
}


def page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        _carry_out(request)
        return redirect(request.path)
    return render(request, "sandbox/control.html", _content())


def _content() -> dict:
    listed = sorted(switches.listing(), key=lambda switch: switch["system"])
    groups = [(TITLES.get(name, name), list(group)) for name, group in groupby(listed, lambda s: s["system"])]
    return {
        "groups": groups,
        "buttons": [(TITLES.get(b.system, b.system), b) for b in switches.BUTTONS.values()],
        "faults": faults.listing(),
        "systems": ["*", *systems.present()],
        "effects": Effect.objects.order_by("-pk")[:30],
    }


def _carry_out(request: HttpRequest) -> None:
    form = request.POST
    what = form.get("what")
    if what == "switch":
        switches.SWITCHES[form["system"], form["name"]].set(form["value"])
    elif what == "press":
        switches.BUTTONS[form["system"], form["name"]].press()
    elif what == "fault":
        faults.add(_rule(form))
    elif what == "forget":
        faults.remove(int(form["id"]) if form.get("id") else None)
    elif what == "reset":
        faults.remove()
        switches.reset()
        seeding.seed()


def _rule(form: dict) -> dict:
    rule = {name: form[name] for name in ("system", "op", "when", "action") if form.get(name)}
    rule |= {name: int(form[name]) for name in ("nth", "times", "status") if form.get(name)}
    if form.get("seconds"):
        rule["seconds"] = float(form["seconds"])
    return rule
