"""Any request the schema allows, and many it does not: never an answer >= 500, none that is not described."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from config.wsgi import application
from core.models import ApiToken, Role
from tests.core.api.test_api import fill
from tests.core.flows.target import make_flow

pytestmark = pytest.mark.django_db(transaction=True)
EXAMPLES = settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)


@pytest.fixture
def document(django_user_model):
    flow = make_flow()
    fill(flow.tenant, flow, django_user_model)
    token = ApiToken(tenant=flow.tenant, name="fuzz", role=Role.OWNER)
    headers = {"Authorization": f"Bearer {token.set_token()}"}
    token.save()
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application, headers=headers)
    return schema, headers


def test_no_answer_breaks(document):
    schema, headers = document
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if "/test/" in operation.path:  # talks to the other system
            continue

        @settings(EXAMPLES)
        @given(case=operation.as_strategy())
        def call(case):
            case.call_and_validate(headers=headers, checks=[not_a_server_error, status_code_conformance])

        call()
        tried += 1
    assert tried > 50
