"""Expressions of AWS IoT SQL, as far as they are understood here: what they give of a message.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-operators.html
"""

from __future__ import annotations

import json
import operator
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

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


def value_of(value: Value, message: Message, fields: Any) -> Any:  # noqa: ANN401 - JSON
    """What it gives, None where that is Undefined."""
    try:
        return value(message, fields)
    except UndefinedError:
        return None


class Words:
    """A text, word by word. `named`: the name that the last expression has by itself."""

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
        """The next word. Raises SqlError at the end."""
        if not self.left:
            raise self.error("it ends too early")
        return self.left.pop(0)

    def taken(self, word: str) -> bool:
        """Whether it was next; then it is behind."""
        if self.left and self.left[0].upper() == word:
            self.left.pop(0)
            return True
        return False

    def expect(self, word: str) -> None:
        """It must be next. Raises SqlError."""
        if not self.taken(word):
            raise self.error(f"{word} is expected before {' '.join(self.left[:3])!r}")

    def error(self, why: str) -> SqlError:
        """An error of this text."""
        return SqlError(f"{self.text!r}: {why}")


def condition(words: Words) -> Value:
    """What WHERE takes: comparisons, joined by NOT, AND and OR. Raises SqlError."""
    return _joined(words, "OR", _all, any)


def _all(words: Words) -> Value:
    return _joined(words, "AND", _not, all)


def _joined(
    words: Words, by: str, part: Callable[[Words], Value], holds: Callable[[Iterable[bool]], bool]
) -> Value:
    parts = [part(words)]
    while words.taken(by):
        parts.append(part(words))
    if len(parts) == 1:
        return parts[0]
    return lambda m, f: holds(value_of(one, m, f) is True for one in parts)


def _not(words: Words) -> Value:
    if words.taken("NOT"):
        inner = _not(words)
        return lambda m, f: value_of(inner, m, f) is not True
    left = expression(words)
    if words.left and words.left[0] in _COMPARE:
        return _compared(_COMPARE[words.take()], left, expression(words))
    return left


def _compared(compare: Callable[[Any, Any], bool], left: Value, right: Value) -> Value:
    def holds(message: Message, fields: Any) -> bool:  # noqa: ANN401 - JSON
        try:
            return compare(left(message, fields), right(message, fields))
        except TypeError:  # values of types that do not compare
            raise UndefinedError from None

    return holds


def expression(words: Words) -> Value:
    """A field, a constant, a function, or what is counted of them. Raises SqlError."""
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


def _operand(words: Words) -> Value:
    word = words.take()
    words.named = ""
    if word == "(":
        inner = condition(words)
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


def _function(words: Words, name: str) -> Value:
    arguments: list[Value] = []
    while not words.taken(")"):
        arguments.append(expression(words))
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
