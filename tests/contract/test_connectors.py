"""Every connector, against a wire that misbehaves: clear errors, named by what happens next, and no secret in them."""

from __future__ import annotations

import pytest
import requests
import responses

from core import registry
from core.connectors.base import SecretField
from core.connectors.steps import Recorder
from core.connectors.target import Target
from core.errors import B1FlowError, ConfigurationError, ConnectionBroken, RetryLater
from tests.contract.samples import settings_of

CONNECTORS = sorted(k for k in registry.connectors() if not k.startswith("test."))
SECRET = "S3cret-value-never-shown"
pytestmark = pytest.mark.django_db


@pytest.fixture(params=CONNECTORS)
def connector(request):
    cls = registry.connector(request.param)
    settings, secrets = settings_of(cls, SECRET)
    plain, hidden = cls.clean(settings, secrets)
    target = Target(1, 1, cls.key, "test", "http://peer.test/prefix", plain, hidden)
    return cls(target, Recorder(), "slot")


def words_of(connector) -> tuple[B1FlowError, str]:
    with pytest.raises(B1FlowError) as caught:
        connector.check()
    logged = "".join(step.input + step.output for step in connector.client.recorder.take())
    return caught.value, str(caught.value) + logged


@responses.activate
def test_a_refused_connection_means_later(connector):
    responses.add_callback(responses.GET, _anywhere(), _raise(requests.ConnectionError(ConnectionRefusedError())))
    responses.add_callback(responses.POST, _anywhere(), _raise(requests.ConnectionError(ConnectionRefusedError())))
    error, words = words_of(connector)
    assert isinstance(error, RetryLater)
    assert SECRET not in words


@responses.activate
@pytest.mark.parametrize("body", ["<html><body>Sign in</body></html>", "", "[1", "null", '"text"', "[]"])
def test_an_answer_that_is_not_the_vendors_is_an_error(connector, body):
    for method in (responses.GET, responses.POST):
        responses.add(method, _anywhere(), body=body, status=200)
    error, words = words_of(connector)
    assert isinstance(error, B1FlowError)
    assert SECRET not in words


@responses.activate
def test_redirects_to_another_host_are_not_followed(connector):
    for method in (responses.GET, responses.POST):
        responses.add(method, _anywhere(), status=302, headers={"Location": "http://elsewhere.test/"})
    error, _ = words_of(connector)
    assert isinstance(error, ConnectionBroken)
    assert all("elsewhere" not in call.request.url for call in responses.calls)


@responses.activate
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_is_not_blamed_on_the_credentials(connector, status):
    for method in (responses.GET, responses.POST):
        responses.add(method, _anywhere(), status=status, body="")
    error, words = words_of(connector)
    assert not isinstance(error, ConnectionBroken)
    assert SECRET not in words


@responses.activate
def test_wrong_credentials_are_asked_once(connector):
    """A login that was refused is not tried again and again: accounts get locked."""
    for method in (responses.GET, responses.POST):
        responses.add(method, _anywhere(), status=401, json={"error": {"code": 100000027, "message": {"value": "no"}}})
    error, _ = words_of(connector)
    assert isinstance(error, ConnectionBroken)
    assert len(responses.calls) <= 2


def test_settings_say_what_is_wrong(connector):
    with pytest.raises(ConfigurationError) as caught:
        type(connector).clean({"no_such_setting": 1}, {})
    assert "no_such_setting" in caught.value.fields


def test_secrets_are_secret_fields(connector):
    cls = type(connector)
    for name, field in cls.Settings.base_fields.items():
        looks_secret = any(word in name for word in ("password", "secret", "aes", "token", "spk"))
        is_url = "url" in name or "seconds" in name
        assert isinstance(field, SecretField) or not looks_secret or is_url, name


def test_actions_have_labels_and_forms(connector):
    for action in type(connector).actions().values():
        assert str(action.label)
        assert all(str(field.label or "") for field in action.form.base_fields.values())


def _anywhere():
    import re

    return re.compile(r"http://.*")


def _raise(error):
    def callback(request):
        raise error

    return callback
