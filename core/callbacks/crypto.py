"""The AES callback crypto that DingTalk and WeCom share (dingtalk_wecom protocol page, section 3).

A message is ``base64(AES-256-CBC(random16 | length of text, 4 bytes big-endian | text, UTF-8 | id | padding))``; the
padding is PKCS#7 for blocks of 32, not 16; the signature is sha1 over the sorted token, timestamp, nonce and base64.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from core.errors import CallbackRejected

BLOCK = 32
AES_BLOCK = 16
PREFIX = 16
KEY_CHARACTERS = 43


@dataclass(frozen=True)
class Sealed:
    """An encrypted message and what goes beside it in the vendor's envelope."""

    encrypt: str
    signature: str
    timestamp: str
    nonce: str


@dataclass(frozen=True)
class CallbackCrypto:
    """One callback registration: its token, its EncodingAESKey, and the ids that may stand at the message's end.

    ``ids``: accepted tail ids, the first one is used in our answers (corp id, appKey ...).
    ``window_seconds``: how far the timestamp may be from our clock; 0 = not looked at (no vendor documents one).
    """

    token: str
    encoding_aes_key: str
    ids: tuple[str, ...]
    window_seconds: float = 0

    def open(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> str:
        """The text inside. CallbackRejected names the stage that failed.

        Stages: setup, parameters, signature, timestamp, decrypt, padding, length, tail id, text.
        """
        self._check_signature(signature, timestamp, nonce, encrypted)
        self._check_clock(timestamp)
        plain = unpad(decrypt(key_of(self.encoding_aes_key), encrypted))
        message, owner = split(plain)
        self._check_owner(owner)
        try:
            return message.decode("utf-8")
        except UnicodeDecodeError:
            raise CallbackRejected("the decrypted text is not UTF-8", stage="text") from None

    def seal(self, text: str, timestamp: str, nonce: str) -> Sealed:
        """``text`` for the vendor, signed with this timestamp and nonce."""
        message = text.encode("utf-8")
        plain = secrets.token_bytes(PREFIX) + len(message).to_bytes(4, "big") + message + self.ids[0].encode("utf-8")
        encrypted = encrypt(key_of(self.encoding_aes_key), pad(plain))
        return Sealed(encrypted, sign(self.token, timestamp, nonce, encrypted), timestamp, nonce)

    def _check_signature(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> None:
        if not self.token:
            raise CallbackRejected("the connection has no callback token", stage="setup", status=503)
        given = {"signature": signature, "timestamp": timestamp, "nonce": nonce, "encrypted text": encrypted}
        missing = [name for name, value in given.items() if not value]
        if missing:
            raise CallbackRejected(f"missing: {', '.join(missing)}", stage="parameters", status=400)
        expected = sign(self.token, timestamp, nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), as_bytes(signature)):
            text = "the signature does not match: another token than the connection's, or an altered request"
            raise CallbackRejected(text, stage="signature")

    def _check_clock(self, timestamp: str) -> None:
        if not self.window_seconds:
            return
        sent = seconds_of(timestamp)
        if sent is None:
            raise CallbackRejected(f"the timestamp {timestamp[:20]!r} is no time", stage="timestamp")
        away = abs(time.time() - sent)
        if away > self.window_seconds:
            text = f"the timestamp is {away:.0f} s from our clock; allowed are {self.window_seconds:g} s"
            raise CallbackRejected(text, stage="timestamp")

    def _check_owner(self, owner: bytes) -> None:
        if any(hmac.compare_digest(owner, known.encode("utf-8")) for known in self.ids if known):
            return
        expected = " or ".join(repr(known) for known in self.ids if known) or "nothing: the connection has no id"
        found = owner[:64].decode("utf-8", "replace")
        raise CallbackRejected(f"the message is meant for {found!r}; expected {expected}", stage="tail id")


def sign(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """sha1, lower-case hex, over the four parts sorted by their bytes."""
    parts = sorted(as_bytes(part) for part in (token, timestamp, nonce, encrypted))
    return hashlib.sha1(b"".join(parts)).hexdigest()  # noqa: S324 the vendors' choice, not ours


def as_bytes(text: str) -> bytes:
    """UTF-8; half a surrogate pair out of a forged JSON body becomes '?' rather than an error."""
    return text.encode("utf-8", "replace")


def key_of(encoding_aes_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey. CallbackRejected (stage setup) where it is none.

    43 characters hold 258 bits and keys made at random do not zero the last two: a strict decoder refuses three
    of four, Python's does not look at them.
    """
    text = encoding_aes_key.strip().rstrip("=")
    if len(text) == KEY_CHARACTERS:
        try:
            return base64.b64decode(text + "=", validate=True)
        except ValueError:
            pass
    message = f"the EncodingAESKey of the connection must be {KEY_CHARACTERS} letters and digits"
    raise CallbackRejected(message, stage="setup", status=503)


def encrypt(key: bytes, padded: bytes) -> str:
    """AES-256-CBC, IV = the key's first half, as one line of base64."""
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:PREFIX])).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode("ascii")


def decrypt(key: bytes, encrypted: str) -> bytes:
    """The padded plaintext. CallbackRejected for what is no base64 or no whole number of blocks."""
    try:
        sealed = base64.b64decode("".join(encrypted.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CallbackRejected("the encrypted text is not base64", stage="decrypt") from None
    if not sealed or len(sealed) % AES_BLOCK:
        text = f"the encrypted text has {len(sealed)} bytes, no multiple of {AES_BLOCK}"
        raise CallbackRejected(text, stage="decrypt")
    decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:PREFIX])).decryptor()
    return decryptor.update(sealed) + decryptor.finalize()


def pad(plain: bytes) -> bytes:
    """PKCS#7 to 32 bytes; a text that fits exactly gets a whole block more."""
    count = BLOCK - len(plain) % BLOCK
    return plain + bytes([count]) * count


def unpad(padded: bytes) -> bytes:
    """Without the padding. CallbackRejected where there is none: nearly always another EncodingAESKey."""
    count = padded[-1]
    if not 1 <= count <= BLOCK or padded[-count:] != bytes([count]) * count:
        text = "wrong padding after decryption: another EncodingAESKey than the connection's"
        raise CallbackRejected(text, stage="padding")
    return padded[:-count]


def split(plain: bytes) -> tuple[bytes, bytes]:
    """(text, tail id). CallbackRejected where the length does not fit."""
    start = PREFIX + 4
    length = int.from_bytes(plain[PREFIX:start], "big")
    if len(plain) < start or length > len(plain) - start:
        text = "the length inside does not fit: another EncodingAESKey than the connection's"
        raise CallbackRejected(text, stage="length")
    return plain[start : start + length], plain[start + length :]


def seconds_of(timestamp: str) -> float | None:
    """10 digits are seconds, 13 milliseconds; None for anything else."""
    if not (timestamp.isascii() and timestamp.isdigit()) or len(timestamp) not in (10, 13):
        return None
    return int(timestamp) / (1000 if len(timestamp) == 13 else 1)
