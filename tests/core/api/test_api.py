"""The management API: what the console does, with the same roles, and nothing of another tenant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.api.urls import router
from core.models import (
    AlertChannel,
    ApiToken,
    AppCredential,
    Company,
    Connection,
    Delivery,
    DomainFile,
    FlowInstance,
    FlowRun,
    FlowTemplate,
    InboundEvent,
    Membership,
    Person,
    Role,
    Tenant,
    UnknownValue,
    ValueMap,
)
from tests.core.flows.target import make_flow

pytestmark = pytest.mark.django_db(transaction=True)
LISTS = [prefix for prefix, _view, _name in router.registry]
SECRET = "a-secret-that-is-never-shown"


class Api:
    """A token's calls."""

    def __init__(self, tenant: Tenant, role: Role) -> None:
        token = ApiToken(tenant=tenant, name=f"{role}-{timezone.now().timestamp()}", role=role)
        self.headers = {"Authorization": f"Bearer {token.set_token()}"}
        token.save()
        self.client = Client()

    def __call__(self, method: str, path: str, body: Any = None, status: int | None = None) -> Any:
        answer = self.client.generic(
            method, f"/api/v1/{path}", json.dumps(body) if body is not None else "", "application/json",
            headers=self.headers,
        )  # fmt: skip
        assert status is None or answer.status_code == status, (answer.status_code, answer.content)
        return answer.json() if answer.content and "json" in answer.headers["Content-Type"] else answer


def fill(tenant: Tenant, flow: FlowInstance, django_user_model: Any) -> None:
    """One row of everything."""
    user = django_user_model.objects.create(username=f"user of {tenant.slug}")
    Membership.objects.create(user=user, tenant=tenant, role=Role.OWNER)
    Company.objects.create(tenant=tenant, code="C")
    Connection.objects.create(tenant=tenant, name="X", connector="test.memory", secrets={"password": SECRET})
    ValueMap.objects.create(tenant=tenant, name="m", rows={"1": "D1"})
    Person.objects.create(tenant=tenant, connector="test.memory", erp_user="1", outside_user="u")
    DomainFile.objects.create(tenant=tenant, name=f"WW_verify_{tenant.slug}.txt", content="x")
    credential = AppCredential(tenant=tenant, name="app")
    credential.set_code()
    credential.save()
    AlertChannel.objects.create(tenant=tenant, name="mail", kind="email", target=SECRET)
    FlowTemplate.objects.create(tenant=tenant, slug="t", name="t", flow_type="test.memory_push")
    run = FlowRun.objects.create(flow=flow, queued_at=timezone.now(), status="succeeded")
    Delivery.objects.create(flow=flow, key="k", state="held", run=run, label="4711")
    InboundEvent.objects.create(flow=flow, event_id="e", state="dead")


@pytest.fixture
def ours(django_user_model):
    flow = make_flow()
    fill(flow.tenant, flow, django_user_model)
    return flow


@pytest.fixture
def theirs(django_user_model):
    tenant = Tenant.objects.create(slug="theirs", name="theirs")
    flow = FlowInstance.objects.create(tenant=tenant, name="theirs", flow_type="test.memory_push")
    fill(tenant, flow, django_user_model)
    return flow


@pytest.mark.parametrize("name", LISTS)
def test_lists_show_own_rows_only(ours, theirs, name):
    owner = Api(ours.tenant, Role.OWNER)
    mine, other = owner("GET", f"{name}/", status=200), Api(theirs.tenant, Role.OWNER)("GET", f"{name}/", status=200)
    assert mine["count"] >= 1, name
    assert not {row["id"] for row in mine["results"]} & {row["id"] for row in other["results"]}
    for row in other["results"]:
        owner("GET", f"{name}/{row['id']}/", status=404)
        for method in ("PATCH", "DELETE"):
            answer = owner(method, f"{name}/{row['id']}/", {})
            assert answer == {"detail": answer["detail"]}, (name, method)
    assert SECRET not in json.dumps(mine)


@pytest.mark.parametrize("name", LISTS)
def test_strangers_get_401(ours, name, client):
    assert client.get(f"/api/v1/{name}/").status_code == 401
    bad = {"Authorization": "Bearer nonsense"}
    assert client.get(f"/api/v1/{name}/", headers=bad).status_code == 401


def test_a_viewer_changes_nothing(ours):
    viewer = Api(ours.tenant, Role.VIEWER)
    connection = Connection.objects.get(name="X")
    viewer("PATCH", f"connections/{connection.pk}/", {"name": "Y"}, status=403)
    viewer("POST", "companies/", {"tenant": ours.tenant_id, "code": "N"}, status=403)
    viewer("POST", f"flows/{ours.pk}/run/", status=403)
    viewer("POST", f"deliveries/{Delivery.objects.get().pk}/forget/", {"reason": "x"}, status=403)
    assert Connection.objects.get(pk=connection.pk).name == "X"


def test_an_operator_runs_and_retries_but_configures_nothing(ours):
    operator = Api(ours.tenant, Role.OPERATOR)
    assert operator("POST", f"flows/{ours.pk}/run/", status=202)["status"] == "queued"
    row = Delivery.objects.get()
    answer = operator("POST", "deliveries/retry/", {"ids": [row.pk], "reason": "looked into it"}, status=202)
    assert answer["retried"] == 1
    operator("PATCH", f"flows/{ours.pk}/", {"config": {"parallel": 2}}, status=403)
    operator("POST", "companies/", {"tenant": ours.tenant_id, "code": "N"}, status=403)


def test_a_consultant_configures(ours):
    consultant = Api(ours.tenant, Role.CONSULTANT)
    flow = consultant("PATCH", f"flows/{ours.pk}/", {"config": {"parallel": 2}}, status=200)
    assert flow["config"]["parallel"] == 2
    wrong = consultant("PATCH", f"flows/{ours.pk}/", {"config": {"no_such": 2}}, status=400)
    assert "no_such" in wrong
    rows = [{"section": "main", "source": "Key", "target": "number", "required": True}]
    flow = consultant("PATCH", f"flows/{ours.pk}/", {"mappings": rows}, status=200)
    assert [row["target"] for row in flow["mappings"]] == ["number"]


def test_secrets_are_written_and_never_read(ours):
    consultant = Api(ours.tenant, Role.CONSULTANT)
    row = Connection.objects.get(name="X")
    answer = consultant("GET", f"connections/{row.pk}/", status=200)
    assert answer["secrets_set"] == ["password"]
    assert "secrets" not in answer


def test_an_operator_changes_a_password_and_nothing_else(ours, theirs, monkeypatch):
    row, path = Connection.objects.get(tenant=ours.tenant, name="X"), "connections/{}/password/"
    operator = Api(ours.tenant, Role.OPERATOR)
    answer = operator("POST", path.format(row.pk), {"secrets": {"password": "new-one"}}, status=200)
    assert answer["ok"] is True
    assert "new-one" not in json.dumps(answer)
    row.refresh_from_db()
    assert (row.secrets, row.status) == ({"password": "new-one"}, "ok")

    for wrong in ({"base_url": "http://evil"}, {}, {"password": ""}):
        operator("POST", path.format(row.pk), {"secrets": wrong}, status=400)
    Api(ours.tenant, Role.VIEWER)("POST", path.format(row.pk), {"secrets": {"password": "x"}}, status=403)
    other = Connection.objects.get(tenant=theirs.tenant, name="X")
    operator("POST", path.format(other.pk), {"secrets": {"password": "x"}}, status=404)
    row.refresh_from_db()
    assert row.secrets == {"password": "new-one"}


def test_unknown_values_are_listed_and_translated(ours, theirs):
    row = ValueMap.objects.filter(tenant=ours.tenant).first()
    for flow in (ours, theirs):
        UnknownValue.objects.create(flow=flow, value_map=row.name, value="odd", count=2, last_seen=timezone.now())
    consultant = Api(ours.tenant, Role.CONSULTANT)
    found = consultant("GET", f"value-maps/{row.pk}/unknown/", status=200)
    assert [(met["flow"], met["value"], met["count"]) for met in found] == [(ours.pk, "odd", 2)]
    body = {"value": "odd", "meaning": "D9"}
    Api(ours.tenant, Role.OPERATOR)("POST", f"value-maps/{row.pk}/translate/", body, status=403)
    Api(theirs.tenant, Role.OWNER)("POST", f"value-maps/{row.pk}/translate/", body, status=404)
    assert consultant("POST", f"value-maps/{row.pk}/translate/", body, status=200)["rows"]["odd"] == "D9"
    consultant("POST", f"value-maps/{row.pk}/translate/", body, status=400)
    assert consultant("GET", f"value-maps/{row.pk}/unknown/", status=200) == []
    assert UnknownValue.objects.get().flow == theirs


def test_parts_of_another_tenant_are_refused(ours, theirs):
    consultant = Api(ours.tenant, Role.CONSULTANT)
    company = Company.objects.get(tenant=theirs.tenant)
    consultant("POST", "companies/", {"tenant": theirs.tenant_id, "code": "N"}, status=400)
    row = Connection.objects.get(tenant=ours.tenant, name="X")
    consultant("PATCH", f"connections/{row.pk}/", {"company": company.pk}, status=400)
    consultant("PATCH", f"connections/{row.pk}/", {"tenant": theirs.tenant_id}, status=400)
    template = FlowTemplate.objects.get(tenant=theirs.tenant)
    body = {"tenant": ours.tenant_id, "template": template.pk, "name": "stolen"}
    consultant("POST", "flows/", body, status=400)
    consultant("POST", f"templates/{template.pk}/copy/", {"tenant": ours.tenant_id}, status=400)


def test_app_codes_are_shown_once(ours):
    owner = Api(ours.tenant, Role.OWNER)
    made = owner("POST", "app-credentials/", {"tenant": ours.tenant_id, "name": "n", "flows": [ours.pk]}, status=201)
    assert len(made["app_code"]) > 30
    assert owner("GET", f"app-credentials/{made['id']}/")["app_code"] == ""
    rotated = owner("POST", f"app-credentials/{made['id']}/rotate/", status=200)
    assert rotated["app_code"] != made["app_code"]


def test_filters_and_search_by_number(ours):
    viewer = Api(ours.tenant, Role.VIEWER)
    assert viewer("GET", "deliveries/?number=4711")["count"] == 1
    assert viewer("GET", "deliveries/?needs_person=true")["count"] == 1
    assert viewer("GET", "deliveries/?state=done")["count"] == 0
    assert viewer("GET", "deliveries/?state=nonsense", status=400)["state"]
    assert viewer("GET", "runs/?page=99", status=404)["detail"]


def test_events_are_replayed(ours):
    event = InboundEvent.objects.get()
    assert Api(ours.tenant, Role.OPERATOR)("POST", f"events/{event.pk}/replay/", status=202)["state"] == "received"


def test_the_document_is_served_with_a_page(client, django_user_model):
    client.force_login(django_user_model.objects.create(username="someone"))
    assert client.get("/api/schema/").status_code == 200
    page = client.get("/api/docs/").content.decode()
    assert "redoc" in page
    assert "cdn" not in page
