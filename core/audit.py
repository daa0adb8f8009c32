"""Audit log: who changed what. The configuration models are watched; secrets are masked, what the engine writes is not
looked at. Every entry carries its tenant, so that the list can be scoped.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models

ENGINE_WRITES = {
    "Connection": ["status", "status_text", "tested_at", "broken_at", "updated_at"],
    "FlowInstance": [
        *["fence", "lease_until", "lease_holder", "state", "next_run_at", "failures_in_a_row"],
        *["last_error", "last_success_at", "paused", "paused_by", "first_enabled_at"],
    ],
    "AlertChannel": ["last_error"],
    "ApiToken": ["last_used_at"],
    "User": ["last_login"],
}
MASKED = {
    "Connection": ["secrets"],
    "AlertChannel": ["target", "secret"],
    "AppCredential": ["code_hash", "previous_hash"],
    "ApiToken": ["token_hash"],
    "User": ["password"],
}
MANY_TO_MANY = {"AppCredential": {"flows"}}


def mask(value: str) -> str:
    """All of a secret, not half of it (auditlog's own way); says only whether there is one."""
    return "" if value in ("", "None", "{}") else "***"


def watched() -> list[type[models.Model]]:
    """The configuration models."""
    from django.contrib.auth import get_user_model

    from core import models as ours

    return [
        get_user_model(),
        *[ours.Tenant, ours.Company, ours.Membership, ours.DomainFile, ours.Person],
        *[ours.Connection, ours.FlowTemplate, ours.TemplateShare],
        *[ours.FlowInstance, ours.FlowConnection, ours.FlowRoute, ours.FieldMapping, ours.ValueMap],
        *[ours.AppCredential, ours.ApiToken, ours.AlertChannel],
    ]


def register() -> None:
    """Watch the configuration models."""
    from auditlog.registry import auditlog

    for model in watched():
        name = model.__name__
        auditlog.register(
            model,
            exclude_fields=[*ENGINE_WRITES.get(name, []), *_pointing_here(model)],
            mask_fields=list(MASKED.get(name, [])),
            mask_callable="core.audit.mask",
            m2m_fields=MANY_TO_MANY.get(name),
        )
        # The hook that auditlog calls on the row for what is stored beside the changes.
        model.get_additional_data = _of_tenant  # type: ignore[attr-defined]


def _pointing_here(model: type[models.Model]) -> list[str]:
    """Names of other tables' keys that point to this one: they never change with the row."""
    return [f.name for f in model._meta.get_fields() if f.auto_created and not f.concrete]


def _of_tenant(row: models.Model) -> dict[str, Any]:
    return {"tenant": tenant_id_of(row)}


def tenant_id_of(row: models.Model) -> int | None:
    """Id of the tenant a row belongs to, along its ``tenant_path``; None where there is none."""
    if isinstance(row, models.Model) and getattr(row, "template_id", None) and getattr(row, "flow_id", 0) is None:
        return tenant_id_of(row.template)  # type: ignore[attr-defined]  # a template's mapping
    path = getattr(row, "tenant_path", "tenant")
    if path == "":
        return row.pk
    *steps, last = path.split("__")
    try:
        for step in steps:
            row = getattr(row, step)
        return getattr(row, f"{last}_id", None)
    except (ObjectDoesNotExist, AttributeError):
        return None


def note(row: models.Model, user: Any, what: str, reason: str = "") -> None:
    """Log a deed that changes no watched field (a delivery resolved, a flow run by hand), with its reason."""
    from auditlog.models import LogEntry

    LogEntry.objects.log_create(
        row,
        force_log=True,
        action=LogEntry.Action.UPDATE,
        changes={what: ["", reason]},
        actor=user if getattr(user, "pk", None) else None,
        additional_data=_of_tenant(row),
    )
