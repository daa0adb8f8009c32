"""A flow being made: what was answered so far, kept in the session until it is created."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from django.http import Http404, HttpRequest

from core import registry
from core.admin import scope
from core.catalog import flows as catalog
from core.flows.base import FlowType, RouterFlow
from core.models import Company, Connection, FlowTemplate, Role, Tenant

SESSION_KEY = "wizard"
KEPT = 5  # drafts of one person


@dataclass
class Answers:
    """JSON. ``companions``: {template key: {name, config, routes}}."""

    template: int
    name: str = ""
    company: int | None = None
    connections: dict[str, int] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    schedule: dict[str, Any] | None = None
    mappings: list[dict[str, Any]] | None = None
    companions: dict[str, dict[str, Any]] = field(default_factory=dict)


class Draft:
    """The answers with the rows they speak of. Http404 for an unknown token or a template that is not the user's."""

    def __init__(self, request: HttpRequest, token: str, answers: Answers) -> None:
        self.request, self.token, self.answers = request, token, answers
        rows = scope.visible(FlowTemplate.objects.select_related("tenant"), request.user, Role.CONSULTANT)
        template = rows.filter(pk=answers.template).first()
        if template is None:
            raise Http404("no such template")
        self.template: FlowTemplate = template
        self.tenant: Tenant = template.tenant
        self.kind: type[FlowType] = registry.flow_type(template.flow_type)
        self.companions = catalog.companion_templates(self.tenant, template)

    @classmethod
    def start(cls, request: HttpRequest, template: FlowTemplate) -> Draft:
        """A new draft."""
        name = catalog.unused_name(template.tenant, template.name)
        draft = cls(request, secrets.token_hex(6), Answers(template.pk, name, config=dict(template.config)))
        draft.answers.schedule = template.schedule or (draft.kind.schedule.as_dict() if draft.kind.schedule else {})
        draft.keep()
        return draft

    @classmethod
    def load(cls, request: HttpRequest, token: str) -> Draft:
        """The draft with this token."""
        known = request.session.get(SESSION_KEY, {}).get(token)
        if known is None:
            raise Http404("no such draft")
        return cls(request, token, Answers(**known))

    def keep(self) -> None:
        """Store it; the oldest of too many is forgotten."""
        others = {k: v for k, v in self.request.session.get(SESSION_KEY, {}).items() if k != self.token}
        kept = dict(list(others.items())[1 - KEPT :])
        self.request.session[SESSION_KEY] = {**kept, self.token: asdict(self.answers)}

    def forget(self) -> None:
        """It was created."""
        drafts = self.request.session.get(SESSION_KEY, {})
        self.request.session[SESSION_KEY] = {k: v for k, v in drafts.items() if k != self.token}

    # -- what the answers mean

    @property
    def kinds(self) -> list[tuple[FlowTemplate, type[FlowType]]]:
        """The template and its companions, with their flow types."""
        return [(t, registry.flow_type(t.flow_type)) for t in (self.template, *self.companions)]

    def slots(self) -> dict[str, tuple[str, bool]]:
        """{slot: (connector key, optional everywhere)} of all flows that will be made."""
        found: dict[str, tuple[str, bool]] = {}
        for _template, kind in self.kinds:
            for slot, connector in kind.connections.items():
                optional = slot in kind.optional_slots and found.get(slot, ("", True))[1]
                found[slot] = (connector, optional)
        return found

    @property
    def routes(self) -> bool:
        """Does the main flow lead events to the companions?"""
        return issubclass(self.kind, RouterFlow) and bool(self.companions)

    def connections(self) -> dict[str, Connection]:
        """{slot: connection} as chosen; what is no longer the tenant's is left out."""
        rows = Connection.objects.filter(tenant=self.tenant, pk__in=self.answers.connections.values())
        by_pk = {row.pk: row for row in rows.select_related("company")}
        return {slot: by_pk[pk] for slot, pk in self.answers.connections.items() if pk in by_pk}

    def company(self) -> Company | None:
        """The company that was chosen."""
        return Company.objects.filter(tenant=self.tenant, pk=self.answers.company or 0).first()
