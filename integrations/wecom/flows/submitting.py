"""What both push flows do: fill in the form, submit it, find it again, and say beforehand what will not work."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from core.connectors.base import FieldInfo
from core.errors import B1FlowError, ConfigurationError, DocumentRejected, NotFound
from core.flows.base import Outgoing, Recall, Receipt, Section
from core.flows.context import FlowContext
from core.mapping.builtin import template as filled_in
from core.mapping.steps import Step
from core.mapping.texts import text
from integrations.erp.approvals import attachments, oa_user
from integrations.wecom import errcodes, reading
from integrations.wecom.application import Application, Process
from integrations.wecom.connector import controls_of
from integrations.wecom.filling import FORM, TABLE, Filling, mapping_problems
from integrations.wecom.template import Template
from integrations.wecom.values import MOST_FILES

CONNECTOR = "wecom.oa"
CLOCK_SLACK = 120.0  # seconds that WeCom's clock may be ahead of ours


def remembered(ctx: FlowContext, erp_user: Any, body: dict[str, Any], source: str) -> dict[str, Any]:
    """Everything by which the approval is found again. ``source``: the mapping source of the number's control.

    Applicant and number stay empty where they are not known: that refuses this document when it is sent, not the
    others.
    """
    step = number_step(ctx, source)
    return {
        "template": ctx.config["template_id"],
        "creator": _or_empty(lambda: applicant(ctx, erp_user)),
        "control": step.row.target.strip(),
        "number": _or_empty(lambda: text(step.apply(ctx.mapper.scope(body))).strip()),
        "user": erp_user,
    }


def _or_empty(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except DocumentRejected:
        return ""


def applicant(ctx: FlowContext, erp_user: Any) -> str:
    """The WeCom user id of an ERP user. Raises DocumentRejected, naming him."""
    return oa_user(ctx, CONNECTOR, erp_user, ctx.config["user_id_field"], ctx.config["creator_fallback"])


def number_step(ctx: FlowContext, source: str) -> Step:
    """The mapping row that sends the document's number. Raises ConfigurationError where there is none."""
    for step in ctx.mapper.parts[FORM].steps:
        if step.row.source.strip() == source:
            return step
    message = _("Section “form” needs a row from %(source)s: by that control the decision finds its document again.")
    raise ConfigurationError(message % {"source": source})


# -- sending


def submit(ctx: FlowContext, outgoing: Outgoing) -> Receipt:
    """Check, fill in, upload, submit. Raises DocumentRejected in the form's words; OutcomeUnknown."""
    recall, config = outgoing.recall, ctx.config
    if not recall["number"]:
        message = _("The document has no number for control %(control)s.")
        raise DocumentRejected(message % {"control": recall["control"]})
    creator = recall.get("creator") or applicant(ctx, recall.get("user"))
    template: Template = ctx.oa.template(config["template_id"])
    form = {**outgoing.payload[FORM], **_files(ctx, outgoing)}
    contents = Filling(template, ctx.zone).contents(form, outgoing.payload.get(TABLE) or [])
    process = Process(
        config["use_template_approver"] == "1",
        config["approvers"],
        config["notifyers"],
        int(config["notify_type"]),
    )
    summary = summary_lines(ctx, outgoing.body, f"{template.name} {recall['number']}")
    application = Application(template.id, creator, contents, summary, process)
    try:
        return Receipt(ctx.oa.submit(application.body()))
    except DocumentRejected as error:
        raise _in_words(error, template) from error


def _files(ctx: FlowContext, outgoing: Outgoing) -> dict[str, list[str]]:
    """{control: media ids} of the document's files, uploaded now: an id lives for three days."""
    control = ctx.config["attachments"].strip()
    if not control:
        return {}
    files = attachments(ctx.erp, outgoing.body)
    if len(files) > MOST_FILES:
        message = _("The document has %(count)s files, WeCom takes %(most)s.")
        raise DocumentRejected(message % {"count": len(files), "most": MOST_FILES})
    return {control: [ctx.oa.upload(file.name, file.content) for file in files]}


def summary_lines(ctx: FlowContext, body: dict[str, Any], otherwise: str) -> list[str]:
    """The lines shown in lists. Names are those of the approval request, then of the document."""
    request = body.get("ApprovalRequest")
    scope = ctx.mapper.scope({**body, **request} if isinstance(request, dict) else body)
    lines = [filled_in(None, line, scope).strip() for line in ctx.config["summary"].splitlines()]
    return [line for line in lines if line] or [otherwise]


def _in_words(error: DocumentRejected, template: Template) -> DocumentRejected:
    """With the control's title, where WeCom names an id."""
    if error.code != str(errcodes.PARAMETER):
        return error
    control = template.by_id(errcodes.control_of(error.message))
    words = _("WeCom does not accept control %(control)s: %(text)s") if control else "%(text)s"
    return DocumentRejected(words % {"control": control, "text": error.message}, code=error.code)


# -- finding it again


def find(ctx: FlowContext, recall: Recall, since: datetime) -> list[Receipt]:
    """Approvals of this form and applicant made since then whose control holds exactly this number."""
    known = recall.recall
    end = time.time() + CLOCK_SLACK
    numbers = ctx.oa.approvals(since.timestamp(), end, template_id=known["template"], creator=known["creator"])
    return [Receipt(number) for number in numbers if _carries(ctx, number, known)]


def _carries(ctx: FlowContext, number: str, known: dict[str, Any]) -> bool:
    try:
        info = ctx.oa.approval(number)
    except NotFound:  # deleted in this moment
        return False
    return reading.named_value(info, known["control"]) == known["number"]


# -- before it is switched on


def problems(ctx: FlowContext, source: str) -> list[str]:
    """Where mapping and form do not fit, in words; asks WeCom for the form."""
    found: list[str] = []
    try:
        number_step(ctx, source)
    except ConfigurationError as error:
        found.append(error.message)
    try:
        template = ctx.oa.template(ctx.config["template_id"])
    except B1FlowError as error:
        return [*found, error.message]
    form = {step.row.target for step in ctx.mapper.parts[FORM].steps} | {ctx.config["attachments"].strip()} - {""}
    return found + mapping_problems(template, form, {step.row.target for step in ctx.mapper.parts[TABLE].steps})


def target_fields(ctx: FlowContext, section: Section) -> list[FieldInfo]:
    """The form's controls for section ``form``, its tables' columns for section ``table``."""
    fields = controls_of(ctx.oa.template(ctx.config["template_id"]))
    return [field for field in fields if bool(field.each) == bool(section.each)]
