"""Fixtures: a database of its own for each test, copied from one that was migrated once.

The database is SQLite, or PostgreSQL where the tests themselves run on it (``--ds=tests.settings_postgres``); tests
that are marked ``both`` run on both. Where CI is set, a missing PostgreSQL fails, elsewhere it skips those tests.

B1FLOW_FULL_FAULTS=1 raises the numbers to those of a full run (about 20 minutes); see README.md for its figures.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.e2e.faults.databases import Database, Postgres, Sqlite, postgres_answers
from tests.e2e.faults.place import Forker, Place, environment
from tests.sandbox_server import ROOT, SandboxServer, sandbox, sandbox_server  # noqa: F401 - fixtures

PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
call_command("load_templates", verbosity=0)
"""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both: runs on SQLite and on PostgreSQL")


class Kind:
    """One kind of database: the migrated original and a forker that never touched any."""

    def __init__(self, name: str, folder: Path) -> None:
        self.folder = folder
        self.original: Database = Postgres() if name == "postgres" else Sqlite(folder)
        given = environment(folder, self.original.url, {"SETTLE": "1"})
        command = [sys.executable, "-c", f"import django; django.setup()\n{PREPARE}"]
        subprocess.run(command, cwd=ROOT, env=given, check=True, timeout=180)
        self.forker = Forker(given, folder)

    def close(self) -> None:
        self.forker.close()
        self.original.drop()


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Kind]]:
    made: dict[str, Kind] = {}
    yield made
    for kind in made.values():
        kind.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" not in metafunc.fixturenames:
        return
    own = "postgres" if "postgresql" in settings.DATABASES["default"]["ENGINE"] else "sqlite"
    wanted = ["sqlite", "postgres"] if metafunc.definition.get_closest_marker("both") else [own]
    if metafunc.definition.get_closest_marker("postgres"):
        wanted = ["postgres"]
    metafunc.parametrize("kind_name", wanted)


@pytest.fixture
def place(
    kind_name: str,
    kinds: dict[str, Kind],
    sandbox: SandboxServer,  # noqa: F811
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    """A fresh installation whose ERP and OA are the sandbox."""
    if kind_name == "postgres" and not os.environ.get("CI") and not postgres_answers():
        pytest.skip("PostgreSQL does not answer")
    if kind_name not in kinds:
        kinds[kind_name] = Kind(kind_name, tmp_path_factory.mktemp(kind_name))
    database = kinds[kind_name].original.copy()
    made = Place(database, sandbox, tmp_path, kinds[kind_name].forker)
    yield made
    made.close()
    database.drop()


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers whose seed is printed: FAULTS_SEED repeats a run."""
    seed = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"FAULTS_SEED={seed}")
    return random.Random(seed)
