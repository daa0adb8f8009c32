"""From a draft to flows: for real, or tried and taken back (to preview a mapping before anything exists)."""

from __future__ import annotations

from django.db import transaction

from core.admin.mapping_editor import Subject
from core.admin.wizard.draft import Draft
from core.catalog import flows as catalog
from core.catalog import rows as mapping_rows
from core.flows import context
from core.flows.context import FlowContext
from core.mapping.engine import Row
from core.models import FlowInstance


def create(draft: Draft) -> list[FlowInstance]:
    """All flows of the draft, switched off; the main one first. Raises ConfigurationError."""
    answers = draft.answers
    companions = {
        key: catalog.Companion(
            name=given.get("name", ""), config=given.get("config", {}), routes=tuple(given.get("routes", ()))
        )
        for key, given in answers.companions.items()
    }
    return catalog.create_with_companions(
        draft.tenant,
        draft.template,
        answers.name,
        company=draft.company(),
        connections=draft.connections(),
        companions=companions,
        config=answers.config,
        mappings=answers.mappings,
        schedule=answers.schedule,
        user=draft.request.user,
    )


def rows_of(draft: Draft) -> list[Row]:
    """The main flow's mapping as edited, or the template's."""
    if draft.answers.mappings is None:
        return mapping_rows.stored(draft.template)
    return mapping_rows.rows_of(draft.answers.mappings, draft.kind)


def context_of(draft: Draft) -> FlowContext:
    """What the main flow's code would be given. The flow is made, read and taken back: no call is made meanwhile."""
    with transaction.atomic():
        flow = create(draft)[0]
        ctx = context.load(flow)
        ctx.flow.tenant = draft.tenant  # read before the flow is gone again
        transaction.set_rollback(True)
    ctx.flow.pk = None  # soon another flow may have this number
    return ctx


def subject_of(draft: Draft) -> Subject:
    """For the mapping editor."""
    return Subject(draft.tenant, draft.kind, draft.answers.config, rows_of(draft), lambda: context_of(draft))
