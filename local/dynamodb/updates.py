"""Update expressions.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from local.dynamodb.conditions import Operand
from local.dynamodb.grammar import ExpressionError, Item, Path, Placeholders, Value, Words, found
from local.dynamodb.values import comparable, number, text_of

Action: TypeAlias = Callable[[Item, Placeholders], tuple[Path, Value | None] | None]
"""Of the item as it was: the path and what shall be there (None: nothing); or None, to change nothing."""


class Update(NamedTuple):
    """`actions` in order; `uses`: the placeholders in them; `paths`: what they write, names as written."""

    actions: tuple[Action, ...]
    uses: frozenset[str]
    paths: tuple[Path, ...]

    def apply(self, old: Item, given: Placeholders) -> Item:
        """The item after it. Raises ExpressionError."""
        _check_apart([given.path(path) for path in self.paths])
        made = [change for action in self.actions if (change := action(old, given)) is not None]
        new = dict(old)
        for path, value in made:
            if value is not None:
                _put(new, path, value)
        # The places of a list are those it had: the last is removed first.
        for path in sorted((path for path, value in made if value is None), key=_backwards, reverse=True):
            _put(new, path, None)
        return new


@cache
def update(text: str) -> Update:
    """An update expression. Raises ExpressionError."""
    words = Words(text)
    actions: list[Action] = []
    paths: list[Path] = []
    seen: set[str] = set()
    while words.left:
        clause = words.take().upper()
        if clause not in _CLAUSES:
            raise ExpressionError(f"{text!r}: one of {', '.join(_CLAUSES)} is expected, not {clause!r}")
        if clause in seen:
            raise ExpressionError(f'{text!r}: The "{clause}" section can only be used once')
        seen.add(clause)
        while True:
            path = words.path()
            paths.append(path)
            actions.append(_CLAUSES[clause](words, path))
            if not words.taken(","):
                break
    return Update(tuple(actions), words.placeholders, tuple(paths))


def _check_apart(paths: Sequence[Path]) -> None:
    ordered = sorted(paths, key=_backwards)
    for one, other in pairwise(ordered):
        if other[: len(one)] == one:
            raise ExpressionError(
                f"Two document paths overlap with each other: {list(one)} and {list(other)}; "
                "an update can do one thing with each"
            )


def _backwards(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)


def _put(item: Item, path: Path, value: Value | None) -> None:
    name = str(path[0])
    made = value if len(path) == 1 else _changed(item.get(name), path, 1, value)
    if made is None:
        item.pop(name, None)
    else:
        item[name] = made


def _changed(held: Value | None, path: Path, at: int, value: Value | None) -> Value:
    """A copy of a map or list with another value (None: without it) at the rest of a path."""
    step, last = path[at], at == len(path) - 1
    wrong = ExpressionError(
        f"The document path provided in the update expression is invalid for update: {list(path)}"
    )
    if held is None:
        raise wrong
    if isinstance(step, int):
        if "L" not in held:
            raise wrong
        items = list(held["L"])
        if not last:
            if step >= len(items):
                raise wrong
            items[step] = _changed(items[step], path, at + 1, value)
        elif value is None:
            del items[step : step + 1]
        else:
            items[step : step + 1] = [value]  # behind the end: it is appended
        return {"L": items}
    if "M" not in held:
        raise wrong
    members = dict(held["M"])
    if not last:
        members[step] = _changed(members.get(step), path, at + 1, value)
    elif value is None:
        members.pop(step, None)
    else:
        members[step] = value
    return {"M": members}


def _operand(words: Words) -> Operand:
    if words.left and words.left[0].startswith(":"):
        word = words.take()
        return lambda _, given: given.value(word)
    if words.next_is("(", 1):
        return _function(words)
    path = words.path()
    return lambda item, given: _there(item, given.path(path))


def _there(item: Item, path: Path) -> Value:
    value = found(item, path)
    if value is None:
        raise ExpressionError(
            f"The provided expression refers to an attribute that does not exist in the item: {list(path)}"
        )
    return value


def _function(words: Words) -> Operand:
    kind = words.take()
    words.expect("(")
    if kind == "if_not_exists":
        path = words.path()
        words.expect(",")
        other = _operand(words)
        words.expect(")")
        return lambda item, given: found(item, given.path(path)) or other(item, given)
    if kind == "list_append":
        first = _operand(words)
        words.expect(",")
        second = _operand(words)
        words.expect(")")

        def appended(item: Item, given: Placeholders) -> Value:
            one, two = first(item, given), second(item, given)
            if one is None or two is None or "L" not in one or "L" not in two:
                raise ExpressionError(f"{words.text!r}: list_append is of two lists")
            return {"L": [*one["L"], *two["L"]]}

        return appended
    raise ExpressionError(f"{words.text!r}: Invalid function name; function: {kind}")


def _set(words: Words, path: Path) -> Action:
    words.expect("=")
    value = _operand(words)
    sign = next((sign for sign in ("+", "-") if words.taken(sign)), None)
    added = _operand(words) if sign else None

    def action(old: Item, given: Placeholders) -> tuple[Path, Value | None]:
        made = value(old, given)
        if added is not None:
            made = _sum(made, added(old, given), 1 if sign == "+" else -1)
        return given.path(path), made

    return action


def _remove(_: Words, path: Path) -> Action:
    return lambda _, given: (given.path(path), None)


def _add(words: Words, path: Path) -> Action:
    word = words.value()

    def action(old: Item, given: Placeholders) -> tuple[Path, Value | None]:
        target, more = given.path(path), given.value(word)
        ((kind, held),) = more.items()
        if kind not in ("N", "SS", "NS", "BS"):
            raise ExpressionError(
                f"Incorrect operand type for operator or function; operator: ADD, type: {kind}"
            )
        before = found(old, target)
        if before is None:
            return target, more
        if kind == "N":
            return target, _sum(before, more, 1)
        _check_kind("ADD", kind, before)
        return target, {kind: _in_order(kind, [*before[kind], *held])}

    return action


def _delete(words: Words, path: Path) -> Action:
    word = words.value()

    def action(old: Item, given: Placeholders) -> tuple[Path, Value | None] | None:
        target, less = given.path(path), given.value(word)
        ((kind, _),) = less.items()
        if kind not in ("SS", "NS", "BS"):
            raise ExpressionError(
                f"Incorrect operand type for operator or function; operator: DELETE, type: {kind}"
            )
        before = found(old, target)
        if before is None:
            return None
        _check_kind("DELETE", kind, before)
        gone = comparable(less)
        kept = [one for one in before[kind] if comparable({kind[0]: one}) not in gone]
        return target, {kind: kept} if kept else None

    return action


_CLAUSES: Final[Mapping[str, Callable[[Words, Path], Action]]] = {
    "SET": _set,
    "REMOVE": _remove,
    "ADD": _add,
    "DELETE": _delete,
}


def _check_kind(clause: str, kind: str, before: Value) -> None:
    if kind not in before:
        raise ExpressionError(
            f"An operand in the update expression has an incorrect data type: "
            f"{clause} of {kind} to {dict(before)}"
        )


def _in_order(kind: str, held: Sequence[str]) -> list[str]:
    """Without duplicates, in the order of what they mean."""
    by_meaning = {comparable({kind[0]: one}): one for one in held}
    return [by_meaning[meaning] for meaning in sorted(by_meaning)]


def _sum(left: Value | None, right: Value | None, sign: int) -> Value:
    for value in (left, right):
        if value is None or "N" not in value:
            raise ExpressionError(
                f"An operand in the update expression has an incorrect data type: {value} is no number"
            )
    assert left is not None and right is not None  # noqa: PT018, S101 - for mypy: checked above
    return {"N": text_of(number(left["N"]) + sign * number(right["N"]))}
