"""Keys for a machine that was given none: made once, kept in the state folder, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def kept(folder: Path, name: str) -> str:
    """The kept key ``name``; a new one is made on the first start.

    Production gives SECRET_KEY and FIELD_ENCRYPTION_KEYS by environment and never comes here.
    """
    file = folder / f"{name.lower()}.txt"
    if file.exists():
        return file.read_text(encoding="ascii").strip()
    value = secrets.token_urlsafe(48)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was faster: its key counts
        return file.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(value)
    return value
