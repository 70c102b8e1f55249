"""Condition, filter and key condition expressions, and projections.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

from local.dynamodb.grammar import ExpressionError, Item, Path, Placeholders, Value, Words, found
from local.dynamodb.values import comparable

Test: TypeAlias = Callable[[Item, Placeholders], bool]
Operand: TypeAlias = Callable[[Item, Placeholders], Value | None]

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERED: Final = frozenset({"S", "N", "B"})


class Condition(NamedTuple):
    """`test` says whether an item meets it. `uses`: its placeholders; `names`: its attributes, as written."""

    test: Test
    uses: frozenset[str]
    names: frozenset[str]


class KeyTerm(NamedTuple):
    """What a key has to be: `comparator` is =, <, <=, >, >=, BETWEEN or begins_with."""

    name: str
    comparator: str
    values: tuple[str, ...]


class KeyCondition(NamedTuple):
    """One term or two; `uses`: the placeholders in it."""

    terms: tuple[KeyTerm, ...]
    uses: frozenset[str]


class Projection(NamedTuple):
    """The paths to answer, names as written; `uses`: the placeholders in it."""

    paths: tuple[Path, ...]
    uses: frozenset[str]


@cache
def condition(text: str) -> Condition:
    """A condition or filter. Raises ExpressionError."""
    words = Words(text)
    test = _any_of(words)
    words.end()
    return Condition(test, words.placeholders, frozenset(words.attributes))


@cache
def key_condition(text: str) -> KeyCondition:
    """A key condition. Raises ExpressionError."""
    words = Words(text)
    terms = _key_terms(words)
    words.end()
    if len(terms) > 2:
        raise ExpressionError(f"{text!r}: conditions must be of one or both keys, not of {len(terms)}")
    return KeyCondition(tuple(terms), words.placeholders)


@cache
def projection(text: str) -> Projection:
    """A projection. Raises ExpressionError."""
    words = Words(text)
    paths = [words.path()]
    while words.taken(","):
        paths.append(words.path())
    words.end()
    return Projection(tuple(paths), words.placeholders)


def _key_terms(words: Words) -> list[KeyTerm]:
    terms = []
    while True:
        if words.taken("("):
            terms += _key_terms(words)
            words.expect(")")
        else:
            terms.append(_key_term(words))
        if not words.taken("AND"):
            return terms


def _key_term(words: Words) -> KeyTerm:
    if words.next_is("begins_with") and words.next_is("(", 1):
        words.take()
        words.expect("(")
        name = _key_name(words)
        words.expect(",")
        value = words.value()
        words.expect(")")
        return KeyTerm(name, "begins_with", (value,))
    name = _key_name(words)
    if words.taken("BETWEEN"):
        low = words.value()
        words.expect("AND")
        return KeyTerm(name, "BETWEEN", (low, words.value()))
    comparator = words.take()
    if comparator not in _COMPARE or comparator == "<>":
        raise ExpressionError(
            f"{words.text!r}: Invalid operator used in KeyConditionExpression: {comparator}"
        )
    return KeyTerm(name, comparator, (words.value(),))


def _key_name(words: Words) -> str:
    path = words.path()
    if len(path) > 1:
        raise ExpressionError(f"{words.text!r}: a key is a whole attribute, not {path}")
    return str(path[0])


def _any_of(words: Words) -> Test:
    tests = [_all_of(words)]
    while words.taken("OR"):
        tests.append(_all_of(words))
    return tests[0] if len(tests) == 1 else lambda item, given: any(test(item, given) for test in tests)


def _all_of(words: Words) -> Test:
    tests = [_one(words)]
    while words.taken("AND"):
        tests.append(_one(words))
    return tests[0] if len(tests) == 1 else lambda item, given: all(test(item, given) for test in tests)


def _one(words: Words) -> Test:
    if words.taken("NOT"):
        test = _one(words)
        return lambda item, given: not test(item, given)
    if words.taken("("):
        test = _any_of(words)
        words.expect(")")
        return test
    if words.next_is("(", 1) and words.left[0] in _FUNCTIONS:
        return _function(words)
    return _comparison(words)


def _function(words: Words) -> Test:
    kind = words.take()
    words.expect("(")
    path = words.path()
    if kind.startswith("attribute_") and kind != "attribute_type":
        words.expect(")")
        wanted = kind == "attribute_exists"
        return lambda item, given: (found(item, given.path(path)) is not None) == wanted
    words.expect(",")
    second = _operand(words)
    words.expect(")")
    test = _FUNCTIONS[kind]

    def holds(item: Item, given: Placeholders) -> bool:
        left, right = found(item, given.path(path)), second(item, given)
        return left is not None and right is not None and test(left, right)

    return holds


def _begins(value: Value, wanted: Value) -> bool:
    ((kind, _),) = wanted.items()
    if kind not in ("S", "B"):
        raise ExpressionError(f"begins_with: {dict(wanted)} is neither S nor B")
    return kind in value and bool(comparable(value)[: len(comparable(wanted))] == comparable(wanted))


def _contains(value: Value, wanted: Value) -> bool:
    ((kind, _),), ((wanted_kind, part),) = value.items(), wanted.items()
    if kind == "L":
        return (wanted_kind, comparable(wanted)) in comparable(value)
    if kind in ("SS", "NS", "BS"):
        return kind[0] == wanted_kind and comparable(wanted) in comparable(value)
    return kind in ("S", "B") and kind == wanted_kind and comparable({kind: part}) in comparable(value)


def _is_type(value: Value, wanted: Value) -> bool:
    return wanted.get("S") in value


_FUNCTIONS: Final[Mapping[str, Callable[[Value, Value], bool]]] = {
    "attribute_exists": lambda _, __: True,
    "attribute_not_exists": lambda _, __: False,
    "attribute_type": _is_type,
    "begins_with": _begins,
    "contains": _contains,
}


def _comparison(words: Words) -> Test:
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
    if comparator not in ("=", "<>") and not left.keys() & _ORDERED:
        return False
    return _COMPARE[comparator](comparable(left), comparable(right))


def _operand(words: Words) -> Operand:
    if words.left and words.left[0].startswith(":"):
        word = words.take()
        return lambda _, given: given.value(word)
    if words.next_is("size") and words.next_is("(", 1):
        words.take()
        words.expect("(")
        path = words.path()
        words.expect(")")
        return lambda item, given: _length(found(item, given.path(path)))
    path = words.path()
    if words.next_is("("):
        raise ExpressionError(f"{words.text!r}: Invalid function name; function: {path[0]}")
    return lambda item, given: found(item, given.path(path))


def _length(value: Value | None) -> Value | None:
    if value is None:
        return None
    ((kind, held),) = value.items()
    if kind == "S":
        return {"N": str(len(held.encode()))}
    if kind == "B":
        return {"N": str(len(comparable(value)))}
    return {"N": str(len(held))} if kind in ("SS", "NS", "BS", "L", "M") else None
