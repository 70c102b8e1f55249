"""The tables of all Regions, what is kept of them, and the one way to change them.

Kept are, by kind: `dynamodb/table` every definition, `dynamodb/item/<region>/<table>` its items,
`dynamodb/stream/<ARN>` the records of a stream, `dynamodb/sending` what other Regions have yet to get.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heappush
from itertools import count
from threading import Condition, RLock
from typing import Any, Final

from local.aws.service import AwsError
from local.aws.store import Store, Writing
from local.dynamodb.grammar import Item
from local.dynamodb.streams import Stream, arn_of_stream
from local.dynamodb.table import Key, Row, Table, name_of
from local.dynamodb.values import invalid, measured

TABLE: Final = "dynamodb/table"
SENDING: Final = "dynamodb/sending"
SERVICE: Final = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
"""Who a stream says it was that deleted an expired item."""


@dataclass
class Defined:
    """A table of a Region. `known` is what is kept of it, as JSON: `description` (DescribeTable's, without
    counts), `ttl` (an attribute or ""), `recovery`, `tags`, `streams` (stream ARN -> view type), `stream`.
    """

    region: str
    known: dict[str, Any]
    table: Table
    expiring: list[tuple[int, int, Key]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The table's name."""
        return str(self.known["description"]["TableName"])

    @property
    def kind(self) -> str:
        """Of its items in the store."""
        return f"dynamodb/item/{self.region}/{self.name}"

    @property
    def replicas(self) -> list[str]:
        """The other Regions that have it."""
        listed = self.known["description"].get("Replicas", ())
        return [its["RegionName"] for its in listed if its["RegionName"] != self.region]


@dataclass(frozen=True)
class Change:
    """An item of a table to be put (or, None, deleted). `origin`: the Region that sent it, if one did."""

    of: Defined
    key: Key
    keys: Item
    new: Item | None
    identity: Mapping[str, str] | None = None
    at: float | None = None
    origin: str = ""


def schema(description: Mapping[str, Any]) -> Table:
    """An empty table as described."""
    types = {its["AttributeName"]: its["AttributeType"] for its in description["AttributeDefinitions"]}
    indexes = {}
    for its in (
        *description.get("GlobalSecondaryIndexes", ()),
        *description.get("LocalSecondaryIndexes", ()),
    ):
        indexes[its["IndexName"]] = (key_names(its["KeySchema"]), shown(its["Projection"]))
    return Table(key_names(description["KeySchema"]), types, indexes)


def key_names(key_schema: Sequence[Mapping[str, str]]) -> list[str]:
    """Hash key, then range key."""
    return [its["AttributeName"] for its in sorted(key_schema, key=lambda its: its["KeyType"])]


def shown(its: Mapping[str, Any]) -> frozenset[str] | None:
    """What an index has besides keys; None for everything."""
    if its.get("ProjectionType", "ALL") == "ALL":
        return None
    return frozenset(its.get("NonKeyAttributes", ()))


class Database:
    """Everything there is, behind one lock; `changed` tells who waits for records."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self.store = store
        self.clock = clock
        self.lock = RLock()
        self.changed = Condition(self.lock)
        self.tables: dict[tuple[str, str], Defined] = {}
        self.streams: dict[str, Stream] = {}
        self.sending: dict[str, Any] = dict(store.load(SENDING))
        self._numbers = count(1)
        self._sent = count(1 + max((int(number) for number in self.sending), default=0))
        for _, kept in store.load(TABLE):
            self._load(kept["region"], kept)

    def _load(self, region: str, known: dict[str, Any]) -> None:
        of = Defined(region, known, schema(known["description"]))
        self.tables[region, of.name] = of
        for _, kept in self.store.load(of.kind):
            self._remember(of, of.table.key_of(kept["item"] or kept["keys"]), kept)
        for arn, view in known["streams"].items():
            self.streams[arn] = Stream.load(
                self.store, arn, view, of.table.keys, is_open=arn == known["stream"]
            )

    def _remember(self, of: Defined, key: Key, kept: Mapping[str, Any]) -> None:
        if kept["item"] is None:
            of.table.tombs[key] = (kept["at"], kept["origin"])
            return
        row = Row(kept["item"], measured(kept["item"]), kept.get("at", 0.0), kept.get("origin", ""))
        of.table.put(key, row)
        self.expires(of, key, row.item)

    def get(self, region: str, name: object) -> Defined:
        """A table by its name or ARN. Raises AwsError."""
        if not isinstance(name, str) or not name:
            raise invalid(f"TableName is {name!r}: it must be the name of a table")
        if name.startswith("arn:"):
            region, name = name.split(":")[3], name.split("/")[1]
        of = self.tables.get((region, name))
        if of is None:
            raise AwsError(
                "ResourceNotFoundException",
                f"Requested resource not found: Table: {name} not found in {region}",
            )
        return of

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """The store, with the lock."""
        with self.lock, self.store.transaction() as writing:
            yield writing

    def keep(self, writing: Writing, of: Defined) -> None:
        """A definition as it is now."""
        self.tables[of.region, of.name] = of
        writing.put(TABLE, f"{of.region}/{of.name}", {**of.known, "region": of.region})

    def open_stream(self, of: Defined, view: str, label: str) -> None:
        """From now on its changes are recorded; to be kept by the caller."""
        arn = arn_of_stream(of.known["description"]["TableArn"], label)
        of.known["streams"][arn] = view
        of.known["stream"] = arn
        self.streams[arn] = Stream(arn, view, of.table.keys)

    def expires(self, of: Defined, key: Key, item: Item) -> None:
        """Notes when an item is to go."""
        when = expiry(item, of.known["ttl"])
        if when is not None:
            # A number between, because keys of equal times need not compare.
            heappush(of.expiring, (when, next(self._numbers), key))

    def apply(self, changes: Sequence[Change], also: Callable[[Writing], None] | None = None) -> None:
        """All of them, first in the store, then here. `also` writes more in the same transaction."""
        now = self.clock()
        made: list[tuple[Change, Row | None]] = []
        records: list[tuple[Stream, dict[str, Any]]] = []
        sent: dict[str, Any] = {}
        with self.lock:
            for change in changes:
                row = None
                if change.new is not None:
                    change.of.table.check(change.new)
                    row = Row(
                        change.new, measured(change.new), change.at or now, change.origin or change.of.region
                    )
                made.append((change, row))
            with self.store.transaction() as writing:
                for change, row in made:
                    self._write(writing, change, row, now)
                    records += self._record(writing, change, now)
                    sent |= self._send(writing, change, now)
                if also is not None:
                    also(writing)
            for change, row in made:
                self._remember_change(change, row, now)
            for stream, record in records:
                stream.append(record)
            self.sending |= sent
            if records or sent:
                self.changed.notify_all()

    def forget(self, of: Defined, key: Key) -> None:
        """That an item was deleted."""
        with self.writing() as writing:
            writing.delete(of.kind, name_of(key))
        del of.table.tombs[key]

    def _write(self, writing: Writing, change: Change, row: Row | None, now: float) -> None:
        name, is_global = name_of(change.key), bool(change.of.replicas)
        stamp = {"at": change.at or now, "origin": change.origin or change.of.region} if is_global else {}
        if row is not None:
            writing.put(change.of.kind, name, {"item": row.item, **stamp})
        elif is_global:
            # Otherwise an older write of another Region would bring it back.
            writing.put(change.of.kind, name, {"item": None, "keys": change.keys, **stamp})
        else:
            writing.delete(change.of.kind, name)

    def _remember_change(self, change: Change, row: Row | None, now: float) -> None:
        table = change.of.table
        table.put(change.key, row)
        table.tombs.pop(change.key, None)
        if row is not None:
            self.expires(change.of, change.key, row.item)
        elif change.of.replicas:
            table.tombs[change.key] = (change.at or now, change.origin or change.of.region)

    def _record(self, writing: Writing, change: Change, now: float) -> list[tuple[Stream, dict[str, Any]]]:
        stream = self.streams.get(change.of.known["stream"])
        old = change.of.table.rows.get(change.key)
        before = old.item if old else None
        if stream is None or before == change.new:
            return []
        record = stream.record(before, change.new, change.keys, at=now, identity=change.identity)
        writing.put(stream.kind, record["dynamodb"]["SequenceNumber"], record)
        return [(stream, record)]

    def _send(self, writing: Writing, change: Change, now: float) -> dict[str, Any]:
        if change.origin:
            return {}  # it came from another Region, which sends it to all
        sent = {}
        for region in change.of.replicas:
            number = f"{next(self._sent):020d}"
            sent[number] = {
                "table": change.of.name,
                "from": change.of.region,
                "to": region,
                "keys": change.keys,
                "item": change.new,
                "at": now,
            }
            writing.put(SENDING, number, sent[number])
        return sent


def expiry(item: Item, attribute: str) -> int | None:
    """When an item expires, s since the epoch."""
    held = item.get(attribute, {}).get("N") if attribute else None
    if held is None:
        return None
    return int(float(held))
