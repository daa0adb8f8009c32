"""Processes without their start-up time: Django is loaded once, every command runs in a fork of that.

``python -m tests.e2e.faults.forker`` reads one JSON object a line from standard input and answers one:
``{"fork": [arguments of manage.py], "out": file, "environ": {}, "settings": {}, "database": name}`` -> {"pid": n}: the
child exists and waits; ``{"go": pid}`` lets it start; ``{"wait": pid, "seconds": 60}`` -> {"status": exit code, or the
signal as a negative number; null when it still runs}. A child is a process like any other: kill -9 ends it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import traceback
from typing import Any, NoReturn

gates: dict[int, int] = {}


def main() -> None:
    import django

    django.setup()
    _preload()
    print(json.dumps({"ready": os.getpid()}), flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _preload() -> None:
    """What a command imports when it runs."""
    from core import registry
    from core.management.commands import apply, load_templates, rotate_keys, run_flow  # noqa: F401

    registry.flow_types()


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    if "fork" in asked:
        return {"pid": _fork(asked)}
    if "go" in asked:
        with contextlib.suppress(BrokenPipeError):  # killed before it began
            os.write(gates[asked["go"]], b"1")
        return {}
    return {"status": _wait(asked["wait"], asked.get("seconds", 60))}


def _fork(asked: dict[str, Any]) -> int:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(write)
        if not os.read(read, 1):
            os._exit(125)  # the parent ended
        _run(asked)
    os.close(read)
    gates[pid] = write
    return pid


def _run(asked: dict[str, Any]) -> NoReturn:
    code = 1
    try:
        handle = os.open(asked["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        _become(asked)
        code = _command(asked["fork"])
    except BaseException:  # noqa: BLE001 - shown to the test
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _become(asked: dict[str, Any]) -> None:
    """The child's own environment, settings and database: none was used before the fork."""
    from django.conf import settings
    from django.db import connections

    from tests.e2e.faults import hooks

    os.environ.update(asked.get("environ") or {})
    for name, value in (asked.get("settings") or {}).items():
        setattr(settings, name, value)
    connections.settings["default"]["NAME"] = asked["database"]
    hooks.apply()


def _command(arguments: list[str]) -> int:
    from django.core.management import ManagementUtility

    try:
        ManagementUtility(["manage.py", *arguments]).execute()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _wait(pid: int, seconds: float) -> int | None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            os.close(gates.pop(pid))
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    return None


if __name__ == "__main__":
    main()
