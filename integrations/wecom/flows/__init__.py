"""The flows between the ERP and WeCom (seed chapter 6)."""

from integrations.wecom.flows import (  # noqa: F401 - registers them
    decide_document,
    decide_draft,
    push_document,
    push_draft,
    receive_events,
)
