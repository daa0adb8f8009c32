"""The inbox and the two kinds of endpoints, with a small vendor of the tests' own."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import ClassVar

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from django.utils import timezone
from django_q.models import OrmQ

from core.callbacks.api import ApiFlowView
from core.callbacks.appcode import HEADER
from core.callbacks.base import Arrived, CallbackView, Inbound, rejections
from core.errors import CallbackRejected, ConnectionBroken, DocumentRejected, NotFound, RetryLater
from core.flows import events
from core.flows.base import EventFlow, RequestFlow, RouterFlow
from core.models import AppCredential, FlowInstance, FlowRun, InboundEvent, Tenant
from core.registry import register_flow
from tests.core.flows.target import make_flow

pytestmark = pytest.mark.django_db(transaction=True)
HANDLED: list[str] = []
FAIL: list[Exception] = []


@register_flow
class Router(RouterFlow):
    key = "test.router"
    connections: ClassVar[dict[str, str]] = {"oa": "test.memory"}
    routed = ("test.handler",)


@register_flow
class Handler(EventFlow):
    key = "test.handler"
    has_company = False

    def handle(self, ctx, event):
        if FAIL:
            raise FAIL[0]
        HANDLED.append(event.event_id)
        return f"handled {event.event_id}"


@register_flow
class Echo(RequestFlow):
    key = "test.echo"
    has_company = False

    def handle(self, ctx, payload):
        if FAIL:
            raise FAIL[0]
        return {"echo": payload}


class Endpoint(CallbackView):
    label = "test"

    def verify(self, request, raw, target):
        if request.headers.get("X-Signature") != "good":
            raise CallbackRejected("signature does not match", stage="signature")
        return Inbound(raw.decode())

    def events(self, inbound):
        for item in json.loads(inbound.text)["events"]:
            yield Arrived(item["id"], "kind", item["route"], body=item)

    def acknowledge(self, request, target, inbound):
        return HttpResponse("success")


class Api(ApiFlowView):
    label = "test"


urlpatterns = [path("cb/<endpoint_key>/", Endpoint.as_view()), path("api/<endpoint_key>/", Api.as_view())]
KEY = "0123456789abcdef"


@pytest.fixture(autouse=True)
def _urls():
    HANDLED.clear()
    FAIL.clear()
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def router():
    router = make_flow("test.router", "router", endpoint_key=KEY)
    handler = make_flow("test.handler", "handler")
    handler.bindings.all().delete()
    router.routes.create(match="R1", target=handler)
    return router


def send(client, *ids, route="R1", signature="good", body=None):
    text = body if body is not None else json.dumps({"events": [{"id": i, "route": route} for i in ids]})
    return client.post(f"/cb/{KEY}/", text, content_type="application/json", headers={"X-Signature": signature})


def work(flow):
    InboundEvent.objects.exclude(due_at=None).update(due_at=timezone.now() - timedelta(seconds=1))
    return events.process(flow.pk)


def test_stores_once_acknowledges_and_handles_later(client, router):
    for _ in range(5):
        assert send(client, "e1").content == b"success"
    assert InboundEvent.objects.count() == 1
    assert HANDLED == []
    assert OrmQ.objects.count() == 1
    assert work(router) == 1
    assert HANDLED == ["e1"]
    assert InboundEvent.objects.get().state == "processed"
    assert FlowRun.objects.get().status == "succeeded"
    assert work(router) == 0


@pytest.mark.parametrize("signature", ["", "bad"])
def test_forged_calls_leave_nothing_and_say_the_stage(client, router, signature):
    assert send(client, "e1", signature=signature).status_code == 403
    assert not InboundEvent.objects.exists()
    assert rejections(router)[0]["stage"] == "signature"


def test_unreadable_but_authentic_is_kept_and_acknowledged(client, router):
    for body in ("not json", "[]", '{"events": [{}]}', "null"):
        assert send(client, body=body).status_code == 200
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"unreadable"}
    assert work(router) == 0


def test_unrouted_is_kept_as_ignored(client, router):
    send(client, "e1", route="unknown")
    work(router)
    assert InboundEvent.objects.get().state == "ignored"


def test_too_large_and_unknown_addresses(client, router):
    assert send(client, body="x" * (2 * 1024 * 1024)).status_code == 413
    assert client.post("/cb/ffffffffffffffff/", "{}", content_type="application/json").status_code == 404
    assert client.get(f"/cb/{KEY}/").status_code == 405


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (RetryLater("ERP down"), "failed"),
        (ConnectionBroken("password"), "failed"),
        (NotFound("not yet in the ledger"), "failed"),
        (DocumentRejected("no"), "dead"),
        (ZeroDivisionError("bug"), "failed"),
    ],
)
def test_failures_are_tried_again_or_shown(client, router, error, state):
    FAIL.append(error)
    send(client, "e1")
    work(router)
    event = InboundEvent.objects.get()
    assert (event.state, event.attempts) == (state, 1)
    FAIL.clear()
    events.replay(event)
    work(router)
    event.refresh_from_db()
    assert event.state == "processed"


def test_a_bug_is_given_up_in_the_end(client, router):
    FAIL.append(ZeroDivisionError("bug"))
    send(client, "e1")
    for _ in range(8):
        work(router)
    assert InboundEvent.objects.get().state == "dead"


def test_events_wait_while_the_flow_is_off(client, router):
    FlowInstance.objects.filter(name="handler").update(enabled=False)
    send(client, "e1")
    for _ in range(40):
        work(router)
    assert InboundEvent.objects.get().state == "failed"
    FlowInstance.objects.filter(name="handler").update(enabled=True)
    work(router)
    assert HANDLED == ["e1"]


def test_a_worker_that_died_frees_its_event_after_the_claim(client, router):
    send(client, "e1")
    event = InboundEvent.objects.get()
    later = timezone.now() + timedelta(minutes=2)
    InboundEvent.objects.update(state="processing", claimed_until=later, due_at=timezone.now())
    assert events.process_one(event.pk) is False
    InboundEvent.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert events.process_one(event.pk) is True


@pytest.fixture
def echo():
    flow = make_flow("test.echo", "echo", endpoint_key=KEY)
    credential = AppCredential(tenant=flow.tenant, name="app")
    credential.set_code("a-code-that-is-long-enough")
    credential.save()
    credential.flows.add(flow)
    return flow


def ask(client, body='{"a": 1}', code="a-code-that-is-long-enough", key=KEY):
    headers = {HEADER: code} if code else {}
    return client.post(f"/api/{key}/", body, content_type="application/json", headers=headers)


def test_api_flow_answers_with_the_right_code(client, echo):
    assert ask(client).json() == {"echo": {"a": 1}}
    assert FlowRun.objects.get().status == "succeeded"


@pytest.mark.parametrize("code", ["", "wrong-code-that-is-long-enough"])
def test_api_flow_refuses_other_codes(client, echo, code):
    assert ask(client, code=code).status_code == 401


def test_api_flow_refuses_codes_of_other_tenants_and_flows(client, echo):
    other = Tenant.objects.create(slug="other", name="other")
    credential = AppCredential(tenant=other, name="app")
    code = credential.set_code("another-code-long-enough")
    credential.save()
    credential.flows.add(echo)
    assert ask(client, code=code).status_code == 401
    AppCredential.objects.get(tenant=echo.tenant).flows.clear()
    assert ask(client).status_code == 401


def test_api_flow_takes_the_previous_code_while_it_is_rotated(client, echo):
    credential = AppCredential.objects.get()
    credential.previous_hash, credential.previous_until = credential.code_hash, timezone.now() + timedelta(hours=1)
    credential.set_code("a-brand-new-code-for-the-app")
    credential.save()
    assert ask(client).status_code == 200
    assert ask(client, code="a-brand-new-code-for-the-app").status_code == 200
    AppCredential.objects.update(previous_until=timezone.now() - timedelta(seconds=1))
    assert ask(client).status_code == 401


@pytest.mark.parametrize("body", ["", "{", "NaN", '"text"', b"\xff\xfe", "[" * 100_000])
def test_api_flow_refuses_what_is_not_json(client, echo, body):
    assert ask(client, body).status_code == 400


def test_api_flow_errors_are_answers(client, echo):
    assert ask(client, key="ffffffffffffffff").status_code == 404
    FAIL.append(RetryLater("ERP down"))
    assert ask(client).json()["retryable"] is True
    FAIL[:] = [ZeroDivisionError("secret internals")]
    answer = ask(client)
    assert answer.status_code == 200
    assert "secret internals" not in answer.content.decode()
    FlowInstance.objects.update(enabled=False)
    assert ask(client).status_code == 503
