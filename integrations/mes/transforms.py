"""A transform that the MES's rules ask for."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from core.mapping import sources
from core.mapping.transforms import Scope, register_transform


def _check(argument: str, scope: Scope) -> None:
    sources.reader(argument)


@register_transform(
    "same_as",
    _("If the same as"),
    help=_("The value where it is the same as another field's, else nothing: a purchase unit the MES does not know."),
    argument=_("source"),
    example="same_as:InventoryUOM",
    check=_check,
)
def same_as(value: Any, argument: str, scope: Scope) -> Any:
    """The value, or None."""
    return value if value == scope.read(argument) else None
