"""A table in memory: its items, by key and in the order of its indexes."""

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias
from zlib import crc32

from local.dynamodb.grammar import Item, Value
from local.dynamodb.values import comparable, invalid, text_of

Key: TypeAlias = tuple[Any, ...]
"""What an item's keys compare by: hash and, mostly, range key."""
Place: TypeAlias = tuple[Any, ...]

MAX_HASH_KEY: Final = 2048  # bytes
MAX_RANGE_KEY: Final = 1024


class Row(NamedTuple):
    """An item, its size in bytes, and of a global table when (s) and in which Region it was written."""

    item: Item
    size: int
    at: float = 0.0
    origin: str = ""


class Index:
    """The rows of a table or of one of its indexes: parts by hash key, in each the rows by range key."""

    def __init__(
        self,
        keys: Sequence[str],
        of_table: Sequence[str],
        shown: frozenset[str] | None,
        types: Mapping[str, str],
    ) -> None:
        self._types = {name: types[name] for name in keys}
        self.hash_key = keys[0]
        self.range_key = keys[1] if len(keys) > 1 else None
        self.all_keys = tuple(dict.fromkeys([*keys, *of_table]))
        self.shown = None if shown is None else shown.union(self.all_keys)
        self._order = tuple(name for name in self.all_keys if name != keys[0])
        self._parts: dict[Any, tuple[list[Place], dict[Place, Row]]] = {}
        self._hashes: list[tuple[int, Any]] = []

    def put(self, row: Row) -> None:
        """An item without the index's keys, or with some of another type, is not in it."""
        item = row.item
        if not self._has(item):
            return
        value = comparable(item[self.hash_key])
        if value not in self._parts:
            self._parts[value] = ([], {})
            insort(self._hashes, (token(value), value))
        places, rows = self._parts[value]
        place = self.place(item)
        if place not in rows:
            insort(places, place)
        rows[place] = row

    def drop(self, item: Item) -> None:
        """The item as it was put."""
        if not self._has(item):
            return
        value = comparable(item[self.hash_key])
        places, rows = self._parts[value]
        place = self.place(item)
        del rows[place]
        del places[bisect_left(places, place)]
        if not places:
            del self._parts[value]
            del self._hashes[bisect_left(self._hashes, (token(value), value))]

    def _has(self, item: Item) -> bool:
        return all(kind in item.get(name, ()) for name, kind in self._types.items())

    def place(self, item: Item) -> Place:
        """Where an item stands in its part."""
        return tuple(comparable(item[name]) for name in self._order)

    def between(self, value: Value, low: Any, high: Any, *, open_: tuple[bool, bool]) -> tuple[int, int]:  # noqa: ANN401
        """First and behind the last of the part's places with a range key from low to high (None: any)."""
        places = self._parts.get(comparable(value), ((), {}))[0]
        first, last = 0, len(places)
        if low is not None:
            first = (bisect_right if open_[0] else bisect_left)(places, low, key=_first)
        if high is not None:
            last = (bisect_left if open_[1] else bisect_right)(places, high, key=_first)
        return first, last

    def rows(
        self, value: Value, first: int, last: int, *, backward: bool, after: Place | None
    ) -> Iterator[Row]:
        """The rows at these places of a part, behind a place."""
        places, rows = self._parts.get(comparable(value), ([], {}))
        if after is not None and backward:
            last = min(last, bisect_left(places, after))
        elif after is not None:
            first = max(first, bisect_right(places, after))
        order = range(last - 1, first - 1, -1) if backward else range(first, last)
        return (rows[places[at]] for at in order)

    def scan(self, after: Item | None, segment: int = 0, segments: int = 1) -> Iterator[Row]:
        """Every row of a segment, behind an item; parts in an order that says nothing."""
        start, behind = 0, None
        if after is not None:
            value = comparable(after[self.hash_key])
            start, behind = bisect_left(self._hashes, (token(value), value)), (value, self.place(after))
        for number, value in self._hashes[start:]:
            if number % segments != segment:
                continue
            places, rows = self._parts[value]
            first = bisect_right(places, behind[1]) if behind is not None and behind[0] == value else 0
            for place in places[first:]:
                yield rows[place]


def _first(place: Place) -> Any:  # noqa: ANN401 - a range key
    return place[0]


def token(value: Any) -> int:  # noqa: ANN401 - a hash key
    """What parts are scanned by: the same in every process."""
    return crc32(value if isinstance(value, bytes) else str(value).encode())


class Table:
    """`types`: S, N or B of each key; `indexes`: name -> its keys and, unless it has all, what it has."""

    def __init__(
        self,
        keys: Sequence[str],
        types: Mapping[str, str],
        indexes: Mapping[str, tuple[Sequence[str], frozenset[str] | None]],
    ) -> None:
        self.keys = tuple(keys)
        self.types = types
        self.rows: dict[Key, Row] = {}
        self.tombs: dict[Key, tuple[float, str]] = {}
        self.indexes = {"": Index(keys, keys, None, types)}
        for name, (its, shown) in indexes.items():
            self.index(name, its, shown)

    def index(self, name: str, keys: Sequence[str], shown: frozenset[str] | None) -> None:
        """Adds an index."""
        made = self.indexes[name] = Index(keys, self.keys, shown, self.types)
        for row in self.rows.values():
            made.put(row)

    def key_of(self, item: Mapping[str, Value]) -> Key:
        """Raises AwsError for an item that lacks a key, or has one that cannot be."""
        return tuple(self._key_value(name, item) for name in self.keys)

    def key(self, given: Mapping[str, Value]) -> Key:
        """Of a key that was given. Raises AwsError when it is not exactly one."""
        if not isinstance(given, Mapping) or given.keys() != set(self.keys):
            raise invalid(
                f"The provided key element does not match the schema: {sorted(given)}, "
                f"the table has {', '.join(self.keys)}"
            )
        return self.key_of(given)

    def _key_value(self, name: str, item: Mapping[str, Value]) -> Any:  # noqa: ANN401 - as compared
        value = item.get(name)
        if value is None:
            raise invalid(f"One or more parameter values were invalid: Missing the key {name} in the item")
        self._check_type(name, value, "key")
        made = comparable(value)
        most = MAX_HASH_KEY if name == self.keys[0] else MAX_RANGE_KEY
        if (
            isinstance(made, str | bytes)
            and not 0 < len(made if isinstance(made, bytes) else made.encode()) <= most
        ):
            raise invalid(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
                f"contain an empty string value, or more than {most} bytes. Key: {name}"
            )
        return made

    def check(self, item: Item) -> None:
        """Raises AwsError for an item with a key of an index that cannot be."""
        for name, index in self.indexes.items():
            for key in index.all_keys if name else ():
                if key in item and key not in self.keys:
                    self._check_type(key, item[key], f"Index Key, IndexName: {name}, key")
                    if item[key] in ({"S": ""}, {"B": ""}):
                        raise invalid(
                            "One or more parameter values are not valid. A value specified for a secondary "
                            f"index key is empty. IndexName: {name}, key: {key}"
                        )

    def _check_type(self, name: str, value: Value, what: str) -> None:
        if self.types[name] not in value or len(value) != 1:
            raise invalid(
                f"One or more parameter values were invalid: Type mismatch for {what} {name}: expected "
                f"{self.types[name]}, it is {value}"
            )

    def put(self, key: Key, row: Row | None) -> None:
        """In place of what is there; None takes it away."""
        old = self.rows.pop(key, None)
        for index in self.indexes.values():
            if old is not None:
                index.drop(old.item)
            if row is not None:
                index.put(row)
        if row is not None:
            self.rows[key] = row


def name_of(key: Key) -> str:
    """A key as text, the same for every spelling of a number."""
    return json.dumps([text_of(one) if not isinstance(one, str | bytes) else repr(one) for one in key])
