"""Which outgoing document a decision is about: numbers are one corp's own."""

from __future__ import annotations

import pytest
from django import forms

from core.catalog.schedules import check_schedule
from core.connectors.base import Connector
from core.connectors.http import HttpClient
from core.connectors.target import Target
from core.errors import ConfigurationError
from core.flows import routing
from core.flows.context import load
from core.flows.decisions import sent_by_key, sent_by_label, sent_for
from core.models import Company, Delivery
from tests.core.flows.target import MemoryFlow, make_flow

pytestmark = pytest.mark.django_db(transaction=True)
PUSH = ["test.memory_push"]


class Corp(Connector):
    key = "test.corp"
    account_settings = ("corp_id",)

    class client_class(HttpClient):
        system = "corp"

    class Settings(forms.Form):
        corp_id = forms.CharField(required=False)


@pytest.fixture
def flows():
    """Push and deciding flow of each of two corps of one tenant; both sent an approval with number 77."""
    made = {}
    for name in ("one", "two"):
        push, decide = make_flow(name=f"push {name}"), make_flow("test.silent_push", name=f"decide {name}")
        connection = push.tenant.connections.create(
            name=f"OA {name}", connector="test.memory", base_url=f"http://{name}.example"
        )
        for flow in (push, decide):
            flow.bindings.update(connection=connection)
        Delivery.objects.create(flow=push, key=f"D-{name}", label="5", state="done", target_key="77")
        made[name] = (push, decide)
    return made


@pytest.mark.parametrize("name", ["one", "two"])
def test_the_same_number_of_two_corps_is_two_documents(flows, name):
    push, decide = flows[name]
    ctx = load(decide)
    sent = sent_for(ctx, "77", PUSH)
    assert sent is not None
    assert (sent.flow, sent.key) == (push, f"D-{name}")
    assert [found.key for found in sent_by_label(ctx, PUSH, "5")] == [f"D-{name}"]


def test_a_number_of_the_other_corp_only_is_unknown(flows):
    _push, decide = flows["one"]
    Delivery.objects.filter(key="D-one").delete()
    assert sent_for(load(decide), "77", PUSH) is None


def test_a_flow_that_cannot_tell_corps_takes_its_own_companys(flows):
    """The OA calls an API flow, which has no connection to it."""
    companies = {}
    for name, (push, decide) in flows.items():
        decide.bindings.all().delete()
        companies[name] = Company.objects.create(tenant=push.tenant, code=name)
        for flow in (push, decide):
            flow.company = companies[name]
            flow.save()
    for name, (_push, decide) in flows.items():
        sent = sent_for(load(decide), "77", PUSH)
        assert sent is not None
        assert sent.key == f"D-{name}"


def test_one_flow_may_take_in_the_decisions_of_two_companies(flows):
    push, decide = flows["one"]
    waiting = Delivery.objects.create(flow=push, key="K", label="9", state="held")
    for flow, code in ((push, "A"), (decide, "B")):
        flow.company = Company.objects.create(tenant=push.tenant, code=code)
        flow.save()
    sent = sent_for(load(decide), "77", PUSH)
    assert sent is not None
    assert sent.flow == push
    assert [found.id for found in sent_by_key(load(decide), PUSH, ["K"])] == [waiting.pk]


def test_two_connections_of_one_corp_are_one_account():
    def of(number, corp, address="http://a"):
        return Target(number, 1, "test.corp", base_url=address, settings={"corp_id": corp})

    assert Corp.same_account(of(1, "c1"), of(2, "c1", "http://b"))
    assert not Corp.same_account(of(1, "c1"), of(2, "c2"))
    assert Corp.same_account(of(1, "c1"), of(2, "")), "what is left out tells no difference"
    assert Corp.same_account(of(1, "c1"), of(1, "changed"))


def test_of_several_routes_the_oldest_counts(flows):
    (first, target), (second, other) = flows["one"], flows["two"]
    for router, to in ((first, target), (second, other)):
        router.routes.create(match="T", target=to)
    for _again in range(3):
        assert routing.target_for(first.tenant_id, PUSH, "T") == target
        assert routing.router_for(first.tenant_id, PUSH, "T") == first


@pytest.mark.parametrize(
    "schedule",
    [{"every": 0, "unit": "minute"}, {"every": 1, "unit": "year"}, {"every": 1, "unit": "day", "start": "25:00"},
     {"every": 1, "unit": "day", "weekdays": [8]}, {"every": 1, "unit": "day", "when": "now"}],
)  # fmt: skip
def test_files_and_services_check_schedules_as_the_console_does(schedule):
    with pytest.raises(ConfigurationError):
        check_schedule(MemoryFlow, schedule)
