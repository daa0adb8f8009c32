"""``python -m tests.translations``: every word a user sees has a Chinese translation, and the compiled file is fresh.

Needs gettext. Extracts the messages anew, compares, and leaves the files as they were.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PO = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
EXTRACT = [
    "makemessages", "--locale", "zh_Hans", "--no-location", "--no-obsolete", "--ignore", ".venv", "--ignore", "sandbox",
    "--ignore", "tests", "--ignore", "var", "--verbosity", "0",
]  # fmt: skip


def run(*command: str) -> str:
    """Output of a command; ends the check when it fails."""
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def messages(text: str) -> list[str]:
    """The msgids of a .po text, without its header."""
    return [line for line in text.splitlines() if line.startswith("msgid ") and line != 'msgid ""']


def main() -> int:
    before = PO.read_bytes()
    try:
        run(sys.executable, "manage.py", *EXTRACT)
        missing = messages(run("msgattrib", "--untranslated", "--no-obsolete", str(PO)))
        fuzzy = messages(run("msgattrib", "--only-fuzzy", "--no-obsolete", str(PO)))
        run("msgfmt", "--check", "--output-file", os.devnull, str(PO))
    finally:
        PO.write_bytes(before)
    stale = subprocess.run(["msgcmp", "--use-untranslated", str(PO), str(PO)], capture_output=True, cwd=ROOT).returncode
    compiled = ROOT / "var" / "django.mo"
    compiled.parent.mkdir(exist_ok=True)
    run("msgfmt", "--output-file", str(compiled), str(PO))
    if run("msgunfmt", str(compiled)) != run("msgunfmt", str(MO)):
        print("django.mo is older than django.po: run manage.py compilemessages")
        stale = 1
    for title, lines in (("not translated", missing), ("fuzzy", fuzzy)):
        if lines:
            print(f"{len(lines)} {title}:", *lines[:50], sep="\n  ")
    return int(bool(missing or fuzzy or stale))


if __name__ == "__main__":
    sys.exit(main())
