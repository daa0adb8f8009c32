"""$metadata of both OData versions, read with foreign documents in mind."""

from __future__ import annotations

from pathlib import Path

import pytest
import responses

from core.errors import ConfigurationError
from integrations.erp import metadata, odata
from integrations.erp.metadata import Metadata, Unreadable
from tests.integrations.erp.conftest import HOST, service_layer, session

FIXTURES = Path(__file__).parent / "fixtures"
V3 = (FIXTURES / "metadata_v3.xml").read_bytes()
V4 = (FIXTURES / "metadata_v4.xml").read_bytes()


@pytest.mark.parametrize("text", [V3, V4])
def test_types_keys_and_collections(text: bytes) -> None:
    found = metadata.parse(text)
    draft = found.of_set("Drafts")
    assert draft is not None
    assert draft.key_kinds == {"DocEntry": odata.INT}
    assert draft.properties["DocDate"].kind == odata.DATE
    assert draft.properties["DocTotal"].kind == odata.DOUBLE
    assert draft.properties["DocType"].kind == odata.ENUM
    assert found.enums["BoDocumentTypes"] == {"dDocument_Items": "I", "dDocument_Service": "S"}
    assert draft.properties["U_SyncStatus"].is_user_field
    lines = found.lines("Drafts", "DocumentLines")
    assert lines is not None
    assert lines.properties["Quantity"].kind == odata.DOUBLE
    assert found.lines("Drafts", "CardCode") is None
    prices = found.of_set("SpecialPrices")
    assert prices is not None
    assert list(prices.key_kinds) == ["CardCode", "ItemCode"]


def test_the_packed_form_is_the_same() -> None:
    found = metadata.parse(V3)
    assert Metadata.unpack(found.pack()) == found


def test_shows_looks_at_the_sets_over_a_table() -> None:
    found = metadata.parse(V3)
    assert found.shows("ODRF", "U_SyncStatus")
    assert found.shows("OPOR", "U_SyncStatus")  # marketing documents share their user fields
    assert not found.shows("ODRF", "U_Other")
    assert found.shows("@UNHEARD", "U_Other")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"<html><body>",
        b"<html><body>Welcome</body></html>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
    ],
)
def test_what_is_no_metadata_is_refused(text: bytes) -> None:
    with pytest.raises(Unreadable):
        metadata.parse(text)


def test_it_is_read_once(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add(responses.GET, f"{HOST}/b1s/v1/$metadata", body=V3)
    assert service_layer().key_kinds("CONTRACT") == {"DocEntry": odata.INT}
    client = service_layer()
    assert client.key_kinds("CONTRACT") == {"DocEntry": odata.INT}
    assert sum("$metadata" in call.request.url for call in wire.calls) == 1
    client.metadata(fresh=True)
    assert sum("$metadata" in call.request.url for call in wire.calls) == 2


def test_a_user_object_is_paged_and_addressed_by_its_key(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add(responses.GET, f"{HOST}/b1s/v1/$metadata", body=V3)
    wire.add(responses.GET, f"{HOST}/b1s/v1/CONTRACT", json={"value": [{"DocEntry": 1}]})
    wire.add(responses.PATCH, f"{HOST}/b1s/v1/CONTRACT(1)", status=204)
    wire.add(responses.PATCH, f"{HOST}/b1s/v1/U_SCANLOG(%271%27)", status=204)
    client = service_layer()
    assert list(client.query("CONTRACT")) == [{"DocEntry": 1}]
    assert "$orderby=DocEntry" in wire.calls[-1].request.url
    client.update("CONTRACT", "1", {"U_SyncStatus": "Y"})
    client.update("U_SCANLOG", 1, {"Name": "x"})


def test_without_metadata_the_python_type_decides(wire: responses.RequestsMock) -> None:
    session(wire)
    wire.add(responses.GET, f"{HOST}/b1s/v1/$metadata", status=404)
    wire.add(responses.PATCH, f"{HOST}/b1s/v1/CONTRACT(1)", status=204)
    wire.add(responses.PATCH, f"{HOST}/b1s/v1/CONTRACT(%271%27)", status=204)
    client = service_layer()
    client.update("CONTRACT", 1, {})
    client.update("CONTRACT", "1", {})


def test_a_set_name_cannot_smuggle_a_path() -> None:
    with pytest.raises(ConfigurationError):
        odata.path("Items('1')/Cancel?x=", "1")
