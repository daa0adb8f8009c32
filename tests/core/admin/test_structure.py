"""Free structures are edited in rows; nowhere in the console is JSON typed."""

from __future__ import annotations

import json

import pytest
from django import forms

from core import registry
from core.admin.forms import themed
from core.structure import ANY, LIST, StructureField


def form_of(**fields: forms.Field) -> type[forms.Form]:
    return type("Form", (forms.Form,), fields)


def test_rows_arrive_as_json_and_scripts_give_the_value_itself():
    kind = form_of(content=StructureField())
    for given in ('{"CardCode": "C1", "DocumentLines": [{"Quantity": 2}]}', {"CardCode": "C1"}):
        form = kind({"content": given})
        assert form.is_valid(), form.errors
        assert form.cleaned_data["content"]["CardCode"] == "C1"


@pytest.mark.parametrize(
    ("root", "given", "fits"),
    [
        ("object", "[1]", False),
        ("object", '"x"', False),
        ("object", "{", False),
        (LIST, "[1]", True),
        (LIST, '{"a": 1}', False),
        (ANY, "[1]", True),
        (ANY, "3", False),
    ],
)
def test_a_root_of_another_kind_is_refused(root, given, fits):
    form = form_of(content=StructureField(root=root, required=False))({"content": given})
    assert form.is_valid() is fits


def test_nothing_is_nothing_and_a_needed_one_is_asked_for():
    assert form_of(content=StructureField(required=False))({"content": ""}).is_valid()
    assert not form_of(content=StructureField())({"content": ""}).is_valid()


def test_what_is_stored_is_carried_escaped_and_no_text_area_is_drawn():
    form = form_of(content=themed(StructureField(required=False)))(initial={"content": {"a": '<"x">'}})
    html = str(form["content"])
    assert "textarea" not in html
    assert 'type="hidden"' in html
    assert "<\\" not in html
    assert "&lt;" in html
    empty = form_of(content=themed(StructureField(required=False)))(initial={"content": None})
    assert 'value=""' in str(empty["content"])


def forms_of_the_console():
    for kind in registry.flow_types().values():
        yield kind.key, kind.Config
    for connector in registry.connectors().values():
        yield connector.key, connector.Settings
        for action in connector.actions().values():
            yield f"{connector.key} {action.name}", action.form


@pytest.mark.parametrize(("name", "form"), list(forms_of_the_console()), ids=lambda value: str(value)[:60])
def test_no_form_of_the_console_asks_for_json(name, form):
    for label, field in form.base_fields.items():
        assert isinstance(field, StructureField) or not isinstance(field, forms.JSONField), label
        assert "JSON" not in str(field.label), label
        assert not str(field.help_text).startswith(("{", "[")), label


def test_a_stored_structure_stays_when_nothing_is_changed():
    value = {"code": "{code}", "rows": [{"n": 1, "ok": True, "none": None}]}
    field = themed(StructureField(root=ANY, required=False))
    assert json.loads(field.prepare_value(value)) == value
    assert not field.has_changed(value, json.dumps(value))
