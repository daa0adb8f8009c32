"""The base of flows that send drafts with a pending ApprovalRequest to an OA (see the package)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from core.errors import B1FlowError, NotFound
from core.flows.base import Document, Recall, SyncFlow, UserField
from core.flows.context import FlowContext
from core.flows.decisions import Sent
from core.flows.fingerprint import fingerprint
from integrations.erp import odata, preparation
from integrations.erp.approvals import reconciling, requests
from integrations.erp.approvals.comparing import body_of, content_print
from integrations.erp.approvals.config import PushConfig
from integrations.erp.approvals.open import OpenApproval, open_approvals
from integrations.erp.approvals.requests import Request
from integrations.erp.approvals.verdict import Verdict
from integrations.erp.entities import table_of


class PushApproval(SyncFlow):
    """Drafts that wait for approval, each once a submission: the key is draft/request/stage.

    starts_from    "drafts": those that pass ``filter`` and are not marked; "requests": the pending requests
                   (``request_filter``), for flows that mark nothing
    reads_details  list DocEntry only and read each wanted draft by itself
    decided_by, routers   where ``reconcile`` finds the deciding flow
    """

    awaits_decision = True
    keeps_payload = True
    on_change = "keep"
    Config = PushConfig
    starts_from: ClassVar[str] = "drafts"
    reads_details: ClassVar[bool] = False
    decided_by: ClassVar[str] = ""
    routers: ClassVar[tuple[str, ...]] = ()

    # -- the vendor's

    def wants(self, ctx: FlowContext, request: Request) -> bool:
        """Does this flow send this request, at its present stage?"""
        return True

    def remember(self, ctx: FlowContext, body: dict[str, Any]) -> dict[str, Any]:
        """More for Document.recall: everything that is sent and searched for (a title ...)."""
        return {}

    def mark(self, ctx: FlowContext, recall: Recall) -> dict[str, Any]:
        """Fields to set in the draft once it is delivered; {} marks nothing."""
        field = ctx.config.get("synced_field")
        return {field: "Y"} if field else {}

    def route(self, config: dict[str, Any]) -> str:
        """Template id / process code by which callbacks of these approvals are routed."""
        return ""

    def verdict(self, ctx: FlowContext, recall: Recall) -> Verdict | None:
        """Ask the OA what became of ``recall.target_key``; None while it is open."""
        return None

    def withdraw(self, ctx: FlowContext, sent: Sent, reason: str) -> None:
        """Take the OA request back, where the vendor allows it. Errors that a repeat may mend are raised."""

    def draft_filter(self, ctx: FlowContext) -> str:
        """OData condition of the drafts, where they are where it starts from."""
        return str(ctx.config.get("filter") or "")

    def request_filter(self, ctx: FlowContext) -> str:
        """OData condition of the requests, where they are where it starts from."""
        return str(ctx.config.get("filter") or "")

    def select(self, ctx: FlowContext) -> str:
        """$select of a draft; "" for all of it. What is compared later is read the same way."""
        return str(ctx.config.get("select") or "")

    # -- SyncFlow

    def prepare(self, ctx: FlowContext) -> None:
        ctx.extra["open approvals"] = open_approvals(ctx.flow.pk)

    def pull(self, ctx: FlowContext) -> Iterator[Document]:
        found = self._from_requests(ctx) if self.starts_from == "requests" else self._from_drafts(ctx)
        for draft, request in found:
            if not self._goes_on(ctx, draft, request):
                yield self._document(ctx, draft, request)

    def read(self, ctx: FlowContext, key: str, recall: dict[str, Any]) -> Document | None:
        request = requests.pending(ctx.erp, [int(key.split("/")[0])]).get(int(key.split("/")[0]))
        if request is None or request.key != key or not self.wants(ctx, request):
            return None
        draft = self._draft(ctx, request.draft)
        return self._document(ctx, draft, request) if draft else None

    def acknowledge(self, ctx: FlowContext, recalls: Sequence[Recall]) -> dict[int, B1FlowError]:
        failed: dict[int, B1FlowError] = {}
        for draft_set in {recall.recall["set"] for recall in recalls}:
            ours = sorted((r for r in recalls if r.recall["set"] == draft_set), key=lambda r: r.delivery)
            marks = {r.recall["draft"]: self.mark(ctx, r) for r in ours}  # of one draft's submissions the newest wins
            errors = ctx.erp.update_many(draft_set, {draft: fields for draft, fields in marks.items() if fields})
            # A draft that is gone needs no mark.
            failed |= {
                r.delivery: error
                for r in ours
                if (error := errors.get(r.recall["draft"])) is not None and not isinstance(error, NotFound)
            }
        return failed

    def reconcile(self, ctx: FlowContext, recall: Recall) -> None:
        verdict = self.verdict(ctx, recall)
        withdraw = partial(self.withdraw, ctx)
        if verdict is None:
            reconciling.supersede_if_edited(ctx, recall, withdraw)
        else:
            reconciling.decide(ctx, recall, verdict, withdraw)

    @classmethod
    def required_user_fields(cls, config: dict[str, Any]) -> list[UserField]:
        field = str(config.get("synced_field") or "")
        table = table_of(str(config.get("draft_set") or "Drafts"))
        return [UserField(table, field, "Sent to the OA (Y/N)", 1, default="N")] if field else []

    def check(self, ctx: FlowContext) -> list[str]:
        return preparation.problems(ctx.erp, self.required_user_fields(ctx.config))

    # -- reading

    def _from_drafts(self, ctx: FlowContext) -> Iterator[tuple[dict[str, Any], Request]]:
        """Unmarked drafts with a pending request, page by page."""
        select = "DocEntry" if self.reads_details else self._with_key(self.select(ctx))
        pages = ctx.erp.query_pages(
            ctx.config["draft_set"], filter=self._where(ctx), select=select, page_size=ctx.config["page_size"]
        )
        for drafts in pages:
            waiting = requests.pending(ctx.erp, [draft["DocEntry"] for draft in drafts])
            for draft in drafts:
                request = waiting.get(draft["DocEntry"])
                if request is None or not self.wants(ctx, request):
                    continue
                whole = self._draft(ctx, request.draft) if self.reads_details else draft
                if whole is not None:
                    yield whole, request

    def _where(self, ctx: FlowContext) -> str:
        field, since = ctx.config.get("synced_field"), ctx.config.get("since")
        return odata.all_of(
            self.draft_filter(ctx),
            odata.not_marked(field) if field else "",
            odata.compare("CreationDate", "ge", since) if since else "",
        )

    def _from_requests(self, ctx: FlowContext) -> Iterator[tuple[dict[str, Any], Request]]:
        """Pending requests and their drafts; those with an open approval of ours are not read again."""
        since = ctx.config.get("since")
        where = odata.all_of(
            odata.eq("Status", "arsPending"),
            self.request_filter(ctx),
            odata.compare("CreationDate", "ge", since) if since else "",
        )
        known = {each.key for rows in self._open(ctx).values() for each in rows}
        for row in ctx.erp.query(
            "ApprovalRequests", filter=where, select=requests.SELECT, page_size=ctx.config["page_size"]
        ):
            request = Request.of(row)
            if request.key in known or not self.wants(ctx, request):
                continue
            draft = self._draft(ctx, request.draft)
            if draft is not None:
                yield draft, request

    def _draft(self, ctx: FlowContext, entry: int) -> dict[str, Any] | None:
        """The draft; None where it is gone, or another set holds it."""
        draft_set = ctx.config["draft_set"]
        try:
            found: dict[str, Any] = ctx.erp.get(draft_set, entry, select=self._with_key(self.select(ctx)))
        except NotFound as error:
            ctx.recorder.add(f"{draft_set}({entry}) is not there: is draft_set right?", ok=False, output=str(error))
            return None
        return found

    @staticmethod
    def _with_key(select: str) -> str:
        names = [name.strip() for name in select.split(",") if name.strip()]
        return ",".join(names if not names or "DocEntry" in names else ["DocEntry", *names])

    # -- from draft to document

    def _document(self, ctx: FlowContext, draft: dict[str, Any], request: Request) -> Document:
        body = body_of(draft, request.shown)
        recall = {
            "draft": request.draft,
            "set": ctx.config["draft_set"],
            "request": request.code,
            "stage": request.stage,
            "originator": request.originator,
            "approval": request.shown,
            **self.remember(ctx, body),
        }
        marks = set(self.mark(ctx, Recall(0, request.key, 1, "", recall)))
        recall["content"] = content_print(draft, marks)
        return Document(key=request.key, body=body, recall=recall, label=str(request.draft))

    def _open(self, ctx: FlowContext) -> dict[int, list[OpenApproval]]:
        opened: dict[int, list[OpenApproval]] = ctx.extra.get("open approvals") or {}
        return opened

    def _goes_on(self, ctx: FlowContext, draft: dict[str, Any], request: Request) -> bool:
        """Does an open approval of the same content stand for this request, whose Code alone is new?"""
        others: Iterable[OpenApproval] = self._open(ctx).get(request.draft, ())
        for other in others:
            if other.key == request.key or other.stage != request.stage:
                continue
            body = body_of(draft, other.recall.get("approval") or {})
            try:
                payload = self.payload(ctx, Document(other.key, body, other.recall))
            except B1FlowError:
                return False
            if fingerprint(payload, None) == other.fingerprint:
                return True
        return False
