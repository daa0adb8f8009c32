"""Approval forms: their schema, the value formats of every control, filling one in."""
