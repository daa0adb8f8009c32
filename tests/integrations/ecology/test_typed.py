"""Values as texts become the ERP's types; the $metadata is a cut of the vendor's."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.ecology import typed
from integrations.ecology.inbound import BadBody
from integrations.erp import metadata

ZONE = ZoneInfo("Asia/Shanghai")
XML = b"""<?xml version="1.0"?><edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices>
<Schema xmlns="http://schemas.microsoft.com/ado/2009/11/edm" Namespace="SAPB1">
<EnumType Name="BoYesNoEnum"><Member Name="tNO" Value="N"/><Member Name="tYES" Value="Y"/></EnumType>
<EntityType Name="Document"><Key><PropertyRef Name="DocEntry"/></Key>
<Property Name="DocEntry" Type="Edm.Int32"/><Property Name="CardCode" Type="Edm.String"/>
<Property Name="DocDueDate" Type="Edm.DateTime"/><Property Name="DocTotal" Type="Edm.Double"/>
<Property Name="Series" Type="Edm.Int32"/><Property Name="HandWritten" Type="SAPB1.BoYesNoEnum"/>
<Property Name="U_Amount" Type="Edm.Double"/>
<Property Name="DocumentLines" Type="Collection(SAPB1.DocumentLine)"/></EntityType>
<ComplexType Name="DocumentLine"><Property Name="ItemCode" Type="Edm.String"/>
<Property Name="Quantity" Type="Edm.Double"/></ComplexType>
<EntityContainer Name="ServiceLayer"><EntitySet Name="Orders" EntityType="SAPB1.Document"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""
METADATA = metadata.parse(XML)


def header(**fields: Any) -> dict[str, Any]:
    return typed.header(METADATA, "Orders", fields, ZONE)


@pytest.mark.parametrize(
    ("field", "given", "wanted"),
    [
        ("DocTotal", "1,234.50", 1234.5),
        ("DocTotal", "１２", 12),
        ("DocTotal", 3, 3),
        ("Series", "4.0", 4),
        ("DocDueDate", "2024-03-20", "2024-03-20"),
        ("DocDueDate", "2024/3/20", "2024-03-20"),
        ("DocDueDate", "20240320", "2024-03-20"),
        ("DocDueDate", "2024-03-20 10:00:00", "2024-03-20"),
        ("CardCode", 20000, "20000"),
        ("CardCode", "C1", "C1"),
        ("HandWritten", "tYES", "tYES"),
        ("U_Amount", "5", 5),
        ("U_NotYetVisible", "5", "5"),
    ],
)
def test_a_value_gets_the_fields_type(field: str, given: Any, wanted: Any) -> None:
    assert header(**{field: given}) == {field: wanted}


@pytest.mark.parametrize(
    ("field", "given", "code"),
    [
        ("DocTotal", "ten", 40005),
        ("DocTotal", "1,5", 40005),
        ("Series", "1.5", 40005),
        ("DocDueDate", "2024-02-30", 40005),
        ("DocDueDate", "tomorrow", 40005),
        ("NoSuchField", "x", 40004),
        ("cardcode", "x", 40004),
    ],
)
def test_what_is_wrong_is_named_by_its_place(field: str, given: Any, code: int) -> None:
    with pytest.raises(BadBody, match=rf"mainData\.{field}") as caught:
        header(**{field: given})
    assert caught.value.code == code


def test_lines_are_named_by_their_number_in_what_was_sent() -> None:
    rows = [(0, {"ItemCode": "A1", "Quantity": "2"}), (3, {"Quantity": "two"})]

    with pytest.raises(BadBody, match=r"detailData\[3\]\.Quantity"):
        typed.lines(METADATA, "Orders", "DocumentLines", rows, ZONE)

    assert typed.lines(METADATA, "Orders", "DocumentLines", rows[:1], ZONE) == [{"ItemCode": "A1", "Quantity": 2}]


def test_an_object_or_collection_the_erp_does_not_have_is_named() -> None:
    with pytest.raises(BadBody, match="Ordres") as caught:
        typed.header(METADATA, "Ordres", {}, ZONE)
    assert caught.value.code == 40002
    with pytest.raises(BadBody, match="Lines") as caught:
        typed.lines(METADATA, "Orders", "Lines", [], ZONE)
    assert caught.value.code == 40003
