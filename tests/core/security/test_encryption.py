"""Secrets at rest: the key ring, its rotation, the model field."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured
from django.db import connection as database
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from core.errors import ConfigurationError
from core.models import Connection, Tenant
from core.security import encryption

OLD, NEW = "an old key of some length", "a new key of some length"
SCALARS = st.none() | st.booleans() | st.integers() | st.text()
SECRETS = {"password": "Pa$$w0rd-密码"}


def ring(settings: Any, *keys: str) -> None:
    settings.FIELD_ENCRYPTION_KEYS = list(keys)


@examples(deadline=None, max_examples=50)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_json_comes_back_as_it_was(value: Any) -> None:
    assert encryption.decrypt(encryption.encrypt(value)) == value


def test_the_text_shows_nothing_and_is_another_each_time() -> None:
    first, second = encryption.encrypt(SECRETS), encryption.encrypt(SECRETS)
    assert first != second
    assert "Pa$$w0rd" not in first
    assert "password" not in first


def test_a_new_key_in_front_encrypts_and_the_old_one_still_opens(settings: Any) -> None:
    ring(settings, OLD)
    before = encryption.encrypt(SECRETS)
    ring(settings, NEW, OLD)
    assert encryption.decrypt(before) == SECRETS
    after = encryption.encrypt(SECRETS)
    ring(settings, OLD)
    with pytest.raises(ConfigurationError, match="FIELD_ENCRYPTION_KEYS"):
        encryption.decrypt(after)


def test_after_reencryption_the_old_key_may_go(settings: Any) -> None:
    ring(settings, OLD)
    before = encryption.encrypt(SECRETS)
    ring(settings, NEW, OLD)
    rotated = encryption.reencrypt(before)
    ring(settings, NEW)
    assert encryption.decrypt(rotated) == SECRETS
    with pytest.raises(ConfigurationError):
        encryption.decrypt(before)


def test_keys_may_be_fernet_keys_or_any_long_text(settings: Any) -> None:
    key = Fernet.generate_key().decode()
    ring(settings, key)
    assert Fernet(key).decrypt(encryption.encrypt(1).encode()) == b"1"
    ring(settings, "sixteen letters.")
    assert encryption.decrypt(encryption.encrypt(1)) == 1
    ring(settings, "fifteen letters")
    with pytest.raises(ImproperlyConfigured, match="16"):
        encryption.encrypt(1)


@pytest.mark.parametrize("text", ["", "no token", "密文", "gAAAAABh"])
def test_what_was_not_encrypted_is_refused_in_words(text: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be decrypted"):
        encryption.decrypt(text)


def test_a_changed_text_is_refused() -> None:
    text = encryption.encrypt(SECRETS)
    middle = len(text) // 2
    changed = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    with pytest.raises(ConfigurationError):
        encryption.decrypt(changed)


# -- the model field


def stored() -> list[str]:
    with database.cursor() as cursor:
        cursor.execute("SELECT secrets FROM core_connection ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def tenant(db: None) -> Tenant:
    return Tenant.objects.create(slug="acme", name="Acme")


def test_every_way_of_writing_a_row_encrypts(tenant: Tenant) -> None:
    common: dict[str, Any] = {"tenant": tenant, "connector": "x"}
    created = Connection.objects.create(name="a", secrets=SECRETS, **common)
    Connection.objects.bulk_create([Connection(name="b", secrets=SECRETS, **common)])
    Connection.objects.create(name="c", **common)
    Connection.objects.filter(name="c").update(secrets=SECRETS)
    created.name = "d"
    created.save()
    assert [c.secrets for c in Connection.objects.order_by("id")] == [SECRETS] * 3
    assert list(Connection.objects.values_list("secrets", flat=True)) == [SECRETS] * 3
    texts = stored()
    assert len(texts) == 3
    assert not any("Pa$$" in text or "password" in text for text in texts)
    assert [encryption.decrypt(text) for text in texts] == [SECRETS] * 3


def test_a_dump_has_no_secrets(tenant: Tenant) -> None:
    row = Connection.objects.create(tenant=tenant, connector="x", name="a", secrets=SECRETS)
    text = serializers.serialize("json", [row])
    assert "Pa$$" not in text
    assert "gAAAA" not in text
