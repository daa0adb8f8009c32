"""Which names stand for a WITH query at a place of a statement; all others are tables of the database.

Order counts: in ``WITH a AS (SELECT * FROM b), b AS (...)`` the first ``b`` is the database's.
"""

from __future__ import annotations

from sqlglot import exp


def common_tables(node: exp.Expr) -> set[str]:
    """Names in capitals. A WITH query sees those before it; the statement that owns the WITH sees all of them."""
    names: set[str] = set()
    while node.parent is not None:
        parent = node.parent
        if isinstance(node, exp.CTE) and isinstance(parent, exp.With):
            names |= _before(parent, node)
            node = parent.parent or parent  # not the statement itself: it would show the later ones too
            continue
        owned = parent.args.get("with_")
        if owned is not None and owned is not node:
            names |= {query.alias.upper() for query in owned.expressions}
        node = parent
    return names


def _before(owner: exp.With, last: exp.Expr) -> set[str]:
    names: set[str] = set()
    for query in owner.expressions:
        if query is last:
            return names
        names.add(query.alias.upper())
    return names
