"""Our short way to a request makes the same one as ``requests`` does."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from core.connectors.target import Target
from core.connectors.transport import Sessions, prepared

SESSION = Sessions(Target(None, None, "x")).get(fresh=False)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12)
VALUE = st.one_of(TEXT, st.integers(), st.booleans(), st.none(), st.lists(TEXT, min_size=1, max_size=3))
FORM = st.dictionaries(TEXT.filter(bool), VALUE, min_size=1, max_size=4).filter(
    lambda form: any(value is not None for value in form.values())
)
JSON = st.one_of(FORM, st.lists(TEXT, min_size=1))
PATHS = ("", "a/b", "Items('A''1')", "Items('聚丙烯 1')", "x?$filter=a%20eq%201", "x?y=1&z=中")


def same(method: str, path: str, **given: Any) -> None:
    """Compared: all that goes over the wire."""
    url = f"https://erp.example:50000/b1s/v1/{path}"
    ours = prepared(SESSION, method, url, **given)
    theirs = SESSION.prepare_request(requests.Request(method, url, **given))
    assert (ours.method, ours.url, ours.body or None) == (theirs.method, theirs.url, theirs.body or None)
    assert dict(ours.headers.lower_items()) == dict(theirs.headers.lower_items())


@given(st.sampled_from(PATHS), FORM)
def test_a_query(path: str, params: dict[str, Any]) -> None:
    same("GET", path, params=params)


@given(st.sampled_from(PATHS), FORM)
def test_a_form(path: str, data: dict[str, Any]) -> None:
    same("POST", path, data=data)


@given(JSON)
def test_json(json: Any) -> None:
    same("PATCH", "Drafts(1)", json=json, headers={"Prefer": "return=minimal", "content-type": "application/json"})


@pytest.mark.parametrize("data", [None, "", "text", "中", b"bytes"])
def test_other_bodies(data: Any) -> None:
    same("POST", "$batch", data=data.encode() if isinstance(data, str) else data, headers={"Content-Type": "x/y"})
    same("POST", "$batch", data=data)


def test_headers_replace_those_of_the_session_and_none_is_smuggled() -> None:
    same("GET", "a", headers={"accept": "text/xml", "Cookie": "B1SESSION=1; ROUTEID=.node0"})
    with pytest.raises(requests.exceptions.InvalidHeader):
        prepared(SESSION, "GET", "https://erp.example/", headers={"X": "a\r\nY: b"})


def test_a_login_in_the_address() -> None:
    url = "https://user:p%40ss@erp.example/a"
    assert prepared(SESSION, "GET", url).headers == SESSION.prepare_request(requests.Request("GET", url)).headers
