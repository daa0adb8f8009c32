"""The five flow types of the barcode system."""

from integrations.barcode.flows.companies import Companies
from integrations.barcode.flows.methods import Methods
from integrations.barcode.flows.query import Query
from integrations.barcode.flows.refresh_session import RefreshSession
from integrations.barcode.flows.save import Save

__all__ = ["Companies", "Methods", "Query", "RefreshSession", "Save"]
