"""What step logs may not show: secrets by the name of their member, and the connection's secrets by value."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from core.connectors.steps import BODY_LIMIT, Recorder
from core.security.redaction import MASK, SECRET_NAME, mask_members, redact, scrub

NAMES = [
    *(
        "password",
        "Password",
        "UserPassword",
        "app_secret",
        "appSecret",
        "access_token",
        "token",
        "Cookie",
        "SessionId",
    ),
    *(
        "Authorization",
        "X-Apig-AppCode",
        "api_key",
        "apiKey",
        "spk",
        "Md5",
        "encodingAesKey",
        "aes_key",
        "msg_signature",
    ),
    *("suite_ticket", "credentials"),
]
INNOCENT = ["ItemCode", "Comments", "U_Z20_SPEC", "userid", "md5sum_of_file", "Quantity", "备注", "spkx"]


@pytest.mark.parametrize("name", NAMES)
def test_secret_members_are_masked_at_any_depth(name: str) -> None:
    assert redact({name: "s"}) == {name: MASK}
    assert redact([{"a": [{name: "s", "b": 1}]}]) == [{"a": [{name: MASK, "b": 1}]}]


@pytest.mark.parametrize("name", INNOCENT)
def test_other_members_stay(name: str) -> None:
    assert redact({name: "value"}) == {name: "value"}
    assert mask_members(json.dumps({name: "value"})) == json.dumps({name: "value"})


@given(
    st.from_regex(SECRET_NAME, fullmatch=False).filter(lambda name: not set(name) & set('"\\\n') and len(name) <= 80)
)
def test_no_name_of_a_secret_is_overlooked(name: str) -> None:
    """There is a quick look for texts without any."""
    assert mask_members(f'{{"{name}": "value"}}') == f'{{"{name}": "{MASK}"}}'


def test_known_secrets_are_masked_wherever_they_stand() -> None:
    body = {"note": "the key is hunter2-long, keep it", "list": ["hunter2-long"], "n": 5}
    assert redact(body, ["hunter2-long"]) == {"note": f"the key is {MASK}, keep it", "list": [MASK], "n": 5}
    assert scrub("GET /x?k=hunter2-long", ["hunter2-long"]) == f"GET /x?k={MASK}"


def test_a_secret_that_holds_another_goes_as_a_whole() -> None:
    assert scrub("long-secret-tail", ["long-secret", "long-secret-tail"]) == MASK
    assert redact("long-secret-tail", ["long-secret", "long-secret-tail"]) == MASK


def test_short_secrets_do_not_mask_ordinary_words() -> None:
    assert redact({"city": "12345 Town"}, ["12345"]) == {"city": "12345 Town"}
    assert scrub("12345 Town", ["12345", ""]) == "12345 Town"


@pytest.mark.parametrize("name", NAMES)
def test_members_of_json_text_are_masked_too(name: str) -> None:
    cut = mask_members(f'{{"a": 1, "{name}" : "hunter2')
    assert cut == f'{{"a": 1, "{name}" : "{MASK}'
    whole = json.loads(mask_members(json.dumps({"a": 1, name: 'se"cr\\et', "b": "x"})))
    assert whole == {"a": 1, name: MASK, "b": "x"}


def test_the_answer_of_a_login_shows_no_token_in_the_step_log() -> None:
    """Answers reach the log as bytes: their tokens are no secrets of the connection, only their names tell."""
    recorder = Recorder()
    answer = json.dumps({"code": 200, "data": {"token": "eyJhbGciOi.J9", "name": "张三"}}, ensure_ascii=False)
    long = json.dumps({"x": "y" * (BODY_LIMIT - 40), "SessionId": "0123456789" * 10})
    recorder.add("login", input={"appSecret": "s3cret-s3cret"}, output=answer.encode(), secrets=["s3cret-s3cret"])
    recorder.add("login", input="k=s3cret-s3cret", output=long.encode(), secrets=["s3cret-s3cret"])
    first, second = recorder.take()
    assert "eyJ" not in first.output
    assert "张三" in first.output
    assert "s3cret" not in first.input + second.input
    assert "0123456789" not in second.output
    assert len(second.output) <= BODY_LIMIT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=4),
    max_leaves=15,
)


@examples(deadline=None)
@given(JSON, st.lists(st.text(min_size=6), max_size=3))
def test_any_json_keeps_its_shape_and_is_not_changed_itself(value: Any, secrets: list[str]) -> None:
    before = copy.deepcopy(value)
    masked = redact(value, secrets)
    assert value == before
    assert _shape(masked) == _shape(before)
    assert redact(masked, secrets) == masked or any(secret in MASK * 9 for secret in secrets)


@examples(deadline=None)
@given(JSON, st.text(st.characters(categories=["L", "N"]), min_size=6))
def test_a_known_secret_is_nowhere_in_the_values(value: Any, secret: str) -> None:
    masked = redact([value, secret, {"x": f"<{secret}>"}], [secret])
    assert not any(secret in text for text in _texts(masked))


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    return [_shape(inner) for inner in value] if isinstance(value, list) else type(value)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [text for item in inner for text in _texts(item)]
    return [value] if isinstance(value, str) else []
