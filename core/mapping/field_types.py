"""Types of fields as the connectors' discovery names them: which fit together, and by what transform."""

from __future__ import annotations

import re

# Words in a type's name that tell its family, the first that fits (of whole numbers the start: PrintStatus is none).
FAMILIES = tuple(
    (name, re.compile(words))
    for name, words in (
        ("other", r"range"),
        ("table", r"table|collection|detail"),
        ("file", r"file|attach|image|photo"),
        ("datetime", r"datetime|timestamp"),
        ("date", r"date"),
        ("time", r"time"),
        ("integer", r"(^|[._])(int|long)"),
        ("number", r"number|decimal|double|float|money|amount|percent"),
        ("yes_no", r"bool|yes_?no|checkbox"),
        ("text", r"text|string|char|memo"),
    )
)
NUMBERS = ("number", "integer")
DATES = ("date", "datetime")
TRANSFORMS = {"number": "number", "integer": "integer", "date": "date", "datetime": "datetime"}


def family(name: str) -> str:
    """The family of a type; "other" for what is none of ours (a person, a choice): text mostly fits it."""
    name = (name or "text").lower()
    if name == "edm.datetime":
        return "date"  # the ERP's days
    return next((known for known, words in FAMILIES if words.search(name)), "other")


def is_table(name: str) -> bool:
    """Tables are no fields: sections over lines fill them."""
    return family(name) == "table"


def fit(source: str, target: str) -> float:
    """How well a source type fits a target type: 1 as it is, 0 not at all."""
    first, second = family(source), family(target)
    if first == second:
        return 1.0
    if "file" in (first, second):
        return 0.0
    for group in (NUMBERS, DATES):
        if first in group and second in group:
            return 0.98
    if second == "text":
        return 0.97
    return 0.9 if {first, second} & {"text", "other"} else 0.0


def transform(source: str, target: str) -> str:
    """The transform to propose ("" = none needed)."""
    second = family(target)
    if family(source) == "yes_no" and second in ("text", "yes_no", "other"):
        return "yes_no" if second == "text" else ""
    return TRANSFORMS.get(second, "")
