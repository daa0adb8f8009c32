"""Flow types: what an integration writes. A flow type declares; the runner does the rest.

Three kinds, by who starts them: SyncFlow (the scheduler), EventFlow (a callback), RequestFlow (an HTTP request).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.connectors.base import FieldInfo
from core.errors import B1FlowError, CannotTell, ConfigurationError
from core.flows.config import ConfigForm

if TYPE_CHECKING:
    from core.flows.context import FlowContext


@dataclass(frozen=True)
class Section:
    """A mapping section.

    each       the collection of the document whose elements are mapped one by one ("" = the document itself);
               "config:<name>" takes the collection's name from the global config (empty there = no lines)
    required   targets that must be mapped
    defaults   rows a new template starts with: dicts as in ``apply`` files
    passthrough  with no rows, the fields pass by name
    """

    name: str
    label: str | Promise = ""
    each: str = ""
    required: tuple[str, ...] = ()
    defaults: tuple[dict[str, Any], ...] = ()
    passthrough: bool = False
    optional: bool = True

    def collection(self, config: dict[str, Any]) -> str:
        """Name of the collection under this config."""
        if self.each.startswith("config:"):
            return str(config.get(self.each.removeprefix("config:")) or "")
        return self.each


@dataclass(frozen=True)
class Every:
    """A schedule: every ``minutes``/``hours``/``days``/``weeks``/``months`` (one of them)."""

    minutes: int = 0
    hours: int = 0
    days: int = 0
    weeks: int = 0
    months: int = 0

    def as_dict(self) -> dict[str, Any]:
        """{"every": n, "unit": "minute|hour|day|week|month"}"""
        for unit in ("minute", "hour", "day", "week", "month"):
            count = getattr(self, f"{unit}s")
            if count:
                return {"every": count, "unit": unit}
        return {}


@dataclass
class Document:
    """A source document that ``pull`` found.

    key      identity in the source, at most 120 characters
    body     what the mapping reads
    recall   small JSON that acknowledge and find_delivered need when the source no longer shows the document;
             include everything that was sent and that a search looks for
    version  fields beside the mapping that the flow decides on: they are part of the fingerprint
    label    the number people know it by
    payload  set by the runner: the mapped payload {section: fields or rows}
    """

    key: str
    body: dict[str, Any]
    recall: dict[str, Any] = field(default_factory=dict)
    version: Any = None
    label: str = ""
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outgoing:
    """A claimed document on its way. ``target_key``: what was created for it before ("" = nothing yet).

    ``recall`` is the document's; ``payload`` is mapped already: deliver() must not touch the database.
    """

    delivery: int
    key: str
    body: dict[str, Any]
    recall: dict[str, Any]
    payload: dict[str, Any]
    target_key: str = ""
    label: str = ""
    attempt: int = 1


@dataclass(frozen=True)
class Receipt:
    """The target has it. ``answer``: JSON kept with the delivery (what a repeated API call is answered).

    ``note``: words for the person who reads the ledger. ``recall``: more for acknowledge.
    """

    target_key: str
    answer: dict[str, Any] | None = None
    note: str = ""
    recall: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recall:
    """A ledger row, without the document: what acknowledge, find_delivered and reconcile work from."""

    delivery: int
    key: str
    generation: int
    target_key: str
    recall: dict[str, Any]
    label: str = ""
    sent_at: datetime | None = None
    fingerprint: str = ""
    payload: dict[str, Any] | None = None


@dataclass(frozen=True)
class Sample:
    """What a preview is made of: a document, a request or a callback.

    key    picks it again; unique among those that are offered
    label  what a person knows it by
    body   the document or the request; ``event`` in its place for callbacks
    """

    key: str
    label: str | Promise
    body: Any = None
    event: Event | None = None


@dataclass(frozen=True)
class Write:
    """One thing that would be written. ``call``: "PATCH Drafts(16)"; ``body``: what would be sent, exactly."""

    call: str
    body: Any = None


@dataclass(frozen=True)
class Plan:
    """What would become of a sample. ``notes``: words about it; ``answer``: what a caller would be told."""

    writes: list[Write] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    answer: Any = None


@dataclass(frozen=True)
class Rehearsal:
    """A sample as the flow reads it.

    source  what the mapping rows read; None where the flow has no rows
    plan    works out what would be written; reads only. Raises the errors of core.errors
    """

    source: dict[str, Any] | None
    plan: Callable[[], Plan]


class FlowType:
    """What all kinds declare.

    key, label     e.g. "ecology.push_approval"; the words the console shows
    connections    {slot: connector key}; ``optional_slots`` may stay unbound
    Config         a ConfigForm: the global config (全局配置)
    sections       mapping sections
    no_preview     why a sample cannot be shown, in words; flow types that can override ``rehearse`` instead
    user_fields    ((ERP table, field, size, description), ...) the flow needs in the ERP; a callable on config
                   is ``required_user_fields``
    seed           chapter of the seed document
    """

    key: ClassVar[str] = ""
    label: ClassVar[str | Promise] = ""
    description: ClassVar[str | Promise] = ""
    kind: ClassVar[str] = ""
    connections: ClassVar[dict[str, str]] = {}
    optional_slots: ClassVar[tuple[str, ...]] = ()
    Config: ClassVar[type[ConfigForm]] = ConfigForm
    sections: ClassVar[tuple[Section, ...]] = ()
    schedule: ClassVar[Every | None] = None
    has_endpoint: ClassVar[bool] = False
    has_company: ClassVar[bool] = True
    no_preview: ClassVar[str | Promise] = ""

    @classmethod
    def clean_config(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Validated config with defaults; ConfigurationError names each wrong field."""
        return cls.Config.clean_values(config)

    @classmethod
    def section(cls, name: str) -> Section:
        """The declared section; ConfigurationError names the known ones."""
        for section in cls.sections_for(name):
            return section
        known = ", ".join(section.name for section in cls.sections)
        raise ConfigurationError(f"{cls.key} has no mapping section {name!r}; known: {known}")

    @classmethod
    def sections_for(cls, name: str) -> Iterator[Section]:
        """Sections of this name; a flow with numbered sections (detail1, detail2 ...) overrides it."""
        return (section for section in cls.sections if section.name == name)

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        """ERP user fields that the flow reads or writes under this config."""
        return []

    def prepare(self, ctx: FlowContext) -> None:
        """Read from the database what ``pull`` will need, into ``ctx.extra``; called when the context is loaded."""

    def check(self, ctx: FlowContext) -> list[str]:
        """Further enable checks, in words: what is missing and what to do. Empty: fine. May call out."""
        return []

    def source_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        """What the section's rows may read, for the mapping editor. Default: the ERP object the config names."""
        name = ctx.config.get("object_type") or ctx.config.get("draft_set")
        if not name or not ctx.has("erp"):
            return []
        return ctx.connector("erp").discover("fields", object=name, lines=section.collection(ctx.config))

    def target_fields(self, ctx: FlowContext, section: Section) -> list[FieldInfo]:
        """What the section's rows may fill. Override: ask the other system (``ctx.connector(slot).discover``)."""
        return [FieldInfo(target, required=True) for target in section.required]

    def samples(self, ctx: FlowContext) -> list[Sample]:
        """Samples beside the documents, requests and callbacks that core knows: made up, or asked for. Reads only."""
        return []

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        """A sample as the flow reads it, for the preview: asks other systems where it must, writes nothing at all."""
        raise NotImplementedError(f"{type(self).__name__}.rehearse")

    @classmethod
    def can_rehearse(cls) -> bool:
        """Has it a preview?"""
        return cls.rehearse is not FlowType.rehearse


@dataclass(frozen=True)
class UserField:
    """An ERP user field: ``table`` as UserFieldsMD names it (ODRF, OITM, OWOR ...), ``name`` with its U_."""

    table: str
    name: str
    description: str = ""
    size: int = 50
    kind: str = "db_Alpha"
    default: str = ""


class SyncFlow(FlowType):
    """Started by the scheduler: pull -> map -> deliver -> acknowledge.

    on_change      a document that is done shows up with another fingerprint: "keep" (acknowledge only, show
                   "changed after sending"), "update" (deliver again, with its target_key), "new" (a new generation)
    repeatable     sending twice does no harm (the target merges by key): uncertain is simply sent again
    settle_seconds an uncertain document is asked about no earlier than this after its last byte, and "not there"
                   counts only when said twice, this far apart
    batch_size     documents per deliver_many; 1 = deliver. May depend on the config: see ``batch_limit``
    marks          acknowledge marks the source (False: the ledger alone remembers)
    owns_target    the target makes a new object for each document: its number may appear only once
    keeps_payload  the payload as sent is kept with the delivery, for a person to compare
    """

    kind = "sync"
    schedule = Every(minutes=1)
    on_change: ClassVar[str] = "keep"
    repeatable: ClassVar[bool] = False
    settle_seconds: ClassVar[float] = 10.0
    batch_size: ClassVar[int] = 1
    marks: ClassVar[bool] = True
    owns_target: ClassVar[bool] = True
    keeps_payload: ClassVar[bool] = False
    awaits_decision: ClassVar[bool] = False
    max_attempts: ClassVar[int] = 24

    # -- to write

    def pull(self, ctx: FlowContext) -> Iterator[Document]:
        """Documents that may have to be sent, page by page. Runs in a thread of its own: no database.

        A cursor flow reads ``ctx.cursor`` and sets ``ctx.next_cursor``; it is stored when the window was read
        to its end and every row has a ledger entry.
        """
        raise NotImplementedError(f"{type(self).__name__}.pull")

    def deliver(self, ctx: FlowContext, outgoing: Outgoing) -> Receipt:
        """Send one document. Raises the errors of core.errors; runs in a pool thread: no database."""
        raise NotImplementedError(f"{type(self).__name__}.deliver")

    def deliver_many(self, ctx: FlowContext, batch: Sequence[Outgoing]) -> Sequence[Receipt | B1FlowError]:
        """Send up to ``batch_limit`` documents in one call: one receipt or error each, in order."""
        return [self.deliver(ctx, outgoing) for outgoing in batch]

    def acknowledge(self, ctx: FlowContext, recalls: Sequence[Recall]) -> dict[int, B1FlowError]:
        """Mark the source, many in one round trip where it can: {delivery id: error} of those that failed."""
        return {}

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Receipt | Sequence[Receipt] | None:
        """Did this uncertain document arrive? Only what was made after ``since`` and has the same identity counts.

        A receipt, or None for a clear "not there", or several candidates: those that belong to other deliveries
        are taken out; one that is left is it, two are a person's matter. Raises CannotTell where the target
        cannot be asked. Runs in a pool thread: no database.
        """
        raise CannotTell("this target cannot be asked")

    def mark_limit(self, ctx: FlowContext) -> int:
        """Documents per ``acknowledge``: more than one only where it is one round trip."""
        offered = getattr(getattr(ctx, "erp", None), "mark_limit", None)
        return int(offered()) if callable(offered) else 1

    def read(self, ctx: FlowContext, key: str, recall: dict[str, Any]) -> Document | None:
        """The document afresh, for the retry of one; None when it no longer qualifies. Default: wait for pull."""
        return None

    def reconcile(self, ctx: FlowContext, recall: Recall) -> None:
        """Ask for the decision of an open approval and apply it (see integrations.erp.approvals)."""

    # -- used by the runner

    def batch_limit(self, config: dict[str, Any]) -> int:
        """Documents per deliver_many under this config."""
        return self.batch_size

    def claims_ahead(self, width: int) -> int:
        """Rows claimed before a thread is free: they may have to be asked about after a crash."""
        return width if self.can_find or self.repeatable else 0

    @property
    def can_read(self) -> bool:
        """Can one document be read afresh?"""
        return type(self).read is not SyncFlow.read

    @property
    def can_find(self) -> bool:
        """Can an uncertain document be asked about?"""
        return type(self).find_delivered is not SyncFlow.find_delivered

    def payload(self, ctx: FlowContext, document: Document) -> dict[str, Any]:
        """The mapped payload; override to map more or less than all sections."""
        return ctx.map(document.body)

    def rehearse(self, ctx: FlowContext, sample: Sample) -> Rehearsal:
        """The mapped payload of a document."""
        document = Document(key=sample.key, body=sample.body, label=str(sample.label))
        return Rehearsal(sample.body, lambda: Plan([Write("", self.payload(ctx, document))]))


class EventFlow(FlowType):
    """Started by a callback that the endpoint verified and stored. ``handle`` runs in a worker and may be called
    again for the same event: it asks the ledger and the source before it writes (see ctx.once, ctx.decide)."""

    kind = "event"

    def handle(self, ctx: FlowContext, event: Event) -> str:
        """Process one event; returns a sentence for the event list. Raises the errors of core.errors."""
        raise NotImplementedError(f"{type(self).__name__}.handle")


class RouterFlow(EventFlow):
    """A callback router (回调总流程): routes events to other flows by template id / process code."""

    has_endpoint = True
    has_company = False
    no_preview = _("It maps and writes nothing itself: see the preview of the flows that its routes lead to.")
    routed: ClassVar[tuple[str, ...]] = ()  # flow type keys that may be a route's target


class RequestFlow(FlowType):
    """Started by an HTTP request that waits. ``handle`` -> the answer's body (a dict or list)."""

    kind = "request"
    has_endpoint = True

    def handle(self, ctx: FlowContext, payload: Any) -> Any:
        """Answer one request. Business refusals are answers; only bugs raise."""
        raise NotImplementedError(f"{type(self).__name__}.handle")

    def refusal(self, answer: Any) -> str:
        """The words of a refusal that this answer is; "" for a success: tells the run's status."""
        return ""

    def find_delivered(self, ctx: FlowContext, recall: Recall, since: datetime) -> Receipt | Sequence[Receipt] | None:
        """As SyncFlow's: for a request whose process was killed between sending and writing down."""
        raise CannotTell("this target cannot be asked")


@dataclass(frozen=True)
class Event:
    """A stored callback, as a handler sees it. ``body``: decoded payload; ``target_key``: the instance it is about."""

    id: int
    event_id: str
    kind: str
    route: str
    target_key: str
    body: dict[str, Any]
    attempts: int = 1


LABELS = {"sync": _("Schedule"), "event": _("Callback"), "request": _("API")}
