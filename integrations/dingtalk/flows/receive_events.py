"""DingTalk's callbacks, routed by process code (seed 3.4.4.2, 3.4.4.3)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.flows.base import RouterFlow
from core.registry import register_flow


@register_flow
class ReceiveEvents(RouterFlow):
    """The address for 事件订阅 (or Stream mode): the end of an approval goes to the flow of its process code."""

    key, label = "dingtalk.receive_events", _("DingTalk callbacks")
    description = _("Receives approval events and routes them by process code to the flows that act on them.")
    connections = {"oa": "dingtalk.oa"}
    routed = ("dingtalk.decide_draft", "dingtalk.save_special_price")
    seed = "3.4.4.2"
