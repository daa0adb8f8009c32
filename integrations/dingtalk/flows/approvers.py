"""Config fields for who approves, where the template's own flow does not say it (vendor: "发起审批实例")."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.flows.config import ListField, MapField

KINDS = ("AND", "OR", "NONE")


class ApproversField(ListField):
    """Nodes in their order: ``user1, OR:user2|user3, AND:user4|user5``; also [{actionType, userIds}] as the vendor's.

    Python value: ["user1", "OR:user2|user3"].
    """

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        if isinstance(value, list | tuple):
            value = [_node_text(node) if isinstance(node, dict) else node for node in value]
        return super().to_python(value)

    def run_validators(self, value: Any) -> None:
        for text in value:
            kind, users = _split(text)
            if kind not in KINDS or not users or (kind == "NONE" and len(users) > 1):
                raise forms.ValidationError(
                    _("“%(node)s”: write a user id, or OR:user1|user2, or AND:user1|user2."), params={"node": text}
                )


def _node_text(node: dict[str, Any]) -> str:
    users = node.get("userIds") or []
    return f"{node.get('actionType') or 'NONE'}:{'|'.join(str(user) for user in users)}"


def _split(text: str) -> tuple[str, list[str]]:
    """("OR", ["user2", "user3"]); without a word it is NONE for one person and OR for several."""
    kind, colon, rest = text.partition(":")
    users = [user.strip() for user in re.split(r"[|+]", rest if colon else text) if user.strip()]
    return (kind.strip().upper(), users) if colon else ("NONE" if len(users) == 1 else "OR", users)


def nodes(texts: list[str]) -> list[dict[str, Any]]:
    """As the API takes them; [] leaves the template's own flow."""
    return [{"actionType": kind, "userIds": users} for kind, users in map(_split, texts)]


class ActionersField(MapField):
    """{actionerKey: "user1, user2"}; also [{actionerKey, actionerUserIds}] as the vendor's."""

    def to_python(self, value: Any) -> dict[str, Any]:  # type: ignore[override]
        if isinstance(value, list | tuple):
            value = {str(each["actionerKey"]): each.get("actionerUserIds") for each in value if isinstance(each, dict)}
        if isinstance(value, dict):
            value = {k: ", ".join(map(str, v)) if isinstance(v, list | tuple) else v for k, v in value.items()}
        return super().to_python(value)


def actioners(table: dict[str, str]) -> list[dict[str, Any]]:
    """As the API takes them."""
    return [
        {"actionerKey": key, "actionerUserIds": [user.strip() for user in users.split(",") if user.strip()]}
        for key, users in table.items()
    ]
