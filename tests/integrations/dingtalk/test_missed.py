"""Approvals of prices whose callback never came."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core.models import FlowInstance, InboundEvent
from integrations.dingtalk import tasks
from tests.integrations.dingtalk.house import PRICE, PRICES, House

VALUES = {"物料代码": "11028", "业务伙伴代码": "V10000", "价格": "12.30", "币种": "RMB"}


@pytest.fixture
def pricing(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(tasks, "JUST_NOW", timedelta(0))
    house.apply(house.prices(), house.receive({PRICE: PRICES}))
    return house


def ended(house: House, how: str = "agree") -> str:
    number = house.act("start", processCode=PRICE, values=VALUES)["instanceId"]
    if how:
        house.act(how, number)
    return str(number)


def price(house: House) -> float:
    return float(house.sandbox.erp_object("SpecialPrices", "V10000|11028")["Price"])


def test_an_agreed_one_is_found_and_saved_once(pricing: House) -> None:
    ended(pricing)
    ended(pricing, "")
    for _ in range(3):
        tasks.look_for_missed_prices()
    assert InboundEvent.objects.count() == 1
    pricing.work()
    assert price(pricing) == 12.3
    tasks.look_for_missed_prices()
    assert InboundEvent.objects.count() == 1


def test_what_came_by_callback_is_not_stored_again(pricing: House) -> None:
    pricing.event(ended(pricing), route=PRICE)
    tasks.look_for_missed_prices()
    assert InboundEvent.objects.count() == 1


def test_what_ended_before_the_flow_was_switched_on_is_left_alone(pricing: House) -> None:
    ended(pricing)
    FlowInstance.objects.filter(name=PRICES).update(first_enabled_at=timezone.now() + timedelta(seconds=1))
    tasks.look_for_missed_prices()
    assert not InboundEvent.objects.exists()


def test_switched_off(pricing: House) -> None:
    ended(pricing)
    FlowInstance.objects.filter(name=PRICES).update(config={"look_back_days": 0})
    tasks.look_for_missed_prices()
    FlowInstance.objects.filter(name=PRICES).update(config={}, enabled=False)
    tasks.look_for_missed_prices()
    assert not InboundEvent.objects.exists()


def test_an_outage_of_dingtalk_raises_nothing(pricing: House) -> None:
    pricing.settings(timeout_next=50)
    tasks.look_for_missed_prices()
    pricing.settings(timeout_next=0)
    ended(pricing)
    tasks.look_for_missed_prices()
    assert InboundEvent.objects.count() == 1
