"""XML from outside, read with defusedxml: no document types, no entities, no external anything."""

from __future__ import annotations

from typing import Any

from defusedxml import ElementTree

DEEPEST = 20
# What parsing may raise, beside defusedxml's own (ValueErrors): broken XML, an encoding that does not exist.
UNREADABLE = (SyntaxError, ValueError, LookupError, RecursionError)

# Elements that may be repeated are lists even when there is one: what the vendor repeats (page 91815).
LISTS = frozenset(
    {
        "SpRecord",
        "Details",
        "Attach",
        "Notifyer",
        "Comments",
        "NodeList",
        "SubNodeList",
        "MediaIds",
    }
)


def parsed(text: bytes | str) -> Any:
    """The root element. Raises ValueError for everything that is no plain XML."""
    try:
        return ElementTree.fromstring(text, forbid_dtd=True)
    except UNREADABLE as error:
        raise ValueError(f"not readable as XML: {type(error).__name__}") from None


def as_dict(element: Any, depth: int = 0) -> dict[str, Any]:
    """{child: text, object, or list of these}. Repeated children are lists, and so are those of LISTS."""
    if depth > DEEPEST:
        raise ValueError("the XML is nested too deeply")
    found: dict[str, Any] = {}
    for child in element:
        value = as_dict(child, depth + 1) if len(child) else (child.text or "").strip()
        if child.tag in LISTS:
            found.setdefault(child.tag, []).append(value)
        elif child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found
