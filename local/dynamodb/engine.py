"""Tables with their indexes, and the calls on them.

Each call is one step: it sees all that was done before it and nothing of others. Items are replaced, never
changed, so an answer stays what it was.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from threading import RLock
from typing import Any, Final, NamedTuple

from local.dynamodb.expressions import (
    ExpressionError,
    Item,
    Placeholders,
    comparable,
    condition,
    projection,
    update,
)

Key = tuple[str | Decimal, ...]
Request = Mapping[str, Any]
Answer = dict[str, Any]

MAX_ACTIONS: Final = 100  # of a transaction, and keys of a batch
MAX_PUTS: Final = 25  # of a batch
MAX_ITEM_BYTES: Final = 400 * 1_024


class CallError(Exception):
    """A refused call: the code of DynamoDB's error, and what more its answer says."""

    def __init__(self, code: str, message: str, **more: Any) -> None:  # noqa: ANN401 - as the answer has it
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.more = more


class Index:
    """Items by hash key, then by whole key; of a table itself or of a global secondary index."""

    def __init__(self, keys: Sequence[str], of_table: Sequence[str]) -> None:
        self.hash_key = keys[0]
        self.range_key = keys[1] if len(keys) > 1 else None
        self.all_keys = tuple(dict.fromkeys([*keys, *of_table]))
        self._order = tuple(dict.fromkeys([*keys[1:], *of_table]))
        self._parts: dict[Any, dict[Key, Item]] = {}

    def put(self, key: Key, item: Item) -> None:
        """An item without the index's keys is not in it."""
        if self.hash_key in item and (self.range_key is None or self.range_key in item):
            self._parts.setdefault(comparable(item[self.hash_key]), {})[key] = item

    def drop(self, key: Key, item: Item) -> None:
        """The item as it was put."""
        if self.hash_key in item:
            self._parts.get(comparable(item[self.hash_key]), {}).pop(key, None)

    def part(self, value: Mapping[str, Any]) -> list[Item]:
        """The items of a hash key, in order."""
        return sorted(self._parts.get(comparable(value), {}).values(), key=self.place)

    def all(self) -> list[Item]:
        """Every item, by hash key and then in order."""
        return [item for value in self._parts for item in sorted(self._parts[value].values(), key=self.place)]

    def place(self, item: Item) -> tuple[Any, ...]:
        """Where an item stands in its part."""
        return tuple(comparable(item[name]) for name in self._order)


class Table:
    """`keys`: hash and, mostly, range key. `indexes`: name -> its keys. `request`: what it was made by."""

    def __init__(
        self, keys: Sequence[str], indexes: Mapping[str, Sequence[str]], request: Request | None = None
    ) -> None:
        self.request = dict(request or {})
        self.name = str(self.request.get("TableName", ""))
        self.keys = tuple(keys)
        self.items: dict[Key, Item] = {}
        self.indexes = {"": Index(keys, keys)} | {name: Index(its, keys) for name, its in indexes.items()}

    def key(self, item: Mapping[str, Any]) -> Key:
        """Raises CallError for an item without a key."""
        missing = [name for name in self.keys if name not in item]
        if missing:
            raise CallError("ValidationException", f"the item has no {', '.join(missing)}")
        return tuple(comparable(item[name]) for name in self.keys)

    def put(self, key: Key, item: Item | None) -> None:
        """In place of what is there; None takes it away."""
        old = self.items.pop(key, None)
        for index in self.indexes.values():
            if old is not None:
                index.drop(key, old)
            if item is not None:
                index.put(key, item)
        if item is not None:
            self.items[key] = item


class Change(NamedTuple):
    """What a call makes of an item; None: there is none."""

    table: Table
    key: Key
    before: Item | None
    after: Item | None


class Engine:
    """`call` makes a call by its name. `keep`: is given the changes of a call before anybody sees them."""

    def __init__(self, keep: Callable[[Sequence[Change]], None] = lambda _: None) -> None:
        self.tables: dict[str, Table] = {}
        self._keep = keep
        self._lock = RLock()
        self._calls: Mapping[str, Callable[[Request], Answer]] = {
            "CreateTable": self._create_table,
            "GetItem": self._get_item,
            "BatchGetItem": self._batch_get_item,
            "PutItem": self._put_item,
            "UpdateItem": self._update_item,
            "DeleteItem": self._delete_item,
            "BatchWriteItem": self._batch_write_item,
            "TransactWriteItems": self._transact_write_items,
            "TransactGetItems": self._transact_get_items,
            "Query": self._query,
            "Scan": self._scan,
        }

    def call(self, operation: str, request: Request) -> Answer:
        """The answer to a request as it is on the wire. Raises CallError."""
        serve = self._calls.get(operation)
        if serve is None:
            raise CallError(
                "UnknownOperationException", f"{operation} is not served: {', '.join(self._calls)}"
            )
        with self._lock:
            try:
                return serve(request)
            except ExpressionError as error:
                raise CallError("ValidationException", str(error)) from error

    def _create_table(self, request: Request) -> Answer:
        def keys(schema: Sequence[Mapping[str, str]]) -> list[str]:
            return [part["AttributeName"] for part in sorted(schema, key=lambda part: part["KeyType"])]

        indexes = {
            index["IndexName"]: keys(index["KeySchema"])
            for index in request.get("GlobalSecondaryIndexes", ())
        }
        self.tables[request["TableName"]] = Table(keys(request["KeySchema"]), indexes, request)
        return {"TableDescription": {"TableName": request["TableName"], "TableStatus": "ACTIVE"}}

    def _get_item(self, request: Request) -> Answer:
        table = self._table(request)
        item = table.items.get(table.key(request["Key"]))
        return {} if item is None else {"Item": _projected(item, request)}

    def _batch_get_item(self, request: Request) -> Answer:
        asked: Mapping[str, Any] = request["RequestItems"]
        _check_size(sum(len(part["Keys"]) for part in asked.values()), MAX_ACTIONS)
        responses: dict[str, list[Item]] = {}
        for name, part in asked.items():
            table = self._table({"TableName": name})
            found = (table.items.get(table.key(key)) for key in part["Keys"])
            responses[name] = [_projected(item, part) for item in found if item is not None]
        return {"Responses": responses, "UnprocessedKeys": {}}

    def _transact_get_items(self, request: Request) -> Answer:
        asked = [action["Get"] for action in request["TransactItems"]]
        _check_size(len(asked), MAX_ACTIONS)
        return {"Responses": [self._get_item(one) for one in asked]}

    def _put_item(self, request: Request) -> Answer:
        return self._write("Put", request)

    def _update_item(self, request: Request) -> Answer:
        return self._write("Update", request)

    def _delete_item(self, request: Request) -> Answer:
        return self._write("Delete", request)

    def _write(self, kind: str, request: Request) -> Answer:
        table = self._table(request)
        key = table.key(request["Item" if kind == "Put" else "Key"])
        before = table.items.get(key)
        if not _holds(request, before):
            shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before is not None
            raise CallError(
                "ConditionalCheckFailedException",
                "The conditional request failed",
                **({"Item": before} if shown else {}),
            )
        after = _result(kind, request, before)
        self.commit([Change(table, key, before, after)])
        return _returned(str(request.get("ReturnValues", "NONE")), before, after)

    def commit(self, changes: Sequence[Change]) -> None:
        """Keep changes, then show them. Raises CallError for an item that is too large."""
        for change in changes:
            if change.after is not None and _size(change.after) > MAX_ITEM_BYTES:
                raise CallError("ValidationException", "Item size has exceeded the maximum allowed size")
        with self._lock:
            self._keep(changes)
            for change in changes:
                change.table.put(change.key, change.after)

    def _batch_write_item(self, request: Request) -> Answer:
        asked: Mapping[str, Sequence[Any]] = request["RequestItems"]
        _check_size(sum(len(part) for part in asked.values()), MAX_PUTS)
        changes = []
        for name, part in asked.items():
            table = self._table({"TableName": name})
            for write in part:
                item = write["PutRequest"]["Item"] if "PutRequest" in write else None
                key = table.key(write["DeleteRequest"]["Key"] if item is None else item)
                changes.append(Change(table, key, table.items.get(key), item))
        if len({(id(change.table), change.key) for change in changes}) < len(changes):
            raise CallError("ValidationException", "Provided list of item keys contains duplicates")
        self.commit(changes)
        return {"UnprocessedItems": {}}

    def _transact_write_items(self, request: Request) -> Answer:
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        _check_size(len(actions), MAX_ACTIONS)
        places = []
        for kind, body in actions:
            table = self._table(body)
            places.append((table, table.key(body["Item" if kind == "Put" else "Key"])))
        if len({(id(table), key) for table, key in places}) < len(places):
            raise CallError("ValidationException", "a transaction may touch an item only once")
        before = [table.items.get(key) for table, key in places]
        reasons = [_reason(body, item) for (_, body), item in zip(actions, before, strict=True)]
        if any(reason["Code"] != "None" for reason in reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            raise CallError(
                "TransactionCanceledException",
                f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
                CancellationReasons=reasons,
            )
        # All results before the first write: one that cannot be made leaves everything as it was.
        results = [_result(kind, body, item) for (kind, body), item in zip(actions, before, strict=True)]
        self.commit(
            [
                Change(table, key, old, result)
                for (kind, _), (table, key), old, result in zip(actions, places, before, results, strict=True)
                if kind != "ConditionCheck"
            ]
        )
        return {}

    def _query(self, request: Request) -> Answer:
        table = self._table(request)
        name = request.get("IndexName", "")
        index = table.indexes.get(name)
        if index is None:
            raise CallError("ValidationException", f"the table has no index {name!r}")
        given = _placeholders(request)
        test = condition(request["KeyConditionExpression"])
        part = index.part(_hash_value(request["KeyConditionExpression"], index.hash_key, given))
        found = [item for item in part if test(item, given)]
        if request.get("ScanIndexForward") is False:
            found.reverse()
        start = request.get("ExclusiveStartKey")
        if start is not None:
            at, backward = index.place(start), request.get("ScanIndexForward") is False
            found = [
                item for item in found if (index.place(item) < at if backward else index.place(item) > at)
            ]
        limit = request.get("Limit", len(found))
        page = found[:limit]
        answer: Answer = {"Count": len(page), "ScannedCount": len(page)}
        if len(found) > limit:
            answer["LastEvaluatedKey"] = {key: page[-1][key] for key in index.all_keys}
        if "FilterExpression" in request:
            wanted = condition(request["FilterExpression"])
            page = [item for item in page if wanted(item, given)]
        return {**answer, "Items": [_projected(item, request) for item in page]}

    def _scan(self, request: Request) -> Answer:
        table = self._table(request)
        index = table.indexes.get(request.get("IndexName", ""))
        if index is None:
            raise CallError("ValidationException", f"the table has no index {request['IndexName']!r}")
        found = index.all()
        if "TotalSegments" in request:
            found = found[request["Segment"] :: request["TotalSegments"]]
        start = request.get("ExclusiveStartKey")
        if start is not None:
            at = [item for item in found if all(item.get(name) == held for name, held in start.items())]
            found = found[found.index(at[0]) + 1 :] if at else found
        limit = request.get("Limit", len(found))
        page = found[:limit]
        answer: Answer = {"ScannedCount": len(page)}
        if len(found) > limit:
            answer["LastEvaluatedKey"] = {key: page[-1][key] for key in index.all_keys}
        if "FilterExpression" in request:
            given, wanted = _placeholders(request), condition(request["FilterExpression"])
            page = [item for item in page if wanted(item, given)]
        shown = {} if request.get("Select") == "COUNT" else {"Items": [_projected(i, request) for i in page]}
        return {**answer, "Count": len(page), **shown}

    def _table(self, request: Request) -> Table:
        table = self.tables.get(request["TableName"])
        if table is None:
            raise CallError("ResourceNotFoundException", f"there is no table {request['TableName']!r}")
        return table


def _check_size(size: int, most: int) -> None:
    if not 1 <= size <= most:
        raise CallError("ValidationException", f"{size} at once: 1 to {most} can be")


def _placeholders(request: Request) -> Placeholders:
    return Placeholders(
        request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    )


def _holds(request: Request, item: Item | None) -> bool:
    text = request.get("ConditionExpression")
    return text is None or condition(text)(item or {}, _placeholders(request))


def _reason(request: Request, item: Item | None) -> Answer:
    if _holds(request, item):
        return {"Code": "None"}
    reason: Answer = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    if item is not None and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
        reason["Item"] = item
    return reason


def _result(kind: str, request: Request, old: Item | None) -> Item | None:
    if kind == "Put":
        return dict(request["Item"])
    if kind == "Delete":
        return None
    if kind == "ConditionCheck":
        return old
    before = old or dict(request["Key"])
    after = dict(before)
    given = _placeholders(request)
    for change in update(request["UpdateExpression"]):
        change(before, after, given)
    return after


def _returned(wanted: str, before: Item | None, after: Item | None) -> Answer:
    """`Attributes`, as `ReturnValues` asks for them."""
    if wanted == "NONE":
        return {}
    old, new = before or {}, after or {}
    changed = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    found = {
        "ALL_OLD": old,
        "ALL_NEW": new,
        "UPDATED_OLD": {name: old[name] for name in changed if name in old},
        "UPDATED_NEW": {name: new[name] for name in changed if name in new},
    }.get(wanted)
    if found is None:
        raise CallError("ValidationException", f"ReturnValues is {wanted!r}, which is none")
    return {"Attributes": found} if found else {}


def _size(item: Item) -> int:
    # Nearly DynamoDB's own sum; most items are far from the limit.
    return len(str(item))


def _projected(item: Item, request: Request) -> Item:
    text = request.get("ProjectionExpression")
    if text is None:
        return item
    given = _placeholders(request)
    names: Iterable[str] = (given.name(word) for word in projection(text))
    return {name: item[name] for name in names if name in item}


def _hash_value(text: str, hash_key: str, given: Placeholders) -> Mapping[str, Any]:
    """The value that a key condition, `<hash key> = <value> [AND ...]`, wants of the hash key."""
    for term in text.replace("(", " ").replace(")", " ").split(" AND "):
        name, _, value = (word.strip() for word in term.partition("="))
        if value.startswith(":") and given.name(name) == hash_key:
            return given.value(value)
    raise ExpressionError(f"{text!r}: {hash_key} = a value is expected")
