"""The callback router (seed 6.4.5.1.2 创建企业微信审批回调总流): template id -> the flow that decides."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.flows.base import RouterFlow
from core.flows.context import FlowContext
from core.registry import register_flow


@register_flow
class ReceiveEvents(RouterFlow):
    """Takes sys_approval_change; ended approvals go to the flow of their template, all else is kept as ignored."""

    key, label = "wecom.receive_events", gettext_lazy("WeCom callbacks")
    description = gettext_lazy("One address for all approval templates; each template id leads to a deciding flow.")
    connections = {"oa": "wecom.oa"}
    routed = ("wecom.decide_draft", "wecom.decide_document")

    def check(self, ctx: FlowContext) -> list[str]:
        """Without token and key every callback would be refused."""
        secrets = ctx.targets["oa"].secrets
        if secrets.get("callback_token") and secrets.get("callback_aes_key"):
            return []
        return [_("Enter Token and EncodingAESKey of the callback on the WeCom connection.")]
