"""Is the draft still what was sent? What was approved is what is released."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.errors import DocumentRejected
from core.flows.base import Document, Recall
from core.flows.context import FlowContext
from core.flows.decisions import Sent
from core.flows.fingerprint import fingerprint

# Header fields that change without anybody editing the draft.
VOLATILE = {
    "UpdateDate",
    "UpdateTime",
    "DataVersion",
    "AuthorizationStatus",
    "Document_ApprovalRequests",
    "StockTransfer_ApprovalRequests",
}
SHOWN = 6  # differences named in a sentence


def content_print(draft: dict[str, Any], marks: set[str]) -> str:
    """Fingerprint of the draft itself, without what changes by itself and what we write (``marks``)."""
    skip = VOLATILE | marks
    return fingerprint({k: v for k, v in draft.items() if k not in skip and not k.startswith(("odata.", "@odata."))})


def body_of(draft: dict[str, Any], approval: dict[str, Any]) -> dict[str, Any]:
    """What the mapping reads: the draft, with its request beside it."""
    return {**draft, "ApprovalRequest": approval}


def changes(push: FlowContext, sent: Sent, draft: dict[str, Any]) -> list[str]:
    """What differs between the draft as it was sent and as it is, in words; [] where nothing does.

    The request as it was sent goes into the mapping, so that a new Code alone is no change. A mapping that was edited
    meanwhile makes another payload of the same draft: then the draft's own content decides.
    """
    document = Document(key=sent.key, body=body_of(draft, sent.recall.get("approval") or {}), recall=sent.recall)
    try:
        document.payload = push.flow_type.payload(push, document)  # type: ignore[attr-defined]
    except DocumentRejected as error:
        document.payload = {"": error.message}
    if fingerprint(document.payload, document.version) == sent.fingerprint:
        return []
    content = sent.recall.get("content")
    if content and content == content_print(draft, mark_fields(push, sent)):
        return []
    return differences(sent.payload, document.payload) or ["?"]


def mark_fields(push: FlowContext, sent: Sent) -> set[str]:
    """Names of the fields that the push flow writes into the draft."""
    recall = Recall(sent.id, sent.key, sent.generation, sent.target_key, sent.recall)
    return set(push.flow_type.mark(push, recall))  # type: ignore[attr-defined]


def differences(old: Any, new: Any) -> list[str]:
    """``table[0].Quantity: 55 -> 60`` for each value that differs."""
    before, after = dict(_flat("", old)), dict(_flat("", new))
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    lines = [f"{name.lstrip('.')}: {before.get(name, '-')} -> {after.get(name, '-')}" for name in names]
    return lines if len(lines) <= SHOWN else [*lines[:SHOWN], "..."]


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flat(f"{name}[{number}]", inner)
    else:
        yield name, value
