"""What really happened, from the other systems' own histories: nothing of the platform is asked.

Pure functions over lists, so that the same check can be made of a history that was saved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox_server import SandboxServer

TITLE = "采购申请 "


@dataclass(frozen=True)
class Findings:
    """``doubled``: created more than once; ``lost``: never; ``strangers``: created for no document of the source;
    ``unmarked``: created, but the source does not say so; ``wrong``: the source names another object."""

    documents: int
    created: int
    doubled: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.doubled or self.lost or self.strangers or self.unmarked or self.wrong)


def compare(documents: dict[str, tuple[bool, str]], creations: Iterable[tuple[str, str]], *, named: bool) -> Findings:
    """``documents``: {source: (marked, number it was given or "")}; ``creations``: (source, number) in order.

    ``named``: the source holds the number of what was created for it.
    """
    made: dict[str, list[str]] = {}
    for source, number in creations:
        made.setdefault(source, []).append(number)
    return Findings(
        documents=len(documents),
        created=sum(map(len, made.values())),
        doubled={source: len(numbers) for source, numbers in made.items() if len(numbers) > 1},
        lost=[source for source in documents if source not in made],
        strangers=[source for source in made if source not in documents],
        unmarked=[source for source, (marked, _) in documents.items() if source in made and not marked],
        wrong=[s for s, (marked, number) in documents.items() if named and marked and number not in made.get(s, [])],
    )


def approvals(sandbox: SandboxServer, where: str = "") -> Findings:
    """Drafts that wait for approval against the OA's requests, by the draft's number in the title."""
    waiting = {row["DraftEntry"] for row in sandbox.erp_objects("ApprovalRequests", "Status eq 'arsPending'")}
    documents = {
        f"{TITLE}{row['DocEntry']}": (row.get("U_ISSYN") == "Y", str(row.get("U_REQUESTID") or ""))
        for row in sandbox.erp_objects("Drafts", where)
        if row["DocEntry"] in waiting
    }
    requests = [(source, number) for source, number in _creations(sandbox) if source.startswith(TITLE)]
    return compare(documents, requests, named=True)


def items(sandbox: SandboxServer, where: str) -> Findings:
    """Items against the rows of the OA's table, by the item's code."""
    documents = {row["ItemCode"]: (row.get("U_ISSYN") == "Y", "") for row in sandbox.erp_objects("Items", where)}
    rows = [(source, number) for source, number in _creations(sandbox) if not source.startswith(TITLE)]
    return compare(documents, rows, named=False)


def _creations(sandbox: SandboxServer) -> list[tuple[str, str]]:
    return [(effect["source"], effect["key"]) for effect in sandbox.effects(system="ecology", op="create")]


def logins(sandbox: SandboxServer) -> Counter[str]:
    """{system: logins}."""
    return Counter(effect["system"] for effect in sandbox.effects(op="login"))


def count(sandbox: SandboxServer, op: str, system: str = "erp") -> Counter[str]:
    """{object: how often this was done to it}."""
    found: Counter[str] = Counter(effect["key"] for effect in sandbox.effects(system=system, op=op))
    return found


def drafts(sandbox: SandboxServer, number: int, **fields: Any) -> str:
    """Make so many drafts with a pending approval; the OData condition that selects them and nothing else."""
    made = sandbox.erp_bulk("Drafts", number, template=3, **fields)
    return f"DocEntry ge {made['first']} and DocEntry le {made['last']}"
