"""The body of applyevent: who submits, who approves, what is shown in lists (page 91853)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

LONGEST_SUMMARY = 20
MOST_SUMMARIES = 3
ANY_ONE, ALL = 1, 2  # attr of an approver node: 或签, 会签


@dataclass(frozen=True)
class Process:
    """Who approves. ``by_template``: the flow that the template's administrator made; else ``approvers``.

    approvers    one node an entry, in order; ``a|b``: one of them suffices, ``a&b``: all of them must agree
    notifyers    who is told; WeCom looks at it only without the template's flow
    notify_type  1 when submitted, 2 when approved, 3 both
    """

    by_template: bool = True
    approvers: Sequence[str] = ()
    notifyers: Sequence[str] = ()
    notify_type: int = 1

    def fields(self) -> dict[str, Any]:
        """Their part of the body."""
        if self.by_template:
            return {"use_template_approver": 1}
        # The older form: the meaning of its attr is documented, that of the newer apv_rel is told both ways.
        found: dict[str, Any] = {"use_template_approver": 0, "approver": [_node(entry) for entry in self.approvers]}
        if self.notifyers:
            found |= {"notifyer": list(self.notifyers), "notify_type": self.notify_type}
        return found


@dataclass(frozen=True)
class Application:
    """One approval to be submitted; ``contents`` as filling makes them, ``summary`` lines of text."""

    template_id: str
    creator: str
    contents: list[dict[str, Any]]
    summary: Sequence[str]
    process: Process = field(default_factory=Process)

    def body(self) -> dict[str, Any]:
        """What is sent."""
        return {
            "creator_userid": self.creator,
            "template_id": self.template_id,
            **self.process.fields(),
            "apply_data": {"contents": self.contents},
            "summary_list": [
                {"summary_info": [{"text": line[:LONGEST_SUMMARY], "lang": "zh_CN"}]}
                for line in self.summary[:MOST_SUMMARIES]
            ],
        }


def _node(entry: str) -> dict[str, Any]:
    people = [person for part in re.split(r"[|&]", entry) if (person := part.strip())]
    return {"attr": ALL if "&" in entry else ANY_ONE, "userid": people}
