"""``python -m sandbox [--port 9100] [--db FILE] [--fresh]``: serve the pretended systems on 127.0.0.1."""

from __future__ import annotations

import argparse
import os
import pathlib


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--db", help="SQLite file (default var/sandbox.sqlite3)")
    parser.add_argument("--fresh", action="store_true", help="start from the demo data again")
    options = parser.parse_args()
    if options.db:
        os.environ["SANDBOX_DB"] = options.db
    os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox.settings"

    import django

    django.setup()
    from django.conf import settings

    pathlib.Path(settings.DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    from sandbox import seeding, server
    from sandbox.models import Record

    if server.create_tables() or options.fresh or not Record.objects.exists():
        seeding.seed()
    print(f"sandbox on http://{options.host}:{options.port}/", flush=True)
    server.serve(options.host, options.port)


if __name__ == "__main__":
    main()
