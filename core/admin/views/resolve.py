"""Deeds on a document that needs a person; each with a reason that is audited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.admin import shown
from core.admin.views.page import row_or_404
from core.errors import B1FlowError, ConfigurationError
from core.flows import resolve
from core.models import Delivery, FlowRun, Role
from core.models.delivery import DeliveryState


@require_POST
def deed(request: HttpRequest, pk: int) -> HttpResponse:
    """``deed``: arrived, again, forget or settled; ``reason``; ``target_key`` for arrived."""
    delivery = row_or_404(Delivery.objects.select_related("flow"), request, pk, Role.OPERATOR)
    act = DEEDS.get(request.POST.get("deed", ""))
    if act is None:
        raise Http404("no such deed")
    reason = request.POST.get("reason", "").strip()[:300]
    try:
        _check_reason(request.POST["deed"], delivery, reason)
        run = act(delivery, request, reason)
    except B1FlowError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(shown.address(delivery))
    messages.success(request, _("Done. It is in the audit log."))
    return HttpResponseRedirect(shown.address(run if isinstance(run, FlowRun) else delivery))


def _check_reason(name: str, delivery: Delivery, reason: str) -> None:
    """A plain retry of a failed or refused document needs none."""
    plain = name == "again" and delivery.state != DeliveryState.HELD
    if not plain and not reason:
        raise ConfigurationError(_("Give a reason."))


def _arrived(delivery: Delivery, request: HttpRequest, reason: str) -> None:
    resolve.arrived(delivery, request.POST.get("target_key", ""), request.user, reason)


def _again(delivery: Delivery, request: HttpRequest, reason: str) -> FlowRun | None:
    return resolve.send_again(delivery, request.user, reason)


def _forget(delivery: Delivery, request: HttpRequest, reason: str) -> None:
    resolve.forget(delivery, request.user, reason)


def _settled(delivery: Delivery, request: HttpRequest, reason: str) -> None:
    resolve.decide_by_hand(delivery, request.user, reason)


DEEDS: dict[str, Callable[[Delivery, HttpRequest, str], Any]] = {
    "arrived": _arrived,
    "again": _again,
    "forget": _forget,
    "settled": _settled,
}
