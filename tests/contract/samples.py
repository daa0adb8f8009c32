"""Sample settings for any connector: by the type of the field, and by name where a format is asked for."""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django import forms

from core.connectors.base import Connector, SecretField

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def public_key() -> str:
    """A fresh RSA public key, base64 DER."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def settings_of(connector: type[Connector], secret: str) -> tuple[dict[str, Any], dict[str, str]]:
    """(settings, secrets) that the connector's form takes."""
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for name, field in connector.Settings.base_fields.items():
        if isinstance(field, SecretField):
            secrets[name] = _secret(name, secret)
        elif field.required and field.initial is None:
            settings[name] = 1 if isinstance(field, forms.IntegerField) else "value1"
    return settings, secrets


def _secret(name: str, secret: str) -> str:
    if "spk" in name:
        return public_key()
    if "aes" in name:
        return AES_KEY
    if "token" in name:
        return "token123"
    return secret
