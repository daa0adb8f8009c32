"""The OA's RSA public key (spk), with which secret and user id are encrypted.

RSA PKCS#1 v1.5, standard base64 without line breaks; OAEP is refused by the server (protocol A3, vendor's Token guide).
"""

from __future__ import annotations

import base64
import binascii
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.utils.translation import gettext as _

from core.errors import ConfigurationError

SMALLEST_BITS = 1024
PADDING_BYTES = 11
ARMOUR = re.compile(r"-----[A-Z ]+-----")


class PublicKey:
    """An spk as the administrator pasted it: with or without PEM armour and line breaks."""

    def __init__(self, spk: str) -> None:
        self._key = _loaded(re.sub(r"\s+", "", ARMOUR.sub("", spk)))

    def encrypt(self, text: str) -> str:
        """Base64 of the encrypted UTF-8 text. Raises ConfigurationError where it is longer than the key allows."""
        plain = text.encode()
        room = self._key.key_size // 8 - PADDING_BYTES
        if len(plain) > room:
            raise ConfigurationError(_("longer than the OA's key can encrypt (%(room)s bytes)") % {"room": room})
        return base64.b64encode(self._key.encrypt(plain, padding.PKCS1v15())).decode()


def _loaded(text: str) -> rsa.RSAPublicKey:
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        raise ConfigurationError(
            _("spk is not a public key: paste the text that starts with MIIBIjANBg, whole and unchanged")
        ) from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SMALLEST_BITS:
        raise ConfigurationError(_("spk must be an RSA key of at least %(bits)s bits") % {"bits": SMALLEST_BITS})
    return key
