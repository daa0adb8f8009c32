"""One template of the OA may serve several companies of a tenant: each draft is decided in its own."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.errors import ConfigurationError
from core.flows.context import FlowContext, load
from core.flows.decisions import Sent
from core.models import Company, FlowInstance


def in_company_of(ctx: FlowContext, sent: Sent | None) -> FlowContext:
    """The deciding flow's context, or that of its twin in the company that sent the draft.

    Draft 16 of another company is another draft. Raises ConfigurationError where that company has no such flow, or
    several.
    """
    if sent is None or sent.flow.company_id == ctx.flow.company_id:
        return ctx
    found = deciders(ctx.flow.tenant_id, ctx.flow.flow_type, sent.flow.company)
    if len(found) == 1:
        return load(found[0], run=ctx.run, recorder=ctx.recorder)
    message = _("Draft %(draft)s belongs to company %(company)s, for which no flow (or more than one) decides.")
    raise ConfigurationError(message % {"draft": sent.label, "company": sent.flow.company})


def deciders(tenant_id: int, flow_type: str, company: Company | None) -> list[FlowInstance]:
    """The enabled flows of this type for a company; two at most."""
    flows = FlowInstance.objects.filter(tenant_id=tenant_id, flow_type=flow_type, company=company, enabled=True)
    return list(flows.select_related("tenant", "company")[:2])
