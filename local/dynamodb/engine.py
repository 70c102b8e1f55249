"""Tables with their indexes, and the calls on them.

Each call is one step: it sees all that was done before it and nothing of others. Items are replaced, never
changed, so an answer stays what it was.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from threading import RLock
from typing import Any, Final

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

    def place(self, item: Item) -> tuple[Any, ...]:
        """Where an item stands in its part."""
        return tuple(comparable(item[name]) for name in self._order)


class Table:
    """`keys`: hash and, mostly, range key. `indexes`: name -> its keys."""

    def __init__(self, keys: Sequence[str], indexes: Mapping[str, Sequence[str]]) -> None:
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


class Engine:
    """`call` makes a call by its name."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}
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
            "Query": self._query,
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
        self._tables[request["TableName"]] = Table(keys(request["KeySchema"]), indexes)
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

    def _put_item(self, request: Request) -> Answer:
        self._write("Put", request)
        return {}

    def _update_item(self, request: Request) -> Answer:
        self._write("Update", request)
        return {}

    def _delete_item(self, request: Request) -> Answer:
        self._write("Delete", request)
        return {}

    def _write(self, kind: str, request: Request) -> None:
        table = self._table(request)
        key = table.key(request["Item" if kind == "Put" else "Key"])
        if not _holds(request, table.items.get(key)):
            raise CallError("ConditionalCheckFailedException", "The conditional request failed")
        table.put(key, _result(kind, request, table.items.get(key)))

    def _batch_write_item(self, request: Request) -> Answer:
        asked: Mapping[str, Sequence[Any]] = request["RequestItems"]
        _check_size(sum(len(part) for part in asked.values()), MAX_PUTS)
        for name, part in asked.items():
            table = self._table({"TableName": name})
            for write in part:
                if "PutRequest" in write:
                    item = write["PutRequest"]["Item"]
                    table.put(table.key(item), item)
                else:
                    table.put(table.key(write["DeleteRequest"]["Key"]), None)
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
        for (kind, _), (table, key), result in zip(actions, places, results, strict=True):
            if kind != "ConditionCheck":
                table.put(key, result)
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

    def _table(self, request: Request) -> Table:
        table = self._tables.get(request["TableName"])
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
