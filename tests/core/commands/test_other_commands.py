"""load_templates, rotate_keys, replay_event, new_integration."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from core.catalog import creating, flows, templates
from core.flows.base import Event
from core.management.commands.rotate_keys import encrypted_fields
from core.models import AlertChannel, Connection, FlowTemplate, InboundEvent
from core.models.event import EventState
from core.security import encryption
from tests.core import fakes

OLD, NEW = "the-old-key-of-the-tests", "the-new-key-of-the-tests"


def said(*command: object, **options: object) -> str:
    out = StringIO()
    call_command(*map(str, command), stdout=out, **options)
    return out.getvalue()


# -- load_templates


@pytest.mark.django_db
def test_templates_are_loaded_and_told(shipped):
    assert said("load_templates").endswith("6 created, 0 changed, 0 unchanged\n")
    file = shipped / "push.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("page_size: 50", "page_size: 60"), encoding="utf-8")
    assert said("load_templates").splitlines() == ["changed   fake.push v2", "0 created, 1 changed, 5 unchanged"]
    file.write_text("key: fake.push\nname: x\nconfig: {nothing: 1}", encoding="utf-8")
    with pytest.raises(CommandError, match=r"push\.yaml\.config\.nothing: unknown setting"):
        said("load_templates")
    assert FlowTemplate.objects.filter(slug="fake.push").count() == 2


# -- rotate_keys


def stored(table: str, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def secrets(db, settings):
    """Five connections and a channel, stored under the old key."""
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    tenant = fakes.tenant()
    rows = [fakes.erp(tenant, name=f"E{number}") for number in range(5)]
    AlertChannel.objects.create(tenant=tenant, name="a", kind="email", target="a@b.example", secret="s")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    return rows


def test_every_secret_comes_under_the_new_key(secrets, settings):
    before = stored("core_connection", "secrets")
    assert "Connection.secrets: 5 re-encrypted, 0 were current" in said("rotate_keys", "--dry-run")
    assert stored("core_connection", "secrets") == before
    out = said("rotate_keys", "--batch", 2)
    assert "Connection.secrets: 5 re-encrypted, 0 were current" in out
    assert "AlertChannel.target: 1 re-encrypted" in out
    assert "AlertChannel.secret: 1 re-encrypted" in out
    settings.FIELD_ENCRYPTION_KEYS = [NEW]
    assert [row.secrets["password"] for row in Connection.objects.all()] == [fakes.PASSWORD] * 5
    assert (AlertChannel.objects.get().target, AlertChannel.objects.get().secret) == ("a@b.example", "s")


def test_it_goes_on_where_it_was_stopped(secrets, monkeypatch):
    calls = []
    reencrypt = encryption.reencrypt

    def stopped_at_the_third(text):
        calls.append(text)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return reencrypt(text)

    monkeypatch.setattr(encryption, "reencrypt", stopped_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        said("rotate_keys")
    monkeypatch.undo()
    counts = [line.split(": ")[1].split() for line in said("rotate_keys").splitlines()]
    assert (sum(int(c[0]) for c in counts), sum(int(c[2]) for c in counts)) == (5, 2)
    assert all(encryption.is_current(text) for text in stored("core_connection", "secrets"))


def test_a_lost_key_is_told_and_the_others_are_done(secrets, settings):
    settings.FIELD_ENCRYPTION_KEYS = ["a-key-that-nobody-kept"]
    Connection.objects.filter(name="E3").update(secrets={"password": "x"})
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    pk = Connection.objects.filter(name="E3").values_list("pk", flat=True)[0]
    with pytest.raises(CommandError, match=f"Connection {pk} secrets"):
        said("rotate_keys")
    assert sum(encryption.is_current(text) for text in stored("core_connection", "secrets")) == 4


def test_what_somebody_saves_meanwhile_is_not_overwritten(secrets, monkeypatch):
    reencrypt = encryption.reencrypt

    def saved_meanwhile(text):
        Connection.objects.filter(name="E0").update(secrets={"password": "newer"})
        return reencrypt(text)

    monkeypatch.setattr(encryption, "reencrypt", saved_meanwhile)
    said("rotate_keys")
    assert Connection.objects.get(name="E0").secrets == {"password": "newer"}


def test_no_encrypted_field_is_forgotten():
    assert {f"{model.__name__}.{field}" for model, field in encrypted_fields()} >= {
        "Connection.secrets", "AlertChannel.target", "AlertChannel.secret",
    }  # fmt: skip


# -- replay_event


@pytest.fixture
def event(db):
    tenant = fakes.tenant()
    own = {key: templates.newest(tenant, key, provide=True) for key in ("fake.receive", "fake.decide")}
    router = creating.create_flow(tenant, own["fake.receive"], "R", connections={"oa": fakes.oa(tenant)})
    decide = creating.create_flow(tenant, own["fake.decide"], "D", connections={"erp": fakes.erp(tenant)})
    flows.update_routes(router, {"T1": decide})
    decide.enabled = True
    decide.save()
    return InboundEvent.objects.create(
        flow=router, event_id="e1", route="T1", state=EventState.DEAD, attempts=5, error="ERP away"
    )


def test_an_event_is_queued_again(event):
    assert said("replay_event", event.pk) == f"event {event.pk} (R): queued\n"
    event.refresh_from_db()
    assert (event.state, event.attempts, event.error) == (EventState.RECEIVED, 0, "")
    assert event.due_at <= timezone.now()


def test_an_event_is_processed_here_when_asked_for(event, monkeypatch):
    seen: list[Event] = []
    monkeypatch.setattr(fakes.Decide, "handle", lambda self, ctx, given: seen.append(given) or "decided")
    assert said("replay_event", event.pk, "--now") == f"event {event.pk} (R): processed decided\n"
    assert [each.event_id for each in seen] == ["e1"]


def test_an_unknown_event_says_so(event):
    with pytest.raises(CommandError, match="no such event: 99999"):
        said("replay_event", event.pk, 99999)
    event.refresh_from_db()
    assert event.state == EventState.DEAD


# -- new_integration

SETTINGS = """
import integrations
from config.settings import *

integrations.__path__.append({folder!r})
INSTALLED_APPS = [name for name in INSTALLED_APPS if not name.startswith("integrations.") or name.endswith(".erp")]
INSTALLED_APPS += ["integrations.acme_mill"]
"""


@pytest.fixture
def made(tmp_path) -> Path:
    """A project folder with a new integration in it."""
    out = said("new_integration", "acme_mill", "--label", "Acme 磨坊", "--root", tmp_path)
    assert 'add "integrations.acme_mill" to INSTALLED_APPS' in out
    assert "written   integrations/acme_mill/connector.py" in out
    (tmp_path / "new_settings.py").write_text(SETTINGS.format(folder=str(tmp_path / "integrations")), encoding="utf-8")
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A Python command in a process of its own, with the new integration installed."""
    paths = os.pathsep.join([str(folder), str(settings.BASE_DIR)])
    own = {"PYTHONPATH": paths, "DJANGO_SETTINGS_MODULE": "new_settings", "COLUMNS": "250"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_new_integration_is_installed_by_one_line_and_its_tests_ask_for_the_rest(made):
    asked = "from core.registry import connector, flow_type; print(flow_type('acme_mill.push_documents').label)"
    done = run(made, "-c", f"import django; django.setup(); {asked}; print(connector('acme_mill.api').label)")
    assert done.stdout == "ERP documents to Acme 磨坊\nAcme 磨坊\n", done.stderr
    tests = run(made, "-m", "pytest", "-q", "-p", "tests.environment", "-p", "no:cacheprovider", "tests")
    assert tests.returncode == 1, tests.stdout + tests.stderr
    failed = [line for line in tests.stdout.splitlines() if line.startswith("FAILED")]
    assert len(failed) == 5, tests.stdout
    assert all("NotImplementedError" in line or "write a stand-in" in line for line in failed)
    assert "2 passed" in tests.stdout


def test_what_is_written_is_in_the_projects_style(made):
    config = str(Path(settings.BASE_DIR) / "pyproject.toml")
    for command in (["check"], ["format", "--check"]):
        done = run(made, "-m", "ruff", *command, "--config", config, "integrations", "tests")
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["Acme", "1a", "acme-mill", "class", "../x", ""])
def test_a_name_that_is_no_module_is_refused(tmp_path, name):
    with pytest.raises(CommandError, match="is no name for an integration"):
        said("new_integration", name, "--root", tmp_path)


def test_nothing_is_overwritten(made):
    with pytest.raises(CommandError, match="is there already"):
        said("new_integration", "acme_mill", "--root", made)
