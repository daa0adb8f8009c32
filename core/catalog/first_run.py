"""The first run of a push flow: how many documents it would send, and marking them all as already there.

Years of old records may qualify (flows.md, "First enabling"): the console counts, then asks: all, only since a day,
or none of what is there now.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from core import registry
from core.audit import note
from core.errors import ConfigurationError, DocumentRejected
from core.flows import context
from core.flows.base import Document, SyncFlow
from core.flows.context import FlowContext
from core.flows.fingerprint import fingerprint
from core.flows.rows import clean
from core.models import Delivery, FlowInstance
from core.models.delivery import DeliveryState

LIMIT = 5_000  # documents counted at most
SECONDS = 25.0  # a count may take: a person waits for it
CHUNK = 500
EXAMPLES = 5


@dataclass
class FirstRun:
    """``count``: documents that would be sent; ``more``: counting stopped early, there may be more.

    ``known``: in the ledger already, not counted; ``refused``: what the mapping refuses (they would not be sent),
    ``problems``: its words for a few of them; ``examples``: numbers of a few that would go out.
    """

    count: int = 0
    known: int = 0
    refused: int = 0
    more: bool = False
    examples: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def first_run_count(flow: FlowInstance, *, since: str = "", limit: int = LIMIT, seconds: float = SECONDS) -> FirstRun:
    """Read and map what the source shows, sending nothing. ``since``: as if the config said so (ISO day).

    Raises what the source's client raises. Call it outside of a transaction.
    """
    ctx, flow_type = _load(flow, since)
    result, deadline = FirstRun(), time.monotonic() + seconds
    for chunk in _chunks(flow_type.pull(ctx)):
        known = _known(flow, chunk)
        result.known += len(known)
        for document in chunk:
            if document.key not in known:
                _count(result, flow_type, ctx, document)
        if result.count + result.refused + result.known >= limit or time.monotonic() > deadline:
            result.more = True
            break
    return result


def baseline(flow: FlowInstance, *, user: Any = None, progress: Callable[[int], None] | None = None) -> int:
    """Write a finished ledger row for every document the source shows now: they count as already there, and the
    source is not touched. How many rows are new. Changes of these documents are sent later where the flow type
    sends changes. Only for a switched-off flow that does not run; repeating it is harmless."""
    if flow.enabled or FlowInstance.objects.filter(pk=flow.pk, lease_until__gt=Now()).exists():
        raise ConfigurationError(
            _("flow '%(flow)s' is switched on or running: switch it off first") % {"flow": flow.name}
        )
    ctx, flow_type = _load(flow)
    seen = written = 0
    for chunk in _chunks(flow_type.pull(ctx)):
        written += _write(flow, flow_type, ctx, chunk)
        seen += len(chunk)
        if progress:
            progress(seen)
    if ctx.next_cursor is not None:
        flow.state = {**flow.state, "cursor": ctx.next_cursor}
        flow.save(update_fields=["state"])
    note(flow, user, "baseline", f"{written} documents")
    return written


def can_count(flow: FlowInstance) -> bool:
    """Is it a flow with a first run to ask about?"""
    known = registry.flow_types().get(flow.flow_type)
    return known is not None and issubclass(known, SyncFlow) and "since" in known.Config.base_fields


def _load(flow: FlowInstance, since: str = "") -> tuple[FlowContext, SyncFlow]:
    if not can_count(flow):
        raise ConfigurationError(
            _("flow '%(flow)s' (%(flow_type)s) sends nothing by itself")
            % {"flow": flow.name, "flow_type": flow.flow_type}
        )
    ctx = context.load(flow)
    if since:
        ctx.config = ctx.flow_type.clean_config({**flow.config, "since": since})
    assert isinstance(ctx.flow_type, SyncFlow)  # noqa: S101 - can_count looked
    return ctx, ctx.flow_type


def _chunks(documents: Iterator[Document]) -> Iterator[list[Document]]:
    chunk: list[Document] = []
    for document in documents:
        chunk.append(document)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _known(flow: FlowInstance, chunk: list[Document]) -> set[str]:
    keys = [document.key for document in chunk]
    return set(Delivery.objects.filter(flow=flow, key__in=keys).values_list("key", flat=True))


def _count(result: FirstRun, flow_type: SyncFlow, ctx: FlowContext, document: Document) -> None:
    title = document.label or document.key
    try:
        flow_type.payload(ctx, document)
    except DocumentRejected as error:
        result.refused += 1
        if len(result.problems) < EXAMPLES:
            result.problems.append(f"{title}: {error}")
        return
    result.count += 1
    if len(result.examples) < EXAMPLES:
        result.examples.append(title)


@transaction.atomic
def _write(flow: FlowInstance, flow_type: SyncFlow, ctx: FlowContext, chunk: list[Document]) -> int:
    known = _known(flow, chunk)
    new = {document.key: document for document in chunk if document.key not in known}
    rows = [_row(flow, flow_type, ctx, document) for document in new.values()]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _row(flow: FlowInstance, flow_type: SyncFlow, ctx: FlowContext, document: Document) -> Delivery:
    """No target key: there is nothing to mark or to update over there. What the mapping refuses has no fingerprint
    and stays quiet, whatever changes."""
    try:
        document.payload = flow_type.payload(ctx, document)
        print_ = fingerprint(document.payload, document.version)
    except DocumentRejected:
        print_ = ""
    return Delivery(
        flow=flow,
        key=document.key,
        label=clean(document.label or document.key, 120),
        fingerprint=print_,
        state=DeliveryState.DONE,
        recall=document.recall,
        owns_target=False,
    )
