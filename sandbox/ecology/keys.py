"""The OA's RSA key pairs and the licences (appid, secret) that other systems got.

The demo licence is fixed, so that a configuration file can name it. Its key is public knowledge: it protects nothing.
"""

from __future__ import annotations

import base64
import binascii
import functools
import uuid
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox import store
from sandbox.ecology.switches import SYSTEM

APPID = "EEAA5436"
SECRET = "b4f02d6c-6d15-4b0f-9a3e-5f1c8e7d2a90"  # the demo's, known to everyone
DEMO_PEM = Path(__file__).with_name("demo_key.pem").read_text()


class Undecryptable(ValueError):
    """Not a ciphertext of this key."""


def licence(appid: str) -> dict:
    """{"appid", "name", "secret", "pem"}; raises store.Missing."""
    return store.get(SYSTEM, "licence", appid)


def renew(appid: str) -> dict:
    """A new secret and key pair for a known appid: whoever uses the old ones is locked out."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return store.put(SYSTEM, "licence", appid, {**licence(appid), "secret": str(uuid.uuid4()), "pem": pem})


@functools.lru_cache(maxsize=8)  # reading a key checks it, which takes long
def _private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def spk(pem: str) -> str:
    """The public key as e-cology hands it out: base64 of the DER SubjectPublicKeyInfo, one line, no armour."""
    der = (
        _private(pem)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return base64.b64encode(der).decode()


def decrypt(pem: str, text: str) -> str:
    """RSA PKCS#1 v1.5. Raises Undecryptable.

    The library answers a wrong padding with random bytes (implicit rejection), so what is no UTF-8 text, or
    longer than any id or secret, counts as undecryptable too.
    """
    try:
        plain = _private(pem).decrypt(base64.b64decode(text, validate=True), padding.PKCS1v15()).decode()
    except (ValueError, binascii.Error) as error:
        raise Undecryptable(str(error)) from error
    if len(plain) > 64 or not plain.isprintable():
        raise Undecryptable("not a text")
    return plain
