"""AWS IoT SQL, version 2016-03-23, as far as it is understood here: what a rule selects of a message.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from local.iot.expressions import (
    Message,
    UndefinedError,
    Value,
    Words,
    condition,
    expression,
    value_of,
)

BASIC_INGEST: Final = re.compile(r"\$aws/rules/(\w+)/(.+)")


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
        if self.where is not None and value_of(self.where, message, fields) is not True:
            return None
        if not self.everything and len(self.columns) == 1 and not self.columns[0][0]:
            return value_of(self.columns[0][1], message, fields)
        found = dict(fields) if self.everything and isinstance(fields, dict) else {}
        for name, column in self.columns:
            try:
                found[name] = column(message, fields)
            except UndefinedError:
                continue
        return found


def parse(text: str) -> Statement:
    """A statement. Raises SqlError."""
    words = Words(text)
    words.expect("SELECT")
    everything, columns = False, []
    while True:
        if words.taken("*"):
            everything = True
        else:
            value = expression(words)
            name = words.take() if words.taken("AS") else words.named
            columns.append((name, value))
        if not words.taken(","):
            break
    words.expect("FROM")
    source = words.take()
    if not source.startswith("'"):
        raise words.error(f"a topic filter in quotes is expected, not {source!r}")
    where = condition(words) if words.taken("WHERE") else None
    if words.left:
        raise words.error(f"{' '.join(words.left)!r} is too much")
    return Statement(text, source[1:-1], everything, tuple(columns), where)


_SUBSTITUTION: Final = re.compile(r"\$\{([^}]+)\}")


def substitute(template: str, message: Message) -> str:
    """A text with its `${...}` replaced: expressions on the message. Raises SqlError, UndefinedError."""

    def replaced(match: re.Match[str]) -> str:
        words = Words(match[1])
        value = expression(words)
        try:
            fields = message.json()
        except ValueError:
            fields = None
        return str(value(message, fields))

    return _SUBSTITUTION.sub(replaced, template)
