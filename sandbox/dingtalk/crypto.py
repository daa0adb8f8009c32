"""The callback encryption (protocol section 3): AES-256-CBC, PKCS#7 to blocks of 32 bytes, SHA-1 signature."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class Unreadable(ValueError):
    """Cannot be opened; the text says at which stage."""


def aes_key(encoding_aes_key: str) -> bytes:
    """32 bytes from the 43 characters; the two spare bits of the last one are ignored."""
    key = base64.b64decode(f"{encoding_aes_key}=")
    if len(encoding_aes_key) != 43 or len(key) != BLOCK:
        raise Unreadable("aes key")
    return key


def _cipher(key: bytes) -> Cipher:
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def sign(token: str, timestamp: str, nonce: str, encrypt: str) -> str:
    return hashlib.sha1("".join(sorted([token, timestamp, nonce, encrypt])).encode()).hexdigest()


def encrypt(encoding_aes_key: str, text: str, tail: str, random16: bytes | None = None) -> str:
    """Base64 on one line of random(16) + length of the message in bytes + message + tail id + padding."""
    key, message = aes_key(encoding_aes_key), text.encode()
    plain = (random16 or os.urandom(16)) + struct.pack(">I", len(message)) + message + tail.encode()
    pad = BLOCK - len(plain) % BLOCK
    worker = _cipher(key).encryptor()
    return base64.b64encode(worker.update(plain + bytes([pad]) * pad) + worker.finalize()).decode()


def decrypt(encoding_aes_key: str, encrypted: str, tail: str) -> str:
    """The message; raises Unreadable."""
    key = aes_key(encoding_aes_key)
    try:
        data = base64.b64decode(encrypted, validate=True)
    except binascii.Error:
        raise Unreadable("base64") from None
    if not data or len(data) % 16:
        raise Unreadable("length of the cipher text")
    worker = _cipher(key).decryptor()
    plain = worker.update(data) + worker.finalize()
    return _message(plain, tail.encode())


def _message(plain: bytes, tail: bytes) -> str:
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or pad > len(plain) - 20:
        raise Unreadable("padding")
    plain = plain[:-pad]
    (length,) = struct.unpack(">I", plain[16:20])
    if length > len(plain) - 20:
        raise Unreadable("length field")
    if plain[20 + length :] != tail:
        raise Unreadable("tail id")
    try:
        return plain[20 : 20 + length].decode()
    except UnicodeDecodeError:
        raise Unreadable("utf-8") from None


def verify(token: str, timestamp: str, nonce: str, encrypted: str, signature: str) -> None:
    """Raises Unreadable for a signature that is not ours."""
    if not hmac.compare_digest(sign(token, timestamp, nonce, encrypted), signature):
        raise Unreadable("signature")
