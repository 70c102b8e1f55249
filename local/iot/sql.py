"""AWS IoT SQL, version 2016-03-23, as far as it is understood here: what a rule selects of a message.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html
"""

from __future__ import annotations

import json
import operator
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

BASIC_INGEST: Final = re.compile(r"\$aws/rules/(\w+)/(.+)")
_TOKEN: Final = re.compile(r"\s*('(?:[^']|'')*'|\d+(?:\.\d+)?|<>|<=|>=|!=|[=<>(),*+/-]|[A-Za-z_][\w.]*)")
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COUNT: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


class SqlError(ValueError):
    """A statement that is not understood; the message shows where."""


class UndefinedError(Exception):
    """A value that the message does not have: `Undefined`, of which nothing is equal or selected."""


@dataclass(frozen=True)
class Message:
    """What a statement is asked of. `topic`: without the prefix of Basic Ingest. `at`: ms."""

    topic: str
    payload: bytes
    client_id: str
    at: int

    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Raises ValueError."""
        return json.loads(self.payload)


Value = Callable[[Message, Any], Any]
"""(the message, its JSON) -> a value. Raises UndefinedError."""


@dataclass(frozen=True)
class Statement:
    """`source`: the topic filter of FROM."""

    text: str
    source: str
    everything: bool
    columns: tuple[tuple[str, Value], ...]
    where: Value | None

    def select(self, message: Message) -> Any:  # noqa: ANN401 - JSON
        """What is selected of a message; None when WHERE does not hold.

        Raises ValueError for a message that is no JSON, where its fields are asked for.
        """
        fields = message.json()
        if self.where is not None and _value(self.where, message, fields) is not True:
            return None
        if not self.everything and len(self.columns) == 1 and not self.columns[0][0]:
            return _value(self.columns[0][1], message, fields)
        found = dict(fields) if self.everything and isinstance(fields, dict) else {}
        for name, column in self.columns:
            try:
                found[name] = column(message, fields)
            except UndefinedError:
                continue
        return found


def _value(value: Value, message: Message, fields: Any) -> Any:  # noqa: ANN401 - JSON
    try:
        return value(message, fields)
    except UndefinedError:
        return None


def parse(text: str) -> Statement:
    """A statement. Raises SqlError."""
    words = _Words(text)
    words.expect("SELECT")
    everything, columns = False, []
    while True:
        if words.taken("*"):
            everything = True
        else:
            value = _expression(words)
            name = words.take() if words.taken("AS") else words.named
            columns.append((name, value))
        if not words.taken(","):
            break
    words.expect("FROM")
    source = words.take()
    if not source.startswith("'"):
        raise words.error(f"a topic filter in quotes is expected, not {source!r}")
    where = _any(words) if words.taken("WHERE") else None
    if words.left:
        raise words.error(f"{' '.join(words.left)!r} is too much")
    return Statement(text, source[1:-1], everything, tuple(columns), where)


class _Words:
    """`named`: the name that the last expression has by itself."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.left: list[str] = []
        self.named = ""
        at, end = 0, len(text.rstrip().rstrip(";"))
        while at < end:
            token = _TOKEN.match(text, at)
            if token is None:
                raise SqlError(f"{text!r}: {text[at : at + 20]!r} is not understood")
            self.left.append(token[1])
            at = token.end()

    def take(self) -> str:
        if not self.left:
            raise self.error("it ends too early")
        return self.left.pop(0)

    def taken(self, word: str) -> bool:
        if self.left and self.left[0].upper() == word:
            self.left.pop(0)
            return True
        return False

    def expect(self, word: str) -> None:
        if not self.taken(word):
            raise self.error(f"{word} is expected before {' '.join(self.left[:3])!r}")

    def error(self, why: str) -> SqlError:
        return SqlError(f"{self.text!r}: {why}")


def _any(words: _Words) -> Value:
    left = _all(words)
    while words.taken("OR"):
        left = _either(left, _all(words))
    return left


def _either(left: Value, right: Value) -> Value:
    return lambda m, f: _value(left, m, f) is True or _value(right, m, f) is True


def _all(words: _Words) -> Value:
    left = _not(words)
    while words.taken("AND"):
        left = _both(left, _not(words))
    return left


def _both(left: Value, right: Value) -> Value:
    return lambda m, f: _value(left, m, f) is True and _value(right, m, f) is True


def _not(words: _Words) -> Value:
    if words.taken("NOT"):
        inner = _not(words)
        return lambda m, f: _value(inner, m, f) is not True
    left = _expression(words)
    if words.left and words.left[0] in _COMPARE:
        return _compared(_COMPARE[words.take()], left, _expression(words))
    return left


def _compared(compare: Callable[[Any, Any], bool], left: Value, right: Value) -> Value:
    def holds(message: Message, fields: Any) -> bool:  # noqa: ANN401 - JSON
        try:
            return compare(left(message, fields), right(message, fields))
        except TypeError:  # values of types that do not compare
            raise UndefinedError from None

    return holds


def _expression(words: _Words) -> Value:
    left = _operand(words)
    while words.left and words.left[0] in _COUNT:
        left = _counted(_COUNT[words.take()], left, _operand(words))
        words.named = ""
    return left


def _counted(count: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    def result(message: Message, fields: Any) -> Any:  # noqa: ANN401 - JSON
        try:
            return count(left(message, fields), right(message, fields))
        except (TypeError, ZeroDivisionError):
            raise UndefinedError from None

    return result


def _operand(words: _Words) -> Value:
    word = words.take()
    words.named = ""
    if word == "(":
        inner = _any(words)
        words.expect(")")
        return inner
    if word.startswith("'"):
        text = word[1:-1].replace("''", "'")
        return lambda *_: text
    if word[0].isdigit():
        number = float(word) if "." in word else int(word)
        return lambda *_: number
    if word.lower() in ("true", "false", "null"):
        constant = {"true": True, "false": False, "null": None}[word.lower()]
        return lambda *_: constant
    if words.taken("("):
        return _function(words, word)
    if not re.fullmatch(r"[A-Za-z_][\w.]*", word):
        raise words.error(f"{word!r} is no value")
    words.named = word.rpartition(".")[2]
    return lambda _, fields: _field(fields, word)


def _field(fields: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    for name in path.split("."):
        if not isinstance(fields, dict) or name not in fields:
            raise UndefinedError
        fields = fields[name]
    return fields


def _function(words: _Words, name: str) -> Value:
    arguments: list[Value] = []
    while not words.taken(")"):
        arguments.append(_expression(words))
        if not words.taken(","):
            words.expect(")")
            break
    known = _FUNCTIONS.get(name.lower())
    if known is None or not known[0] <= len(arguments) <= known[1]:
        have = ", ".join(sorted(_FUNCTIONS))
        raise words.error(f"{name} with {len(arguments)} arguments is not understood here; there are {have}")
    words.named = name
    return lambda m, f: known[2](m, [argument(m, f) for argument in arguments])


def _topic(message: Message, arguments: list[Any]) -> str:
    if not arguments:
        return message.topic
    levels = message.topic.split("/")
    if not isinstance(arguments[0], int) or not 1 <= arguments[0] <= len(levels):
        raise UndefinedError
    return str(levels[arguments[0] - 1])


_FUNCTIONS: Final[Mapping[str, tuple[int, int, Callable[[Message, list[Any]], Any]]]] = {
    "topic": (0, 1, _topic),
    "timestamp": (0, 0, lambda message, _: message.at),
    "clientid": (0, 0, lambda message, _: message.client_id),
    "newuuid": (0, 0, lambda *_: str(uuid.uuid4())),
    "lower": (1, 1, lambda _, given: str(given[0]).lower()),
    "upper": (1, 1, lambda _, given: str(given[0]).upper()),
    "concat": (1, 9, lambda _, given: "".join(map(str, given))),
}
"""Least and most arguments, and what a function gives."""

_SUBSTITUTION: Final = re.compile(r"\$\{([^}]+)\}")


def substitute(template: str, message: Message) -> str:
    """A text with its `${...}` replaced: expressions on the message. Raises SqlError, UndefinedError."""

    def replaced(match: re.Match[str]) -> str:
        words = _Words(match[1])
        value = _expression(words)
        try:
            fields = message.json()
        except ValueError:
            fields = None
        return str(value(message, fields))

    return _SUBSTITUTION.sub(replaced, template)
