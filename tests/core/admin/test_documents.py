"""Documents: finding, reading why, resolving with a reason, retrying, the table for month-end; events; actions."""

from __future__ import annotations

import csv
import io

import pytest
from auditlog.models import LogEntry
from django.urls import reverse

from core import models
from core.models import Role
from tests.core.admin.test_scoping import address


@pytest.fixture
def held(a):
    return a[models.Delivery]


def resolve(client, delivery, **data):
    return client.post(reverse("admin:delivery_resolve", args=[delivery.pk]), data, follow=True)


def test_the_page_says_why_and_shows_the_calls(a, held, as_role):
    text = as_role(Role.VIEWER).get(address(models.Delivery, "change", held.pk)).content.decode()
    assert "cannot tell" in text
    assert "POST AAA" in text
    assert "Mark as arrived" not in text


def test_arrived_needs_number_and_reason(held, as_role):
    client = as_role(Role.OPERATOR)
    assert "Give a reason" in resolve(client, held, deed="arrived", target_key="77").content.decode()
    resolve(client, held, deed="arrived", target_key="", reason="seen")
    held.refresh_from_db()
    assert held.state == "held"
    resolve(client, held, deed="arrived", target_key="77", reason="seen in the OA")
    held.refresh_from_db()
    assert (held.state, held.target_key) == ("delivered", "77")
    entry = LogEntry.objects.filter(content_type__model="delivery").latest("pk")
    assert "seen in the OA" in str(entry.changes)


def test_give_up(held, as_role):
    resolve(as_role(Role.OPERATOR), held, deed="forget", reason="test document")
    held.refresh_from_db()
    assert held.state == "done"


def test_send_again_opens_the_run(held, as_role):
    page = resolve(as_role(Role.OPERATOR), held, deed="again", reason="looked, not there")
    run = models.FlowRun.objects.get(trigger="retry")
    assert run.params == {"keys": [held.key]}
    assert page.redirect_chain[-1][0] == address(models.FlowRun, "change", run.pk)


def test_a_refused_document_needs_no_reason_to_go_again(held, as_role):
    models.Delivery.objects.filter(pk=held.pk).update(state="refused")
    resolve(as_role(Role.OPERATOR), held, deed="again")
    assert models.FlowRun.objects.filter(trigger="retry").exists()


def test_viewers_resolve_nothing(held, as_role):
    assert resolve(as_role(Role.VIEWER), held, deed="forget", reason="x").status_code == 403


def test_search_takes_numbers_of_both_systems(a, held, as_role):
    models.Delivery.objects.filter(pk=held.pk).update(target_key="OA-9001")
    for number in ("OA-9001", "Document AAA", "key-AAA"):
        text = as_role(Role.VIEWER).get(address(models.Delivery, "changelist"), {"q": number}).content.decode()
        assert f"/delivery/{held.pk}/change/" in text


def test_bulk_retry_leaves_held_documents_to_a_person(a, held, as_role):
    refused = models.Delivery.objects.create(flow=held.flow, key="r", state="refused")
    chosen = {"action": "retry_all", "_selected_action": [held.pk, refused.pk]}
    as_role(Role.OPERATOR).post(address(models.Delivery, "changelist"), chosen)
    assert models.FlowRun.objects.get(trigger="retry").params == {"keys": ["r"]}
    held.refresh_from_db()
    assert held.state == "held"


def test_retry_of_what_failed_in_a_run(a, as_role):
    run = a[models.FlowRun]
    models.Delivery.objects.create(flow=run.flow, run=run, key="r", state="refused")
    as_role(Role.OPERATOR).post(address(models.FlowRun, "press", run.pk, "retry_failed"))
    assert models.FlowRun.objects.get(trigger="retry").params == {"keys": ["r"]}


def test_csv_has_both_numbers_and_runs_no_formula(a, held, as_role):
    models.Delivery.objects.filter(pk=held.pk).update(target_key="OA-1", error="=1+1")
    answer = as_role(Role.VIEWER).post(
        address(models.Delivery, "changelist"), {"action": "as_csv", "_selected_action": [held.pk]}
    )
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    head, row = list(csv.reader(io.StringIO(text)))
    line = dict(zip(head, row, strict=True))
    assert (line["document"], line["number over there"], line["error"]) == ("Document AAA", "OA-1", "'=1+1")


def test_replay_of_an_event(a, as_role):
    event = a[models.InboundEvent]
    as_role(Role.OPERATOR).post(address(models.InboundEvent, "press", event.pk, "replay"))
    event.refresh_from_db()
    assert event.state == "received"
    assert event.due_at is not None


def test_replay_of_many(a, as_role):
    chosen = {"action": "replay_all", "_selected_action": [a[models.InboundEvent].pk]}
    assert as_role(Role.VIEWER).post(address(models.InboundEvent, "changelist"), chosen).status_code == 403
    as_role(Role.OPERATOR).post(address(models.InboundEvent, "changelist"), chosen)
    assert models.InboundEvent.objects.get(pk=a[models.InboundEvent].pk).state == "received"


def attempt(client, connection, name, **data):
    return client.post(reverse("admin:connection_action", args=[connection.pk, name]), data)


def test_an_action_is_tried_with_typed_inputs(a, as_role):
    page = attempt(as_role(Role.OPERATOR), a[models.Connection], "echo", text="ab", times="3").content.decode()
    assert "ababab" in page
    assert (
        "Enter a whole number"
        in attempt(as_role(Role.OPERATOR), a[models.Connection], "echo", text="ab", times="x").content.decode()
    )


def test_an_action_that_fails_shows_the_vendors_words(a, as_role):
    page = attempt(as_role(Role.OPERATOR), a[models.Connection], "echo", text="refuse", times="1").content.decode()
    assert "[305] password wrong" in page


def test_what_writes_needs_a_consultant_and_is_noted(a, as_role):
    assert attempt(as_role(Role.OPERATOR), a[models.Connection], "write", text="x", times="1").status_code == 403
    attempt(as_role(Role.CONSULTANT), a[models.Connection], "write", text="x", times="1")
    assert "action write" in str(LogEntry.objects.latest("pk").changes)


def test_missing_user_fields_are_named_and_made(a, as_role):
    url = reverse("admin:user_fields", args=[a[models.Connection].pk])
    client = as_role(Role.CONSULTANT)
    assert "OITM.U_SYN is missing" in client.get(url).content.decode()
    assert "Made: OITM.U_SYN" in client.post(url, follow=True).content.decode()
