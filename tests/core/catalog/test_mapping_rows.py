"""Mapping rows in the database: any list is written, whatever stood there before."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.catalog import rows
from core.mapping.engine import Row
from core.models import FlowInstance

row = st.builds(
    Row,
    section=st.sampled_from(["main", "lines"]),
    source=st.sampled_from(["", "A", "B"]),
    target=st.sampled_from(["x", "y", "z"]),
    required=st.booleans(),
)


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(row, max_size=7), min_size=1, max_size=4))
def test_what_was_written_last_is_what_stands_there(acme, lists):
    flow, _ = FlowInstance.objects.get_or_create(tenant=acme, name="F", flow_type="fake.push")
    for each in lists:
        rows.write(flow, rows.in_order(each))
        assert rows.stored(flow) == rows.in_order(each)
        assert flow.mappings.count() == len(each)


@pytest.mark.django_db
def test_rows_that_stay_keep_their_place_in_the_database(acme):
    flow = FlowInstance.objects.create(tenant=acme, name="F", flow_type="fake.push")
    first, second, third = (Row("main", source, source.lower()) for source in "ABC")
    rows.write(flow, [first, second])
    before = {mapping.source: mapping.pk for mapping in flow.mappings.all()}
    rows.write(flow, [second, third])
    after = {mapping.source: mapping.pk for mapping in flow.mappings.all()}
    assert (after["B"], set(after)) == (before["B"], {"B", "C"})
