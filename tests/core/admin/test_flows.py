"""The generated flow form: config, one connection a slot, schedule."""

from __future__ import annotations

from core import models
from core.models import Role
from tests.core.admin.test_scoping import address


def change(world, client, **more):
    flow, connection = world[models.FlowInstance], world[models.Connection].pk
    data = {"name": flow.name, "company": world[models.Company].pk, "config_since": "", "config_parallel": "8",
            "config_object_type": "Orders", "config_approvers": "anna, bert",
            "slot_erp": connection, "slot_oa": connection,
            "schedule_every": "2", "schedule_unit": "hour", "schedule_weekdays": ["1", "5"]}  # fmt: skip
    answer = client.post(address(models.FlowInstance, "change", flow.pk), {**data, **more})
    flow.refresh_from_db()
    return answer, flow


def test_config_and_schedule_are_kept(a, as_role):
    answer, flow = change(a, as_role(Role.CONSULTANT))
    assert answer.status_code == 302
    assert flow.config["object_type"] == "Orders"
    assert flow.config["approvers"] == ["anna", "bert"]
    assert flow.config["active"] is False  # a box that was not ticked
    assert flow.schedule == {"every": 2, "unit": "hour", "weekdays": [1, 5]}


def test_without_a_number_it_runs_by_hand_only(a, as_role):
    assert change(a, as_role(Role.CONSULTANT), schedule_every="")[1].schedule == {}


def test_wrong_values_are_shown_at_their_fields(a, as_role):
    answer, flow = change(a, as_role(Role.CONSULTANT), config_parallel="0", schedule_every="99999999")
    assert answer.status_code == 200
    assert "greater than or equal to 1" in answer.content.decode()
    assert flow.config == {"object_type": "ItemsAAA"}


def test_slots_offer_fitting_connections_only(a, as_role):
    models.Connection.objects.create(tenant=a.tenant, name="Other system", connector="other")
    page = (
        as_role(Role.CONSULTANT).get(address(models.FlowInstance, "change", a[models.FlowInstance].pk)).content.decode()
    )
    assert "Connection AAA" in page
    assert "Other system" not in page


def test_a_slot_can_be_emptied_and_filled(a, as_role):
    _, flow = change(a, as_role(Role.CONSULTANT), slot_oa="")
    assert [b.slot for b in flow.bindings.all()] == ["erp"]
    _, flow = change(a, as_role(Role.CONSULTANT))
    assert sorted(b.slot for b in flow.bindings.all()) == ["erp", "oa"]


def test_saving_leaves_the_engines_columns_alone(a, as_role, monkeypatch):
    """A run may take the lease between reading the row and saving the form."""
    from core.admin.flow_forms import FlowForm

    original = FlowForm.clean

    def meanwhile(form):
        models.FlowInstance.objects.update(fence=7, lease_holder="host:1:1", state={"cursor": "x"})
        return original(form)

    monkeypatch.setattr(FlowForm, "clean", meanwhile)
    _, flow = change(a, as_role(Role.CONSULTANT), name="Renamed")
    assert (flow.name, flow.fence, flow.state) == ("Renamed", 7, {"cursor": "x"})


def test_a_flow_with_a_ledger_is_not_deleted(a, as_role):
    flow = a[models.FlowInstance]
    as_role(Role.CONSULTANT).post(address(models.FlowInstance, "delete", flow.pk), {"post": "yes"})
    assert models.FlowInstance.objects.filter(pk=flow.pk).exists()


def test_a_flow_whose_integration_is_gone_says_so(a, as_role):
    flow = a[models.FlowInstance]
    models.FlowInstance.objects.filter(pk=flow.pk).update(flow_type="gone.push")
    models.Connection.objects.filter(pk=a[models.Connection].pk).update(connector="gone.system")
    client = as_role(Role.CONSULTANT)
    for url in (
        address(models.FlowInstance, "change", flow.pk),
        f"/admin/flows/{flow.pk}/mapping/",
        address(models.Connection, "change", a[models.Connection].pk),
        f"/admin/connections/{a[models.Connection].pk}/actions/",
    ):
        page = client.get(url)
        assert page.status_code == 200
        assert "gone." in page.content.decode()
