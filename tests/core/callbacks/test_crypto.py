"""The callback crypto against vectors made by other libraries, and against itself.

fixtures/callback_vectors.json: made with wechatpy 1.8.18 and dingtalk-sdk 1.3.8 and opened again by the other one,
by DingTalk's Java sample and by node (its ``produced_by`` tells more). All ids and keys in it are made up.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.callbacks import crypto
from core.callbacks.crypto import CallbackCrypto
from core.errors import CallbackRejected

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "fixtures" / "callback_vectors.json").read_text(encoding="utf-8")
)
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
PLAIN = CallbackCrypto("token123", AES_KEY, ("corp1",))


def crypto_of(vector: dict[str, Any]) -> CallbackCrypto:
    return CallbackCrypto(vector["token"], vector["encoding_aes_key"], (vector["id"],))


def arguments(vector: dict[str, Any]) -> tuple[str, str, str, str]:
    return vector["signature"], vector["timestamp"], vector["nonce"], vector["encrypt"]


def named(vectors: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


@pytest.mark.parametrize("vector", named(VECTORS["vectors"]))
def test_a_vector_opens(vector: dict[str, Any]) -> None:
    assert crypto_of(vector).open(*arguments(vector)) == vector["plaintext"]
    assert crypto.key_of(vector["encoding_aes_key"]).hex() == vector["aes_key_hex"]


@pytest.mark.parametrize("vector", named(VECTORS["vectors"]))
def test_a_vector_is_made_to_the_byte(vector: dict[str, Any]) -> None:
    with mock.patch.object(crypto.secrets, "token_bytes", return_value=vector["random16"].encode()):
        sealed = crypto_of(vector).seal(vector["plaintext"], vector["timestamp"], vector["nonce"])
    assert (sealed.encrypt, sealed.signature) == (vector["encrypt"], vector["signature"])


@pytest.mark.parametrize("vector", named(VECTORS["negative_vectors"]))
def test_a_bad_vector_is_refused_at_its_stage(vector: dict[str, Any]) -> None:
    with pytest.raises(CallbackRejected) as caught:
        crypto_of(vector).open(*arguments(vector))
    expected = "tail id" if vector["expect_failure_at"].startswith("id check") else "signature"
    assert (caught.value.stage, caught.value.status) == (expected, 403)


def test_the_tail_id_is_named() -> None:
    sealed = CallbackCrypto("token123", AES_KEY, ("other-corp",)).seal("x", "1767225600", "n")
    with pytest.raises(CallbackRejected, match=r"'other-corp'.*expected 'corp1'"):
        PLAIN.open(sealed.signature, "1767225600", "n", sealed.encrypt)


def test_any_of_several_ids_is_taken() -> None:
    sealed = CallbackCrypto("token123", AES_KEY, ("appkey",)).seal("x", "1767225600", "n")
    assert CallbackCrypto("token123", AES_KEY, ("corp", "appkey")).open(
        sealed.signature, "1767225600", "n", sealed.encrypt
    )


def test_another_key_is_told_from_another_token() -> None:
    other = CallbackCrypto("token123", base64.b64encode(b"k" * 32).decode().rstrip("="), ("corp1",))
    sealed = other.seal("hello", "1767225600", "n")
    with pytest.raises(CallbackRejected, match="EncodingAESKey") as caught:
        PLAIN.open(sealed.signature, "1767225600", "n", sealed.encrypt)
    assert caught.value.stage in ("padding", "length")


@pytest.mark.parametrize("missing", range(4))
def test_missing_parameters_are_named(missing: int) -> None:
    given = ["s", "1", "n", "e"]
    given[missing] = ""
    with pytest.raises(CallbackRejected) as caught:
        PLAIN.open(*given)
    assert (caught.value.stage, caught.value.status) == ("parameters", 400)


@pytest.mark.parametrize("key", ["", "short", AES_KEY + "xx", "*" * 43, "密" * 43])
def test_a_bad_aes_key_is_a_setup_mistake(key: str) -> None:
    with pytest.raises(CallbackRejected) as caught:
        crypto.key_of(key)
    assert caught.value.stage == "setup"


def test_no_token_opens_nothing() -> None:
    unset = CallbackCrypto("", AES_KEY, ("corp1",))
    signature = crypto.sign("", "1", "n", "e")
    with pytest.raises(CallbackRejected) as caught:
        unset.open(signature, "1", "n", "e")
    assert caught.value.stage == "setup"


@pytest.mark.parametrize(
    "timestamp, away, accepted",
    [
        ("1767225600", 299, True),
        ("1767225600", -299, True),
        ("1767225600", 301, False),
        ("1767225600000", 299, True),
        ("1767225600000", -301, False),
        ("17672256", 0, False),
        ("soon", 0, False),
    ],
)
def test_the_window(timestamp: str, away: int, accepted: bool) -> None:
    careful = CallbackCrypto("token123", AES_KEY, ("corp1",), window_seconds=300)
    sealed = careful.seal("x", timestamp, "n")
    with mock.patch.object(crypto.time, "time", return_value=1767225600 + away):
        if accepted:
            assert careful.open(sealed.signature, timestamp, "n", sealed.encrypt) == "x"
            return
        with pytest.raises(CallbackRejected) as caught:
            careful.open(sealed.signature, timestamp, "n", sealed.encrypt)
    assert caught.value.stage == "timestamp"


def test_the_window_is_off_by_default() -> None:
    sealed = PLAIN.seal("x", "1", "n")
    assert PLAIN.open(sealed.signature, "1", "n", sealed.encrypt) == "x"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(text=TEXTS, key=st.binary(min_size=32, max_size=32), spare=st.integers(0, 3), owner=TEXTS.filter(bool))
def test_round_trip(text: str, key: bytes, spare: int, owner: str) -> None:
    """Any text, any key, the key's two spare bits anything."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    encoded = base64.b64encode(key).decode().rstrip("=")
    encoded = encoded[:-1] + alphabet[alphabet.index(encoded[-1]) + spare]
    shared = CallbackCrypto("t", encoded, (owner,))
    sealed = shared.seal(text, "1767225600", "nonce")
    assert shared.open(sealed.signature, sealed.timestamp, sealed.nonce, sealed.encrypt) == text
    assert crypto.key_of(encoded) == key


@given(length=st.integers(0, 200))
def test_padding(length: int) -> None:
    padded = crypto.pad(b"x" * length)
    assert len(padded) % 32 == 0
    assert 1 <= padded[-1] <= 32
    assert crypto.unpad(padded) == b"x" * length


@given(
    encrypted=st.text(max_size=120) | st.binary(max_size=160).map(lambda b: base64.b64encode(b).decode()),
    timestamp=st.text(max_size=20),
    signed=st.booleans(),
)
def test_garbage_is_refused_and_nothing_else(encrypted: str, timestamp: str, signed: bool) -> None:
    """Whatever arrives, even signed with the right token: CallbackRejected, never another error."""
    signature = crypto.sign("token123", timestamp, "n", encrypted) if signed else "f" * 40
    with pytest.raises(CallbackRejected):
        PLAIN.open(signature, timestamp, "n", encrypted)


def test_half_a_surrogate_pair_is_only_a_wrong_signature() -> None:
    with pytest.raises(CallbackRejected) as caught:
        PLAIN.open("\ud800", "1", "\udfff", "\ud800")
    assert caught.value.stage == "signature"


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_an_altered_byte_is_noticed(position: int, bit: int) -> None:
    sealed = PLAIN.seal("<xml>同意</xml>", "1767225600", "n")
    raw = bytearray(base64.b64decode(sealed.encrypt))
    raw[position % len(raw)] ^= 1 << bit
    altered = base64.b64encode(bytes(raw)).decode()
    with pytest.raises(CallbackRejected) as caught:
        PLAIN.open(sealed.signature, "1767225600", "n", altered)
    assert caught.value.stage == "signature"
