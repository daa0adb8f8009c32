"""Objects and tables of the company's own: number, state and creator of a document-type user object."""

from __future__ import annotations

from sandbox.erp.writing import BEFORE_CREATE, EVERY, Change, rule


@rule(BEFORE_CREATE, EVERY)
def complete(change: Change) -> None:
    if not change.entity_set.table.startswith("@") or "DocNum" not in change.kind.properties:
        return
    user = change.company.peek("Users", change.user) or {}
    # DocNum and DocEntry differ, so that a client which mixes them up is found out.
    change.new |= {"DocNum": 5000 + change.key, "Status": "O", "Canceled": "N", "Object": change.entity_set.name}
    change.new |= {"UserSign": change.user, "Creator": user.get("UserCode"), "Series": -1}
    for number, line in enumerate(change.new.get(change.entity_set.lines) or []):
        line |= {"DocEntry": change.key, "VisOrder": number, "Object": change.entity_set.name}
