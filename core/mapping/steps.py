"""Mapping rows, compiled: what is looked up or parsed once stays out of the loop over documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from core.errors import ConfigurationError, DocumentRejected
from core.mapping import builtin, sources, transforms
from core.mapping.transforms import Function, Scope

if TYPE_CHECKING:
    from core.mapping.engine import Row


@dataclass(frozen=True, slots=True)
class Step:
    """One row, ready to run. ``default`` is what the row gives for an absent source; None = leave it out."""

    row: Row
    read: sources.Reader
    function: Function
    argument: str
    takes_null: bool
    default: Any

    def apply(self, scope: Scope) -> Any:
        """The row's value; None leaves the field out. Raises DocumentRejected, naming the row."""
        try:
            value = self.read(scope.document)
            if value is not None or self.takes_null:
                value = self.function(value, self.argument, scope)
        except DocumentRejected as error:
            raise DocumentRejected(named(self.row, error.message), code=error.code) from error
        except sources.ODD_DATA as error:
            raise DocumentRejected(named(self.row, str(error))) from error
        if value is None:
            value = self.default
        if value is None and self.row.required:
            raise DocumentRejected(named(self.row, _("the document has no value for this required field")))
        return value


def named(row: Row, problem: str) -> str:
    """A message that says which row it is about."""
    place = {"section": row.section, "target": row.target, "source": row.source or "-", "problem": problem}
    return _("mapping %(section)s, field %(target)s, source %(source)s: %(problem)s") % place


def compiled(row: Row, scope: Scope) -> Step:
    """The row's step; ``scope`` has no document. Raises ConfigurationError, naming the row."""
    try:
        if not row.target.strip():
            raise ConfigurationError(_("the row has no target"))
        return _compiled(row, scope)
    except (ConfigurationError, DocumentRejected) as error:
        raise ConfigurationError(named(row, error.message)) from error
    except sources.ODD_DATA as error:
        raise ConfigurationError(named(row, str(error))) from error


def _compiled(row: Row, scope: Scope) -> Step:
    read = sources.reader(row.source)
    default: Any = row.default or None
    name, argument = transforms.split(row.transform)
    if not name and not row.value_map:
        default = builtin.as_text(default, "", scope) if default else None
        return Step(row, read, builtin.as_text, "", False, default)
    known = transforms.transform(name or "lookup")
    argument = _argument(known, argument, row.value_map)
    _check(known, argument, scope)
    function, takes_null = known.function, known.takes_null
    if default is not None and not known.default_as_is:
        default = function(default, argument, scope)
    if row.value_map and not known.value_map:
        function = _after_lookup(row.value_map, known, scope)
    return Step(row, read, function, argument, takes_null, default)


def _argument(known: transforms.Transform, argument: str, value_map: str) -> str:
    if not known.value_map:
        return argument
    if argument and value_map and argument.strip() != value_map:
        names = {"first": argument.strip(), "second": value_map}
        raise ValueError(_("the row names two value maps: %(first)s and %(second)s") % names)
    return argument or value_map


def _check(known: transforms.Transform, argument: str, scope: Scope) -> None:
    """Raises ValueError where the argument does not fit."""
    if argument and not known.argument:
        raise ValueError(_("%(name)s takes nothing after a colon") % {"name": known.name})
    if not argument and known.argument and not known.optional:
        needs = {"name": known.name, "argument": known.argument}
        raise ValueError(_("%(name)s needs after a colon: %(argument)s") % needs)
    if known.check:
        known.check(argument, scope)


def _after_lookup(value_map: str, known: transforms.Transform, scope: Scope) -> Function:
    """The value map first, then the transform."""
    lookup = transforms.transform("lookup")
    _check(lookup, value_map, scope)

    def both(value: Any, argument: str, scope: Scope) -> Any:
        found = None if value is None else lookup.function(value, value_map, scope)
        return found if found is None and not known.takes_null else known.function(found, argument, scope)

    return both
