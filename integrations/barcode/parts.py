"""The documents that one request makes: usually one; issue and receipt with backflush; one a row of a user table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from integrations.barcode import backflush, methods, user_tables
from integrations.barcode.backflush import Backflush
from integrations.barcode.companies import Scope
from integrations.barcode.scan import document
from integrations.barcode.scan.document import Draft
from integrations.barcode.scan.fields import Options
from integrations.barcode.scan.reading import Row, Scan
from integrations.barcode.sql import guard
from integrations.barcode.sql.policy import Policy

ISSUE, RECEIPT = "#issue", "#receipt"


@dataclass(frozen=True)
class Part:
    """One document. ``draft`` makes it when it is sent, None where nothing is to be made; ``content`` is what makes
    two of them the same. ``code``: the key of a user table's row, by which it can be found again."""

    suffix: str
    method: str
    label: str
    content: Any
    draft: Callable[[], Draft | None]
    entity_set: str = ""
    table: str = ""
    code: str = ""


def parts_of(scan: Scan, scope: Scope, config: dict[str, Any]) -> list[Part]:
    """Everything that can be refused before anything is sent is refused here. Raises Refusal."""
    options = Options(bool(config["strict"]), config["empty_user_fields"])
    if scan.is_inverted:
        return _with_backflush(scan, scope, config, options)
    if scan.method.kind == "table":
        return _table_rows(scan, scope, options)
    draft = document.build(scan, options)
    return [_part("", scan, draft)]


def _part(suffix: str, scan: Scan, draft: Draft) -> Part:
    return Part(suffix, scan.method.key, _label(scan), draft.payload, lambda: draft, draft.entity_set)


def _label(scan: Scan) -> str:
    """What people know the document by: method and base document, or item."""
    first = scan.rows[0]
    return f"{scan.method.key} {first.get('BaseEntry') or first.get('ItemCode') or first.get('Code') or ''}".strip()


def _with_backflush(scan: Scan, scope: Scope, config: dict[str, Any], options: Options) -> list[Part]:
    wanted = backflush.of(scan, config["procedure_arguments"])
    receipt = document.build(scan, options)
    policy = Policy.of(config, str(scope.sql.target.settings["company_db"]))
    guard.check(wanted.components_sql, policy)
    method = methods.ISSUE
    issue = Part(
        ISSUE,
        method.key,
        f"{method.key} {', '.join(map(str, wanted.orders))}",
        wanted.content(),
        lambda: _issue(wanted, scope, policy, options),
        method.entity_set,
    )
    return [issue, _part(RECEIPT, scan, receipt)]


def _issue(wanted: Backflush, scope: Scope, policy: Policy, options: Options) -> Draft | None:
    scan = backflush.issue(wanted, scope.sql, policy)
    return document.build(scan, options) if scan else None


def _table_rows(scan: Scan, scope: Scope, options: Options) -> list[Part]:
    rows = document.rows_of_table(scan, options)
    count = len(rows)
    return [
        Part(
            f"#row{number}of{count}" if count > 1 else "",
            scan.method.key,
            f"{scan.table} {row.get('Code') or number}",
            {"table": scan.table, **row},
            lambda row=row: Draft(user_tables.entity_set(scope.erp, scan.table), row),  # type: ignore[misc]
            table=scan.table,
            code=str(row.get("Code") or ""),
        )
        for number, row in enumerate(rows, start=1)
    ]


def answer(parts: list[Part], answers: list[Row]) -> Row:
    """What the scanner is told of all documents of a request (protocol C7)."""
    if parts[0].suffix == ISSUE:
        made = {} if answers[0].get("lines") == 0 else {"backflush": answers[0]}
        return {**answers[-1], **made}
    if parts[0].table:
        method = {"method": parts[0].method, "table": parts[0].table}
        return {**method, "value": [{name: row[name] for name in row if name != "method"} for row in answers]}
    return answers[0]
