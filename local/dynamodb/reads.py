"""GetItem, BatchGetItem, TransactGetItems, Query and Scan."""

from collections.abc import Iterator
from typing import Any, Final

from local.aws.service import Answer
from local.dynamodb.conditions import KeyCondition, KeyTerm, condition, key_condition
from local.dynamodb.database import Database, Defined
from local.dynamodb.grammar import Item, Placeholders, Value
from local.dynamodb.requests import Picker, Request, check_count, check_legacy, placeholders
from local.dynamodb.table import Index, Row
from local.dynamodb.values import comparable, invalid

MAX_KEYS: Final = 100
MAX_PAGE: Final = 1024 * 1024  # bytes
MAX_BATCH: Final = 16 * 1024 * 1024


class Reads:
    """Each method is a call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get_item(self, region: str, request: Request) -> Answer:
        """GetItem."""
        check_legacy(request)
        pick = Picker(request)
        pick.resolve(placeholders(request, [pick.uses]))
        table = self._database.get(region, request.get("TableName")).table
        row = table.rows.get(table.key(request["Key"]))
        return {} if row is None else {"Item": pick(row.item)}

    def batch_get_item(self, region: str, request: Request) -> Answer:
        """BatchGetItem."""
        asked = request["RequestItems"]
        check_count("keys", sum(len(part["Keys"]) for part in asked.values()), MAX_KEYS)
        responses: dict[str, list[Item]] = {}
        unprocessed: dict[str, Any] = {}
        size = 0
        for name, part in asked.items():
            check_legacy(part)
            pick = Picker(part)
            pick.resolve(placeholders(part, [pick.uses]))
            table = self._database.get(region, name).table
            keys = [table.key(key) for key in part["Keys"]]
            if len(set(keys)) < len(keys):
                raise invalid("Provided list of item keys contains duplicates")
            responses[name] = []
            for place, key in enumerate(keys):
                row = table.rows.get(key)
                size += row.size if row else 0
                if size > MAX_BATCH:
                    unprocessed[name] = {**part, "Keys": part["Keys"][place:]}
                    break
                if row is not None:
                    responses[name].append(pick(row.item))
        return {"Responses": responses, "UnprocessedKeys": unprocessed}

    def transact_get_items(self, region: str, request: Request) -> Answer:
        """TransactGetItems."""
        gets = [its["Get"] for its in request["TransactItems"]]
        check_count("gets", len(gets), MAX_KEYS)
        return {"Responses": [self.get_item(region, get) for get in gets]}

    def query(self, region: str, request: Request) -> Answer:
        """Query."""
        check_legacy(request)
        of = self._database.get(region, request.get("TableName"))
        index = _index(of, request)
        text = request.get("KeyConditionExpression")
        if text is None:
            raise invalid("KeyConditionExpression is missing: a query says which hash key it wants")
        keys, page = key_condition(text), _Page(of, index, request)
        given = page.prepare([keys.uses])
        hash_term, range_term = _terms(keys, index, given)
        for name in () if "FilterExpression" not in request else (index.hash_key, index.range_key):
            if name in page.filtered(given):
                raise invalid(
                    "Filter Expression can only contain non-primary key attributes: "
                    f"Primary key attribute: {name}"
                )
        value = given.value(hash_term.values[0])
        if of.table.types[index.hash_key] not in value:
            raise invalid(
                f"Condition parameter type does not match schema type: {index.hash_key} = {dict(value)}"
            )
        first, last = _range(of, index, value, range_term, given)
        start, backward = page.start(), request.get("ScanIndexForward") is False
        after = None if start is None else index.place(start)
        return page.answer(index.rows(value, first, last, backward=backward, after=after))

    def scan(self, region: str, request: Request) -> Answer:
        """Scan."""
        check_legacy(request)
        of = self._database.get(region, request.get("TableName"))
        index = _index(of, request)
        segment, segments = request.get("Segment", 0), request.get("TotalSegments", 1)
        if not 0 <= segment < segments <= 1_000_000:
            raise invalid(f"Segment {segment} of TotalSegments {segments}: it must be less than them, from 0")
        page = _Page(of, index, request)
        page.prepare([])
        return page.answer(index.scan(page.start(), segment, segments))


class _Page:
    """What a query or scan answers of the rows it goes through."""

    def __init__(self, of: Defined, index: Index, request: Request) -> None:
        self._of = of
        self._index = index
        self._request = request
        self._pick = Picker(request)
        self._filter = condition(request["FilterExpression"]) if "FilterExpression" in request else None
        self._given = Placeholders({}, {})
        self._counts = request.get("Select") == "COUNT"
        limit = request.get("Limit")
        if limit is not None and (not isinstance(limit, int) or limit < 1):
            raise invalid(f"Limit is {limit!r}: at least 1 can be")
        self._limit = limit
        if request.get("Select") == "ALL_ATTRIBUTES" and index.shown is not None:
            raise invalid(
                f"One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for "
                f"the index {request.get('IndexName')}: its projection is not ALL"
            )

    def prepare(self, uses: list[frozenset[str]]) -> Placeholders:
        """Placeholders, given what else uses them."""
        if self._filter is not None:
            uses = [*uses, self._filter.uses]
        self._given = placeholders(self._request, [*uses, self._pick.uses])
        self._pick.resolve(self._given)
        return self._given

    def filtered(self, given: Placeholders) -> frozenset[str]:
        """The attributes that the filter is about."""
        if self._filter is None:
            return frozenset()
        return frozenset(str(given.path((name,))[0]) for name in self._filter.names)

    def start(self) -> Item | None:
        """ExclusiveStartKey. Raises AwsError when it is none of the index."""
        start: Item | None = self._request.get("ExclusiveStartKey")
        if start is None:
            return None
        types, wanted = self._of.table.types, self._index.all_keys
        if start.keys() != set(wanted) or any(types[name] not in start[name] for name in wanted):
            raise invalid(f"The provided starting key is invalid: {start}, keys are {', '.join(wanted)}")
        return start

    def answer(self, rows: Iterator[Row]) -> Answer:
        """One page."""
        items: list[Item] = []
        count = scanned = size = 0
        last: Row | None = None
        answer: Answer = {}
        for row in rows:
            if last is not None and (scanned == self._limit or size > MAX_PAGE):
                answer["LastEvaluatedKey"] = {key: last.item[key] for key in self._index.all_keys}
                break
            last, scanned, size = row, scanned + 1, size + row.size
            item = self._shown(row.item)
            if self._filter is None or self._filter.test(item, self._given):
                count += 1
                if not self._counts:
                    items.append(self._pick(item))
        answer |= {"Count": count, "ScannedCount": scanned}
        return answer if self._counts else {**answer, "Items": items}

    def _shown(self, item: Item) -> Item:
        shown = self._index.shown
        return item if shown is None else {name: held for name, held in item.items() if name in shown}


def _index(of: Defined, request: Request) -> Index:
    name = request.get("IndexName", "")
    index = of.table.indexes.get(name)
    if index is None:
        raise invalid(
            f"The table does not have the specified index: {name}; {of.name} has "
            f"{', '.join(name for name in of.table.indexes if name) or 'none'}"
        )
    if name and request.get("ConsistentRead") and index.hash_key != of.table.keys[0]:
        raise invalid("Consistent reads are not supported on global secondary indexes")
    return index


def _terms(keys: KeyCondition, index: Index, given: Placeholders) -> tuple[KeyTerm, KeyTerm | None]:
    by_name: dict[str, KeyTerm] = {}
    for term in keys.terms:
        name = str(given.path((term.name,))[0])
        if name in by_name:
            raise invalid(f"KeyConditionExpressions must only contain one condition per key: {name} has two")
        by_name[name] = term
    hash_term = by_name.pop(index.hash_key, None)
    if hash_term is None:
        raise invalid(f"Query condition missed key schema element: {index.hash_key}")
    if hash_term.comparator != "=":
        raise invalid(f"Query key condition not supported: {index.hash_key} must be = a value")
    range_term = by_name.pop(index.range_key, None) if index.range_key else None
    if by_name:
        raise invalid(f"Query condition missed key schema element: {', '.join(by_name)} is no key here")
    return hash_term, range_term


def _range(
    of: Defined, index: Index, value: Value, term: KeyTerm | None, given: Placeholders
) -> tuple[int, int]:
    if term is None or index.range_key is None:
        return index.between(value, None, None, open_=(False, False))
    kind = of.table.types[index.range_key]
    wanted = [given.value(word) for word in term.values]
    if any(kind not in one for one in wanted):
        raise invalid(
            f"Condition parameter type does not match schema type: {index.range_key} is {kind}, not {wanted}"
        )
    made = [comparable(one) for one in wanted]
    if term.comparator == "BETWEEN":
        if made[0] > made[1]:
            raise invalid(
                f"The BETWEEN operator requires upper bound to be greater than lower bound: {wanted}"
            )
        return index.between(value, *made, open_=(False, False))
    if term.comparator == "begins_with":
        if kind == "N":
            raise invalid(f"begins_with: {index.range_key} is a number")
        return index.between(value, made[0], _behind(made[0]), open_=(False, True))
    low = made[0] if term.comparator in ("=", ">", ">=") else None
    high = made[0] if term.comparator in ("=", "<", "<=") else None
    return index.between(value, low, high, open_=(term.comparator == ">", term.comparator == "<"))


def _behind(start: str | bytes) -> str | bytes | None:
    """What comes right behind everything that begins so; None if that is the end."""
    if isinstance(start, bytes):
        kept = start.rstrip(b"\xff")
        return kept[:-1] + bytes([kept[-1] + 1]) if kept else None
    kept_text = start.rstrip("\U0010ffff")
    return kept_text[:-1] + chr(ord(kept_text[-1]) + 1) if kept_text else None
