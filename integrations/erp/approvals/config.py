"""Config fields that the approval flows of every OA have (flows.md "Approval documents")."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from core.flows.base import Section
from core.flows.config import ConfigForm, MapField, SyncConfig

# What goes back into the draft; the two special ones go before "draft".
DECISION_SECTIONS = (
    Section("draft", _("Draft, after any decision")),
    Section("draft_approved", _("Draft, after an approval")),
    Section("draft_refused", _("Draft, after a refusal")),
)


class PushConfig(SyncConfig):
    """Of a push flow. Its own form adds ``filter``, ``synced_field`` and what the vendor needs."""

    discover: ClassVar[dict[str, tuple[str, str]]] = {"draft_set": ("erp", "objects")}

    draft_set = forms.CharField(
        label=_("Object of the drafts"),
        initial="Drafts",
        help_text=_("StockTransferDrafts for transfers (67) where Drafts does not show them."),
    )
    lines_name = forms.CharField(
        label=_("Lines of the draft"),
        initial="DocumentLines",
        required=False,
        help_text=_("StockTransferLines for StockTransferDrafts; empty: no lines."),
    )
    page_size = forms.IntegerField(label=_("Documents a page"), initial=20, min_value=1, max_value=1000)
    attachments = forms.CharField(
        label=_("Control for attachments"),
        required=False,
        help_text=_("The draft's files go into this control of the OA form; empty: they stay in the ERP."),
    )
    reconcile_minutes = forms.IntegerField(
        label=_("Ask for missing decisions every (minutes)"),
        initial=5,
        min_value=0,
        max_value=1440,
        help_text=_("For approvals whose callback never came; 0: off."),
    )


class DecisionConfig(ConfigForm):
    """Of a deciding flow."""

    draft_set = forms.CharField(
        label=_("Object of the drafts"),
        initial="Drafts",
        help_text=_("Only for drafts that this platform did not send itself."),
    )
    approver_connections = MapField(
        label=_("ERP connections of the approvers"),
        help_text=_("ERP user id = connection name: the stage's approver decides. Others: the flow's ERP connection."),
    )
    on_withdrawn = forms.ChoiceField(
        label=_("Withdrawn by the originator"),
        initial="refuse",
        choices=[("refuse", _("Refuse in the ERP")), ("ignore", _("Ignore"))],
    )
    post_document = forms.BooleanField(label=_("Post the draft after the last approval"), initial=False, required=False)

    @classmethod
    def connection_names(cls, config: dict[str, Any]) -> set[str]:
        return {name for name in (config.get("approver_connections") or {}).values() if name}
