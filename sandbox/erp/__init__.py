"""The pretended ERP: a Service Layer (OData v3) over JSON documents, with approvals, stock and production orders."""
