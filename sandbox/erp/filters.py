"""$filter: parsed into a test on a body with SQL's three values (None = unknown: ``null ne 'Y'`` is not true).

Supported, as on the real server: eq ne gt ge lt le and or not ( ), startswith endswith contains substringof.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from sandbox.erp import bodies, errors, values
from sandbox.erp.schema import Property, Type

Test = Callable[[dict], bool | None]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>(?:datetime|time|guid)?'(?:[^']|'')*')|(?P<number>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?[mMdDfFlL]?)
    |(?P<word>[A-Za-z_$][\w./$]*)|(?P<mark>[(),]))""",
    re.VERBOSE,
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
_MIRRORED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": operator.contains,
}


class _Operand(NamedTuple):
    """A property or a literal."""

    prop: Property | None = None
    value: Any = None
    quoted: bool = False


def parse(text: str, kind: Type, fold_case: bool = False) -> Test:
    """The test that ``text`` describes; raises ServiceError (201, 205, -1000)."""
    parser = _Parser(text, kind, fold_case)
    test = parser.any_of()
    if parser.here < len(parser.tokens):
        raise parser.wrong()
    return test


class _Parser:
    """Recursive descent over the tokens: or, and, not, comparison."""

    def __init__(self, text: str, kind: Type, fold_case: bool) -> None:
        self.text, self.kind, self.fold_case, self.here = text, kind, fold_case, 0
        self.tokens = list(_tokens(text))

    def wrong(self) -> errors.ServiceError:
        return errors.ServiceError(-1000, f"Query string error: invalid filter '{self.text}'")

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.here] if self.here < len(self.tokens) else ("end", "")

    def take(self, *wanted: str) -> str | None:
        """The next token's text if it is one of ``wanted``."""
        kind, text = self.peek()
        if kind in ("word", "mark") and text in wanted:
            self.here += 1
            return text
        return None

    def need(self, mark: str) -> None:
        if not self.take(mark):
            raise self.wrong()

    def any_of(self) -> Test:
        test = self.all_of()
        while self.take("or"):
            test = _either(test, self.all_of())
        return test

    def all_of(self) -> Test:
        test = self.negation()
        while self.take("and"):
            test = _both(test, self.negation())
        return test

    def negation(self) -> Test:
        if self.take("not"):
            return _opposite(self.negation())
        if self.take("("):
            test = self.any_of()
            self.need(")")
            return test
        return self.comparison()

    def comparison(self) -> Test:
        if self.tokens[self.here + 1 : self.here + 2] == [("mark", "(")]:
            return self.function()
        left = self.operand()
        sign = self.take(*_COMPARISONS)
        if sign is None:
            raise self.wrong()
        return self.compare(left, sign, self.operand())

    def operand(self) -> _Operand:
        kind, text = self.peek()
        self.here += 1
        if kind == "text":
            return _Operand(value=text[text.index("'") + 1 : -1].replace("''", "'"), quoted=True)
        if kind == "number":
            return _Operand(value=text.rstrip("mMdDfFlL"))
        if kind != "word":
            raise self.wrong()
        if text in ("null", "true", "false"):
            return _Operand(value=None if text == "null" else text)
        return _Operand(self.property(text))

    def property(self, name: str) -> Property:
        found = bodies.find_property(self.kind, name)
        if found is None or found.many:
            raise errors.unknown_in_filter(name)
        return found

    def compare(self, left: _Operand, sign: str, right: _Operand) -> Test:
        if left.prop is None:
            left, sign, right = right, _MIRRORED[sign], left
        if left.prop is None:
            raise self.wrong()
        if right.prop is not None:
            return _two_properties(left.prop.name, _COMPARISONS[sign], right.prop.name)
        if right.value is None:
            return _null_test(left.prop.name, sign)
        value = values.literal(left.prop, right.value, right.quoted)
        return _comparison(left.prop.name, _COMPARISONS[sign], value, self.fold_case)

    def function(self) -> Test:
        _, name = self.peek()
        if name not in (*_FUNCTIONS, "substringof"):
            raise errors.unknown_property(name, self.kind.name)
        self.here += 1
        self.need("(")
        first = self.operand()
        self.need(",")
        second = self.operand()
        self.need(")")
        if self.take("eq"):  # startswith(...) eq true
            self.operand()
        prop, part = (second, first) if name == "substringof" else (first, second)
        if prop.prop is None or not part.quoted:
            raise self.wrong()
        return _text_test(prop.prop.name, _FUNCTIONS.get(name, operator.contains), part.value, self.fold_case)


def _tokens(text: str) -> Any:
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if not found:
            raise errors.ServiceError(-1000, f"Query string error: invalid filter '{text}'")
        at = found.end()
        yield found.lastgroup, found[found.lastgroup or 0]


def _comparison(name: str, compare: Callable[[Any, Any], bool], value: Any, fold_case: bool) -> Test:
    if fold_case and isinstance(value, str):
        folded = value.casefold()
        return lambda body: None if (own := body.get(name)) is None else compare(str(own).casefold(), folded)
    return lambda body: None if (own := body.get(name)) is None else compare(own, value)


def _two_properties(left: str, compare: Callable[[Any, Any], bool], right: str) -> Test:
    def test(body: dict) -> bool | None:
        one, other = body.get(left), body.get(right)
        return None if one is None or other is None else compare(one, other)

    return test


def _null_test(name: str, sign: str) -> Test:
    if sign == "eq":
        return lambda body: body.get(name) is None
    if sign == "ne":
        return lambda body: body.get(name) is not None
    return lambda body: None


def _text_test(name: str, test: Callable[[str, str], bool], part: str, fold_case: bool) -> Test:
    if fold_case:
        folded = part.casefold()
        return lambda body: None if (own := body.get(name)) is None else test(str(own).casefold(), folded)
    return lambda body: None if (own := body.get(name)) is None else test(str(own), part)


def _both(left: Test, right: Test) -> Test:
    def test(body: dict) -> bool | None:
        one = left(body)
        if one is False:
            return False
        other = right(body)
        if other is False:
            return False
        return None if one is None or other is None else True

    return test


def _either(left: Test, right: Test) -> Test:
    def test(body: dict) -> bool | None:
        one = left(body)
        if one:
            return True
        other = right(body)
        if other:
            return True
        return None if one is None or other is None else False

    return test


def _opposite(inner: Test) -> Test:
    def test(body: dict) -> bool | None:
        result = inner(body)
        return None if result is None else not result

    return test
