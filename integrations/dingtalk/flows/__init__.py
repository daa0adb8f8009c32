"""DingTalk's flow types (seed chapter 3)."""

from __future__ import annotations

from integrations.dingtalk.flows.decide_draft import DecideDraft
from integrations.dingtalk.flows.push_approval import PushDraftApproval
from integrations.dingtalk.flows.receive_events import ReceiveEvents
from integrations.dingtalk.flows.save_special_price import SaveSpecialPrice

__all__ = ["DecideDraft", "PushDraftApproval", "ReceiveEvents", "SaveSpecialPrice"]
