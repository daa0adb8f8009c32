"""The mapping editor of a flow: discovery, automatic mapping, preview on a real document, saving."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render as render_part
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.admin import mapping_editor as editor
from core.admin import scope, shown
from core.admin.views.flow_switch import FLOWS
from core.admin.views.page import render, row_or_404
from core.catalog import flows as catalog
from core.errors import B1FlowError
from core.flows import samples
from core.flows.base import Sample
from core.models import FlowInstance, Role


def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor; viewers see the rows, consultants change them."""
    flow = row_or_404(FLOWS, request, pk)
    may_change = scope.may(request.user, flow, Role.CONSULTANT)
    subject = editor.Subject.of(flow)
    rows = subject.rows
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        rows = editor.rows_from(request.POST)
        if _saved(request, flow, subject, rows):
            return HttpResponseRedirect(shown.address(flow))
    title = _("Field mapping: %(name)s") % {"name": flow.name}
    context = editor_context(subject, rows, "admin:mapping", pk)
    return render(request, "console/mapping.html", title, flow=flow, may_change=may_change, **context)


def editor_context(subject: editor.Subject, rows: list[Any], prefix: str, *args: Any) -> dict[str, Any]:
    """What console/mapping_rows.html needs; ``prefix``: the names of its three helper pages begin with it."""
    return {
        "sections": editor.sections(subject, rows),
        "transforms": editor.transform_choices(),
        "value_maps": sorted(subject.value_maps()),
        "unmapped": editor.unmapped(subject, rows),
        "helpers": {name: reverse(f"{prefix}_{name}", args=args) for name in ("fields", "suggest", "preview")},
    }


def _saved(request: HttpRequest, flow: FlowInstance, subject: editor.Subject, rows: list[Any]) -> bool:
    names = tuple(entry["section"].name for entry in editor.sections(subject, [*subject.rows, *rows]))
    try:
        changed = catalog.update_mappings(flow, rows, sections=names, user=request.user)
    except B1FlowError as error:
        messages.error(request, str(error))
        return False
    messages.success(request, _("The mapping was saved.") if changed else _("Nothing was changed."))
    return True


# -- the helper pages


def _subject(request: HttpRequest, pk: int) -> editor.Subject:
    return editor.Subject.of(row_or_404(FLOWS, request, pk, Role.CONSULTANT))


def fields(request: HttpRequest, pk: int) -> HttpResponse:
    return fields_of(_subject(request, pk))


@require_POST
def suggest(request: HttpRequest, pk: int) -> HttpResponse:
    return suggestions_for(_subject(request, pk), request)


@require_POST
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    return preview_of(_subject(request, pk), request)


def fields_of(subject: editor.Subject) -> HttpResponse:
    """{sections: {name: {sources: [field], targets: [field]}}, problems: [text]}"""
    found = editor.fields(subject)
    plain = {
        name: {side: [_plain(info) for info in infos] for side, infos in sides.items()}
        for name, sides in found["sections"].items()
    }
    return JsonResponse({"sections": plain, "problems": found["problems"]})


def _plain(info: Any) -> dict[str, Any]:
    return {**asdict(info), "label": str(info.label)}


def suggestions_for(subject: editor.Subject, request: HttpRequest) -> HttpResponse:
    """The proposals for what the form does not map yet."""
    return JsonResponse(editor.suggestions(subject, editor.rows_from(request.POST)))


def preview_of(subject: editor.Subject, request: HttpRequest, rows: list[Any] | None = None) -> HttpResponse:
    """What the form's rows (or ``rows``) make of a sample (``sample``: its key); why not, where there is none."""
    kind = subject.flow_type
    if not kind.can_rehearse():
        return render_part(request, "console/preview.html", {"why_not": kind.no_preview})
    rows = editor.rows_from(request.POST) if rows is None else rows
    try:
        ctx = subject.context()
        offered = samples.of(ctx)
        context = {"kind": kind.kind, "samples": offered}
        if offered:
            given = request.POST.get("sample", "")
            chosen = next((sample for sample in offered if sample.key == given), offered[0])
            context |= {"chosen": chosen.key, **_shown(subject, rows, ctx, chosen)}
    except B1FlowError as error:
        return render_part(request, "console/preview.html", {"problem": str(error)})
    return render_part(request, "console/preview.html", context)


def _shown(subject: editor.Subject, rows: list[Any], ctx: Any, sample: Sample) -> dict[str, Any]:
    """A sample that cannot be read does not hide the others."""
    try:
        found = editor.tried(subject, rows, ctx, sample)
    except B1FlowError as error:
        return {"unread": str(error)}
    labels = {section.name: section.label for section in subject.flow_type.sections}
    return {
        "found": found,
        "tried": [(labels.get(row.section) or row.section, row) for row in found.rows],
        "writes": [(write.call, shown.pretty(write.body)) for write in found.writes],
        "source": shown.pretty(found.source),
        "answer": shown.pretty(found.answer) if found.answer is not None else "",
    }


def show_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The preview of a callback or API flow, with its rows as they are stored."""
    flow = row_or_404(FLOWS, request, pk, Role.OPERATOR)
    subject = editor.Subject.of(flow)
    if request.method == "POST":
        return preview_of(subject, request, subject.rows)
    return render(request, "console/preview_page.html", _("Preview: %(name)s") % {"name": flow.name}, flow=flow)
