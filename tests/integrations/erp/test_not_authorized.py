"""-5002 on a decision: the ERP's words, and which setting may mend it."""

from __future__ import annotations

import pytest
from django.utils import translation

from core.errors import DocumentRejected
from integrations.erp.approvals import requests

ROW = {
    "Code": 17, "DraftEntry": 16, "CurrentStage": 1, "Status": "arsPending",
    "ApprovalRequestLines": [{"StageCode": 1, "UserID": 12, "Status": "ardPending"}],
}  # fmt: skip


class Refusing:
    """A Service Layer that refuses the decision with this code."""

    def __init__(self, code: str) -> None:
        self.code = code

    def update(self, *_args: object) -> None:
        raise DocumentRejected("You are not authorized", code=self.code)

    def get(self, *_args: object, **_options: object) -> dict:
        return ROW


@pytest.mark.parametrize("code,advised", [("-5002", True), ("-1116", False)])
def test_a_decision_without_the_right_names_the_setting(code: str, advised: bool) -> None:
    with translation.override("en"), pytest.raises(DocumentRejected) as caught:
        requests.decide(Refusing(code), requests.Request.of(ROW), "approved", "")  # type: ignore[arg-type]
    error = caught.value
    assert error.code == code
    assert error.message.startswith("You are not authorized")
    assert ("approver_connections" in error.message) is advised
    assert ("user 12" in error.message) is advised
