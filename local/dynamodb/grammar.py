"""What all expressions are made of: words, placeholders, and paths into items.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

Value: TypeAlias = Mapping[str, Any]
"""An attribute value: one type and what it holds, such as {"N": "1"}."""
Item: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]
"""An attribute, then keys of maps and places in lists."""

_RESERVED: Final = frozenset(ReservedKeywords.get_reserved_keywords())
_TOKEN: Final = re.compile(r"\s*(<>|<=|>=|[=<>(),+.\[\]-]|[#:]?[A-Za-z_]\w*|[#:]\w+|\d+)")


class ExpressionError(ValueError):
    """An expression that DynamoDB would refuse."""


class Placeholders(NamedTuple):
    """What `#name` and `:value` stand for."""

    names: Mapping[str, str]
    values: Mapping[str, Value]

    def path(self, words: Path) -> Path:
        """The path that words say. Raises ExpressionError."""
        return tuple(self._name(word) if isinstance(word, str) else word for word in words)

    def _name(self, word: str) -> str:
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


class Words:
    """An expression's words, taken from the left."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._words: list[str] = []
        at, end = 0, len(text.rstrip())
        while at < end:
            token = _TOKEN.match(text, at)
            if token is None:
                raise ExpressionError(f"{text!r}: {text[at : at + 20]!r} is not understood")
            self._words.append(token[1])
            at = token.end()
        if not self._words:
            raise ExpressionError("an expression must not be empty")
        self._at = 0
        self.placeholders = frozenset(word for word in self._words if word[0] in "#:")
        self.attributes: set[str] = set()

    @property
    def left(self) -> list[str]:
        """What is still to be taken."""
        return self._words[self._at :]

    def next_is(self, word: str, ahead: int = 0) -> bool:
        """Whether that is the next word, or the one so many behind it."""
        at = self._at + ahead
        return at < len(self._words) and self._words[at].upper() == word.upper()

    def take(self) -> str:
        """The next word. Raises ExpressionError when there is none."""
        if self._at == len(self._words):
            raise ExpressionError(f"{self.text!r} ends too early")
        self._at += 1
        return self._words[self._at - 1]

    def taken(self, word: str) -> bool:
        """Takes the next word if it is that one."""
        if self.next_is(word):
            self._at += 1
            return True
        return False

    def expect(self, word: str) -> None:
        """Takes that word. Raises ExpressionError."""
        if not self.taken(word):
            raise ExpressionError(f"{self.text!r}: {word!r} is expected before {' '.join(self.left)!r}")

    def path(self) -> Path:
        """A path, names as they are written. Raises ExpressionError."""
        steps: list[str | int] = [self._name()]
        self.attributes.add(str(steps[0]))
        while True:
            if self.taken("."):
                steps.append(self._name())
            elif self.taken("["):
                place = self.take()
                if not place.isdigit():
                    raise ExpressionError(f"{self.text!r}: {place!r} is no place in a list")
                steps.append(int(place))
                self.expect("]")
            else:
                return tuple(steps)

    def _name(self) -> str:
        word = self.take()
        if not (word[0] in "#_" or word[0].isalpha()):
            raise ExpressionError(f"{self.text!r}: {word!r} is no attribute's name")
        if word.upper() in _RESERVED:
            raise ExpressionError(
                f"{self.text!r}: {word} is a reserved keyword: say #{word}, and what that is in "
                "ExpressionAttributeNames"
            )
        return word

    def value(self) -> str:
        """The word for a value. Raises ExpressionError."""
        word = self.take()
        if not word.startswith(":"):
            raise ExpressionError(f"{self.text!r}: a value (:name) is expected, not {word!r}")
        return word

    def end(self) -> None:
        """Raises ExpressionError unless everything is taken."""
        if self._at < len(self._words):
            raise ExpressionError(f"{self.text!r}: {' '.join(self.left)!r} is too much")


def found(item: Item, path: Path) -> Value | None:
    """What is at a path; None if nothing is."""
    value: Value | None = item.get(str(path[0]))
    for step in path[1:]:
        if value is None:
            return None
        if isinstance(step, int):
            held = value.get("L", ())
            value = held[step] if step < len(held) else None
        else:
            value = value.get("M", {}).get(step)
    return value


def picked(item: Item, paths: Iterable[Path]) -> Item:
    """An item of only what is at these paths."""
    tree: dict[Any, Any] = {}
    for path in paths:
        value = found(item, path)
        if value is not None:
            branch = tree
            for step in path[:-1]:
                branch = branch.setdefault(step, {})
            branch[path[-1]] = _Leaf(value)
    return {name: _grown(part) for name, part in tree.items()}


class _Leaf(NamedTuple):
    value: Value


def _grown(part: Any) -> Value:  # noqa: ANN401 - a leaf or a branch
    if isinstance(part, _Leaf):
        return part.value
    if all(isinstance(step, int) for step in part):
        return {"L": [_grown(part[step]) for step in sorted(part)]}
    return {"M": {name: _grown(under) for name, under in part.items()}}
