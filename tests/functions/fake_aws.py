"""An in-memory DynamoDB and S3 with the exact semantics of the calls the processor makes, and faults.

Only the expression grammar that is used is understood; anything else is an error, so that a new expression
has to be thought about (a test against moto proves that the grammar itself is DynamoDB's).
"""

import copy
import functools
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any

from botocore.exceptions import ReadTimeoutError

from tests.functions.dynamodb_faults import client_error, raise_after, raise_before

Item = dict[str, Any]
Key = tuple[str, ...]

FAULTS = (
    "throttled",
    "broken_before",
    "broken_after",
    "timeout_before",
    "timeout_after",
    "conflict",
    "overtaken",
    "unprocessed",
    "lagging",
)


class Faults:
    """Plays a script: one entry a call, None for a call that goes well; well for ever after its end."""

    def __init__(self, script: Iterable[str | None] = ()) -> None:
        self._script: Iterator[str | None] = iter(script)
        self.played: list[str] = []

    def next(self) -> str | None:
        fault = next(self._script, None)
        if fault:
            self.played.append(fault)
        return fault


class InlineExecutor(Executor):
    """Runs everything at once in the caller's thread, so that a fault script meets its calls in order."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def _one_at_a_time(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def guarded(self: "FakeDynamoDB", **request: Any) -> Any:
        with self.lock:
            return method(self, **request)

    return guarded


class FakeDynamoDB:
    """Tables by name; the key attributes of each are given."""

    def __init__(self, tables: dict[str, tuple[str, ...]], faults: Faults | None = None) -> None:
        self._keys = tables
        self.tables: dict[str, dict[Key, Item]] = {name: {} for name in tables}
        self._before: dict[str, dict[Key, Item]] = {name: {} for name in tables}
        self.faults = faults or Faults()
        self.calls: list[str] = []
        self.lock = threading.Lock()

    @_one_at_a_time
    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        fault = self._begin("BatchGetItem")
        ((table, request),) = RequestItems.items()
        keys = request["Keys"]
        assert 0 < len(keys) <= 100
        assert len({self._key(table, key) for key in keys}) == len(keys)
        unprocessed = keys[: (len(keys) + 1) // 2] if fault == "unprocessed" else []
        source = self._before if fault == "lagging" else self.tables
        found = [source[table].get(self._key(table, key)) for key in keys if key not in unprocessed]
        raise_after(fault, "BatchGetItem")
        return {
            "Responses": {table: [self._project(item, request) for item in found if item]},
            "UnprocessedKeys": {table: {"Keys": unprocessed}} if unprocessed else {},
        }

    @_one_at_a_time
    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool, **request: Any) -> Any:  # noqa: N803 - boto3's names
        fault = self._begin("GetItem")
        assert ConsistentRead
        item = self.tables[TableName].get(self._key(TableName, Key))
        raise_after(fault, "GetItem")
        return {"Item": self._project(item, request)} if item else {}

    @_one_at_a_time
    def update_item(self, **update: Any) -> Any:
        fault = self._begin("UpdateItem")
        if fault == "overtaken":
            self._somebody_else_writes(update)
        if fault == "conflict":
            raise client_error("TransactionConflictException", "UpdateItem")
        if not self._allowed(update):
            raise client_error("ConditionalCheckFailedException", "UpdateItem")
        self._commit([("Update", update)])
        raise_after(fault, "UpdateItem")
        return {}

    @_one_at_a_time
    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> Any:  # noqa: N803 - boto3's name
        fault = self._begin("TransactWriteItems")
        actions = [next(iter(action.items())) for action in TransactItems]
        assert 0 < len(actions) <= 100
        touched = [
            (body["TableName"], self._key(body["TableName"], body["Item" if kind == "Put" else "Key"]))
            for kind, body in actions
        ]
        assert len(set(touched)) == len(touched), "a transaction may not touch an item twice"
        if fault == "overtaken":
            self._somebody_else_writes(actions[0][1])
        allowed = [kind == "Put" or self._allowed(body) for kind, body in actions]
        if fault == "conflict" or not all(allowed):
            codes = ["None" if ok else "ConditionalCheckFailed" for ok in allowed]
            codes[0] = "TransactionConflict" if fault == "conflict" else codes[0]
            reasons = [{"Code": code} for code in codes]
            raise client_error(
                "TransactionCanceledException", "TransactWriteItems", CancellationReasons=reasons
            )
        self._commit(actions)
        raise_after(fault, "TransactWriteItems")
        return {}

    def _begin(self, operation: str) -> str | None:
        self.calls.append(operation)
        fault = self.faults.next()
        raise_before(fault, operation, "ProvisionedThroughputExceededException")
        return fault

    def _somebody_else_writes(self, update: dict[str, Any]) -> None:
        item = self.tables[update["TableName"]].get(self._key(update["TableName"], update["Key"]))
        if item and "revision" in item:
            item["revision"] = {"N": str(int(item["revision"]["N"]) + 1)}

    def _commit(self, actions: list[tuple[str, dict[str, Any]]]) -> None:
        self._before = copy.deepcopy(self.tables)
        for kind, body in actions:
            table = self.tables[body["TableName"]]
            if kind == "Put":
                table[self._key(body["TableName"], body["Item"])] = copy.deepcopy(body["Item"])
            else:
                key = self._key(body["TableName"], body["Key"])
                table[key] = self._updated(table.get(key, dict(body["Key"])), body)

    def _updated(self, item: Item, update: dict[str, Any]) -> Item:
        names, values = self._placeholders(update)
        item = dict(item)
        for clause, body in re.findall(
            r"(SET|REMOVE|ADD) (.+?)(?= REMOVE | ADD |$)", update["UpdateExpression"]
        ):
            for part in body.split(", "):
                if clause == "SET":
                    name, value = re.fullmatch(r"(#?\w+) = (:\w+)", part).groups()  # type: ignore[union-attr]  # no match is a test failure
                    item[names.get(name, name)] = values[value]
                elif clause == "REMOVE":
                    item.pop(names.get(part, part), None)
                else:
                    name, value = part.split(" ")
                    old = int(item.get(names.get(name, name), {"N": "0"})["N"])
                    item[names.get(name, name)] = {"N": str(old + int(values[value]["N"]))}
        return item

    def _allowed(self, update: dict[str, Any]) -> bool:
        condition = update.get("ConditionExpression")
        if condition is None:
            return True
        names, values = self._placeholders(update)
        item = self.tables[update["TableName"]].get(self._key(update["TableName"], update["Key"]), {})
        if absent := re.fullmatch(r"attribute_not_exists\((#?\w+)\)", condition):
            return names.get(absent[1], absent[1]) not in item
        name, value = re.fullmatch(r"(#?\w+) = (:\w+)", condition).groups()  # type: ignore[union-attr]  # no match is a test failure
        return bool(item.get(names.get(name, name)) == values[value])

    @staticmethod
    def _placeholders(request: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
        """DynamoDB refuses placeholders that no expression uses, and expressions with unknown ones."""
        text = " ".join(
            request.get(f"{kind}Expression", "") for kind in ("Update", "Condition", "Projection")
        )
        names = request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        assert set(re.findall(r"#\w+", text)) == set(names)
        assert set(re.findall(r":\w+", text)) == set(values)
        return names, values

    def _project(self, item: Item, request: dict[str, Any]) -> Item:
        names, _ = self._placeholders(request)
        wanted = [names.get(part, part) for part in request["ProjectionExpression"].split(", ")]
        return copy.deepcopy({name: item[name] for name in wanted if name in item})

    def _key(self, table: str, item: Item) -> Key:
        return tuple(item[name]["S"] for name in self._keys[table])


class FakeS3:
    """Objects by key."""

    def __init__(self, faults: Faults | None = None) -> None:
        self.objects: dict[str, bytes] = {}
        self.faults = faults or Faults()

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> Any:  # noqa: N803 - boto3's names
        assert Bucket
        assert ContentType
        fault = self.faults.next()
        if fault in ("throttled", "broken_before"):
            raise client_error("SlowDown", "PutObject")
        if fault == "timeout_before":
            raise ReadTimeoutError(endpoint_url="https://s3")
        self.objects[Key] = Body
        if fault == "broken_after":
            raise client_error("InternalError", "PutObject")
        if fault == "timeout_after":
            raise ReadTimeoutError(endpoint_url="https://s3")
        return {}
