"""The flows between the ERP and e-cology (seed chapter 2)."""

from integrations.ecology.flows import (  # noqa: F401 - registers them
    create_erp_document,
    push_approval,
    push_master_data,
    receive_decision,
)
