"""Condition, key, filter, update and projection expressions.

Names are those of whole attributes: paths into maps and lists are not understood and say so.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple

Value = Mapping[str, Any]
"""An attribute value: one type and what it holds, such as {"N": "1"}."""
Item = dict[str, Any]


class Placeholders(NamedTuple):
    """What `#name` and `:value` stand for."""

    names: Mapping[str, str]
    values: Mapping[str, Value]

    def name(self, word: str) -> str:
        """An attribute's name. Raises ExpressionError."""
        if not word.startswith("#"):
            return word
        if word not in self.names:
            raise ExpressionError(f"{word} is not in ExpressionAttributeNames")
        return self.names[word]

    def value(self, word: str) -> Value:
        """A value. Raises ExpressionError."""
        if word not in self.values:
            raise ExpressionError(f"{word} is not in ExpressionAttributeValues")
        return self.values[word]


class ExpressionError(ValueError):
    """An expression that DynamoDB would refuse, or that is not understood here."""


Test = Callable[[Item, Placeholders], bool]
Operand = Callable[[Item, Placeholders], Value | None]
Change = Callable[[Item, Item, Placeholders], None]
"""(the item as it was, the item as it shall be, placeholders)."""

_TOKEN: Final = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[#:]?[A-Za-z_][\w]*)")
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CLAUSES: Final = ("SET", "REMOVE", "ADD", "DELETE")


def comparable(value: Value) -> Any:  # noqa: ANN401 - whatever the type holds
    """What an attribute value is compared and ordered by, within its type."""
    ((kind, held),) = value.items()
    if kind == "N":
        return Decimal(held)
    return frozenset(held) if kind in ("SS", "NS", "BS") else held


@cache
def condition(text: str) -> Test:
    """A condition, key condition or filter. Raises ExpressionError."""
    words = _Words(text)
    test = _any_of(words)
    words.end()
    return test


@cache
def update(text: str) -> tuple[Change, ...]:
    """The changes of an update expression, each with one attribute. Raises ExpressionError."""
    words = _Words(text)
    changes: list[Change] = []
    while words.left:
        clause = words.take().upper()
        if clause not in _CLAUSES:
            raise ExpressionError(f"{text!r}: one of {', '.join(_CLAUSES)} is expected, not {clause!r}")
        while True:
            changes.append(_CHANGES[clause](words))
            if not words.taken(","):
                break
    return tuple(changes)


@cache
def projection(text: str) -> tuple[str, ...]:
    """The words for the attributes to answer."""
    return tuple(word.strip() for word in text.split(","))


class _Words:
    def __init__(self, text: str) -> None:
        self.text = text
        self.left: list[str] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            token = _TOKEN.match(text, at)
            if token is None:
                raise ExpressionError(f"{text!r}: {text[at : at + 20]!r} is not understood")
            self.left.append(token[1])
            at = token.end()

    def take(self) -> str:
        if not self.left:
            raise ExpressionError(f"{self.text!r} ends too early")
        return self.left.pop(0)

    def taken(self, word: str) -> bool:
        if self.left and self.left[0].upper() == word:
            self.left.pop(0)
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.taken(word):
            raise ExpressionError(f"{self.text!r}: {word!r} is expected before {' '.join(self.left)!r}")

    def end(self) -> None:
        if self.left:
            raise ExpressionError(f"{self.text!r}: {' '.join(self.left)!r} is too much")


def _any_of(words: _Words) -> Test:
    tests = [_all_of(words)]
    while words.taken("OR"):
        tests.append(_all_of(words))
    return tests[0] if len(tests) == 1 else lambda item, given: any(test(item, given) for test in tests)


def _all_of(words: _Words) -> Test:
    tests = [_one(words)]
    while words.taken("AND"):
        tests.append(_one(words))
    return tests[0] if len(tests) == 1 else lambda item, given: all(test(item, given) for test in tests)


def _one(words: _Words) -> Test:
    if words.taken("NOT"):
        test = _one(words)
        return lambda item, given: not test(item, given)
    if words.taken("("):
        test = _any_of(words)
        words.expect(")")
        return test
    if words.left and words.left[0] in _FUNCTIONS:
        return _function(words)
    return _comparison(words)


def _function(words: _Words) -> Test:
    kind = words.take()
    words.expect("(")
    name = words.take()
    second = _operand(words) if words.taken(",") else None
    words.expect(")")
    test = _FUNCTIONS[kind]

    def holds(item: Item, given: Placeholders) -> bool:
        return test(item.get(given.name(name)), None if second is None else second(item, given))

    return holds


def _begins(found: Value | None, wanted: Value | None) -> bool:
    return found is not None and wanted is not None and str(found.get("S", "")).startswith(wanted["S"])


def _contains(found: Value | None, wanted: Value | None) -> bool:
    if found is None or wanted is None:
        return False
    (held,), (part,) = found.values(), wanted.values()
    return part in held


_FUNCTIONS: Final[Mapping[str, Callable[[Value | None, Value | None], bool]]] = {
    "attribute_exists": lambda found, _: found is not None,
    "attribute_not_exists": lambda found, _: found is None,
    "begins_with": _begins,
    "contains": _contains,
}


def _comparison(words: _Words) -> Test:
    left = _operand(words)
    if words.taken("BETWEEN"):
        low = _operand(words)
        words.expect("AND")
        high = _operand(words)
        return lambda item, given: (
            _compare(">=", left(item, given), low(item, given))
            and _compare("<=", left(item, given), high(item, given))
        )
    if words.taken("IN"):
        words.expect("(")
        listed = [_operand(words)]
        while words.taken(","):
            listed.append(_operand(words))
        words.expect(")")
        return lambda item, given: any(_compare("=", left(item, given), one(item, given)) for one in listed)
    comparator = words.take()
    if comparator not in _COMPARE:
        raise ExpressionError(f"{words.text!r}: {comparator!r} compares nothing")
    right = _operand(words)
    return lambda item, given: _compare(comparator, left(item, given), right(item, given))


def _compare(comparator: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None or left.keys() != right.keys():
        # What is absent, or of another type, is different and nothing else.
        return comparator == "<>"
    return _COMPARE[comparator](comparable(left), comparable(right))


def _operand(words: _Words) -> Operand:
    word = words.take()
    if word.startswith(":"):
        return lambda _, given: given.value(word)
    if word == "if_not_exists":
        words.expect("(")
        name = words.take()
        words.expect(",")
        other = _operand(words)
        words.expect(")")
        return lambda item, given: item.get(given.name(name)) or other(item, given)
    if word in ("(", ")", ",") or words.left[:1] == ["("]:
        raise ExpressionError(f"{words.text!r}: {word!r} is no operand here")
    return lambda item, given: item.get(given.name(word))


def _set(words: _Words) -> Change:
    name = words.take()
    words.expect("=")
    value = _operand(words)
    sign = next((sign for sign in ("+", "-") if words.taken(sign)), None)
    added = _operand(words) if sign else None

    def change(old: Item, new: Item, given: Placeholders) -> None:
        target, found = given.name(name), value(old, given)
        if found is None:
            raise ExpressionError(f"{words.text!r}: what {target} is set to does not exist in the item")
        if added is not None:
            number = added(old, given)
            if number is None:
                raise ExpressionError(f"{words.text!r}: what is added to {target} does not exist")
            found = _sum(found, number, 1 if sign == "+" else -1)
        new[target] = found

    return change


def _remove(words: _Words) -> Change:
    name = words.take()

    def change(_: Item, new: Item, given: Placeholders) -> None:
        new.pop(given.name(name), None)

    return change


def _add(words: _Words) -> Change:
    name, value = words.take(), _operand(words)

    def change(old: Item, new: Item, given: Placeholders) -> None:
        target, more = given.name(name), value(old, given)
        found = old.get(target)
        if more is None:
            raise ExpressionError(f"{words.text!r}: what is added to {target} does not exist")
        if found is None:
            new[target] = more
        elif "N" in more:
            new[target] = _sum(found, more, 1)
        else:
            ((kind, held),) = more.items()
            new[target] = {kind: sorted({*found[kind], *held})}

    return change


def _delete(words: _Words) -> Change:
    name, value = words.take(), _operand(words)

    def change(old: Item, new: Item, given: Placeholders) -> None:
        target, less = given.name(name), value(old, given)
        found = old.get(target)
        if found is None or less is None:
            return
        ((kind, held),) = less.items()
        kept = sorted({*found[kind]} - {*held})
        if kept:
            new[target] = {kind: kept}
        else:
            new.pop(target, None)

    return change


_CHANGES: Final[Mapping[str, Callable[[_Words], Change]]] = {
    "SET": _set,
    "REMOVE": _remove,
    "ADD": _add,
    "DELETE": _delete,
}


def _sum(left: Value, right: Value, sign: int) -> Value:
    if "N" not in left or "N" not in right:
        raise ExpressionError(f"{dict(left)} and {dict(right)} are no numbers: they cannot be added")
    return {"N": f"{Decimal(left['N']) + sign * Decimal(right['N']):f}"}
