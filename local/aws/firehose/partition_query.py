"""The part of jq that a delivery stream's MetadataExtraction query is written in here.

    {name: <value>, ...}
    value: .path.to.field, also / a number, also | strftime("..."), tostring, floor or ascii_downcase

What is more is refused by name when the stream is created.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from math import floor
from typing import Any, Final, TypeAlias

Value: TypeAlias = Callable[[Any], Any]

_TOKEN: Final = re.compile(
    r'\s*(?:(?P<path>(?:\.[A-Za-z_]\w*)+)|(?P<number>\d+(?:\.\d+)?)|(?P<text>"[^"\\]*")|(?P<word>\w+)|(?P<mark>[{}():,|/]))'
)


class PartitionQuery:
    """A query that was read once."""

    def __init__(self, query: str) -> None:
        """Raises ValueError, with what is not understood."""
        self._query = query
        self._tokens = self._read(query)
        self._fields: dict[str, Value] = {}
        self._expect("{")
        while True:
            kind, name = self._next()
            if kind not in {"word", "text"}:
                raise self._odd(name)
            self._expect(":")
            self._fields[name.strip('"')] = self._value()
            if self._peek() != ",":
                break
            self._next()
        self._expect("}")
        if self._tokens:
            raise self._odd(self._peek())

    @property
    def names(self) -> frozenset[str]:
        """The names of the partition keys."""
        return frozenset(self._fields)

    def keys(self, record: Any) -> Mapping[str, str]:  # noqa: ANN401 - JSON
        """The partition keys of a record. Raises ValueError if it has none."""
        found = {}
        for name, value in self._fields.items():
            try:
                key = value(record)
            except (TypeError, KeyError, ValueError, OverflowError, OSError) as error:
                raise ValueError(f"the record has no partition key {name}: {error!r}") from None
            if key is None or key == "" or isinstance(key, dict | list):
                raise ValueError(f"the record has no partition key {name}: it is {key!r}")
            found[name] = str(key).lower() if isinstance(key, bool) else str(key)
        return found

    def _read(self, query: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        query = query.rstrip()
        while at < len(query):
            if (match := _TOKEN.match(query, at)) is None:
                raise ValueError(f"{self._query!r}: {query[at:]!r} is not understood here")
            tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            at = match.end()
        return tokens

    def _odd(self, token: str) -> ValueError:
        return ValueError(f"{self._query!r}: {token or 'its end'!r} is not understood there")

    def _peek(self) -> str:
        return self._tokens[0][1] if self._tokens else ""

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            raise self._odd("")
        return self._tokens.pop(0)

    def _expect(self, mark: str) -> None:
        _, token = self._next()
        if token != mark:
            raise self._odd(token)

    def _value(self) -> Value:
        value = self._term()
        while self._peek() == "|":
            self._next()
            value = _then(value, self._stage())
        return value

    def _term(self) -> Value:
        kind, part = self._next()
        if part == "(":
            value = self._value()
            self._expect(")")
        elif kind == "path":
            value = _at(part[1:].split("."))
        else:
            raise self._odd(part)
        if self._peek() == "/":
            self._next()
            kind, number = self._next()
            if kind != "number" or not float(number):
                raise self._odd(number)
            value = _then(value, _divided(float(number)))
        return value

    def _stage(self) -> Value:
        _, name = self._next()
        if name == "strftime":
            self._expect("(")
            kind, text = self._next()
            if kind != "text":
                raise self._odd(text)
            self._expect(")")
            return _formatted(text[1:-1])
        if name not in _STAGES:
            raise self._odd(name)
        return _STAGES[name]


def _then(first: Value, second: Value) -> Value:
    return lambda record: second(first(record))


def _at(names: list[str]) -> Value:
    def value(record: Any) -> Any:  # noqa: ANN401 - JSON
        for name in names:
            if record is None:
                return None
            if not isinstance(record, dict):
                raise TypeError(f"{name} of what is no object")
            record = record.get(name)
        return record

    return value


def _divided(by: float) -> Value:
    return lambda number: number / by


def _formatted(pattern: str) -> Value:
    return lambda seconds: datetime.fromtimestamp(floor(seconds), UTC).strftime(pattern)


_STAGES: Final[Mapping[str, Value]] = {
    "ascii_downcase": lambda text: text.lower(),
    "floor": floor,
    "tostring": str,
}
