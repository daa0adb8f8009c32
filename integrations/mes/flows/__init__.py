"""The MES's flow types: items and work orders out, receipts in (seed 4.4.4)."""

from integrations.mes.flows.pull_receipts import PullReceipts
from integrations.mes.flows.push_items import PushItems
from integrations.mes.flows.push_work_orders import PushWorkOrders

__all__ = ["PullReceipts", "PushItems", "PushWorkOrders"]
