"""Callback crypto (protocol section 3): AES-256-CBC, PKCS#7 to 32 bytes, sha1 over the sorted parts."""

from __future__ import annotations

import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


def key_of(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind the 43 characters; the two spare bits of the last one are anything."""
    return base64.b64decode(encoding_aes_key + "=")


def seal(encoding_aes_key: str, owner: str, message: str, salt: bytes | None = None) -> str:
    """``message`` for ``owner`` (the corp id) as one line of base64; ``salt``: 16 bytes, random when left out."""
    key, text = key_of(encoding_aes_key), message.encode()
    plain = (salt or os.urandom(16)) + struct.pack(">I", len(text)) + text + owner.encode()
    padding = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """sha1 over the four parts, sorted by their bytes."""
    parts = sorted(part.encode() for part in (token, timestamp, nonce, encrypted))
    return hashlib.sha1(b"".join(parts)).hexdigest()
