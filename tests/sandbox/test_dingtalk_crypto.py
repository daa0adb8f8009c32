"""The pretended DingTalk's encryption against vectors made by other people's libraries (protocol: sections 3, 4)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.dingtalk import crypto

VECTORS = json.loads((Path(__file__).parent / "data" / "dingtalk_vectors.json").read_text())


# --- encryption ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda v: v["name"])
def test_both_directions_of_every_vector(vector: dict[str, str]) -> None:
    key, tail = vector["encoding_aes_key"], vector["id"]
    made = crypto.encrypt(key, vector["plaintext"], tail, vector["random16"].encode())
    assert made == vector["encrypt"]
    signed = crypto.sign(vector["token"], vector["timestamp"], vector["nonce"], made)
    assert signed == vector["signature"]
    assert crypto.decrypt(key, vector["encrypt"], tail) == vector["plaintext"]


@pytest.mark.parametrize("vector", VECTORS["negative_vectors"], ids=lambda v: v["name"])
def test_every_negative_vector_fails_at_its_stage(vector: dict[str, str]) -> None:
    stage = "signature" if vector["expect_failure_at"].startswith("signature") else "tail id"
    with pytest.raises(crypto.Unreadable, match=stage):
        opened(vector)


def opened(vector: dict[str, str]) -> str:
    crypto.verify(*(vector[name] for name in ("token", "timestamp", "nonce", "encrypt", "signature")))
    return crypto.decrypt(vector["encoding_aes_key"], vector["encrypt"], vector["id"])
