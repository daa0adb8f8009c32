"""Drives the demonstration."""

from __future__ import annotations

import importlib
import io
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command

from core.apps import IntegrationConfig
from core.demo.show import Line
from core.demo.steps import Demo, DemoFailed, DemoStep
from core.models import Membership, Role, Tenant

TENANT = "demo"
USER, PASSWORD = "demo", "b1flow-demo"


def parts() -> list[tuple[str, Path, list[DemoStep]]]:
    """(integration, apply file, steps) of every integration that takes part."""
    found = []
    for config in apps.get_app_configs():
        if isinstance(config, IntegrationConfig) and find_spec(f"{config.name}.demo"):
            module = importlib.import_module(f"{config.name}.demo")
            found.append((config.label, Path(str(module.__file__)).parent / "demo.yaml", list(module.STEPS)))
    return found


def prepare(sandbox: str, web: str) -> None:
    """Tables, templates, the demo user and every integration's apply file."""
    os.environ.update(SANDBOX_URL=sandbox, WEB_URL=web)
    call_command("load_templates", verbosity=0, stdout=io.StringIO())
    for label, file, _ in parts():
        module = importlib.import_module(f"{apps.get_app_config(label).name}.demo")
        os.environ.update(module.environment(sandbox) if hasattr(module, "environment") else {})
        call_command("apply", str(file), verbosity=0, stdout=io.StringIO())
    user, _ = get_user_model().objects.get_or_create(username=USER, defaults={"is_staff": True, "is_superuser": True})
    user.set_password(PASSWORD)
    user.save()
    Membership.objects.get_or_create(user=user, tenant=Tenant.objects.get(slug=TENANT), defaults={"role": Role.OWNER})


def drive(demo: Demo, tell: Callable[[str], None]) -> list[Line]:
    """Every step of every integration; ``tell`` hears of each before and after."""
    todo = [(label, step) for label, _, steps in parts() for step in steps]
    lines = []
    for number, (label, step) in enumerate(todo, 1):
        tell(f"[{number}/{len(todo)}] {label}: {step.title or step.flow}")
        lines.append(_line(demo, step))
        tell(f"      {lines[-1].problem or 'ok'}")
    return lines


def _line(demo: Demo, step: DemoStep) -> Line:
    started = time.monotonic()
    name = step.title or step.flow
    try:
        moved = step.act(demo)
    except DemoFailed as problem:
        return Line(name, 0, 0, 1, time.monotonic() - started, problem=str(problem))
    except Exception as problem:  # noqa: BLE001 - one broken step must not hide the others
        return Line(name, 0, 0, 1, time.monotonic() - started, problem=f"{type(problem).__name__}: {problem}")
    return Line(name, moved.documents, moved.ok, moved.failed, time.monotonic() - started, note=moved.note)
