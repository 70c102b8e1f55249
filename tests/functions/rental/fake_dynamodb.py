"""An in-memory DynamoDB with the exact semantics of the calls that rental and back office make, and faults.

A call is one step: it sees everything committed before and nothing of others, as DynamoDB's conditional and
transactional writes do. Only the grammar that is used is understood; anything else is an error.
"""

import copy
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from tests.functions.dynamodb_faults import client_error, raise_after, raise_before

Item = dict[str, Any]
Key = tuple[str, ...]

RENTAL: Final = "rental"
VEHICLE_STATES: Final = "vehicle-state"
ALERTS: Final = "alerts"
BACKOFFICE: Final = "backoffice"
SAMPLES: Final = "recent-telemetry"
KPI: Final = "kpi"
DISPATCH: Final = "dispatch"
KEYS: Final = {
    RENTAL: ("pk", "sk"),
    VEHICLE_STATES: ("vehicle_id",),
    ALERTS: ("vehicle_id", "alert_id"),
    BACKOFFICE: ("pk", "sk"),
    SAMPLES: ("vehicle_id", "minute"),
    KPI: ("pk", "sk"),
    DISPATCH: ("pk", "sk"),
}
INDEXES: Final = {
    "by_rider": ("rider_id", "created_at"),
    "due": ("due_kind", "due_at"),
    "by_station": ("station_id", "pk"),
    "by_state": ("state_shard", "pk"),
    "by_vehicle": ("vehicle_id", "created_at"),
    "by_entity": ("entity", "created_at"),
}
"""Of the rental table."""
ALL_INDEXES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    RENTAL: INDEXES,
    ALERTS: {"open_by_severity": ("open_severity", "raised_at"), "by_status": ("status", "raised_at")},
    BACKOFFICE: {
        "by_subject": ("subject", "sk"),
        "by_status": ("work_order_status", "opened_at"),
        "by_vehicle": ("vehicle_id", "opened_at"),
    },
    DISPATCH: {"due": ("due_kind", "due_at")},
}
NUMBERS: Final = frozenset({"created_at", "due_at", "raised_at", "opened_at", "minute"})
"""Keys of tables and indexes that are numbers; the others are text."""

FAULTS: Final = (
    "throttled",
    "broken_before",
    "broken_after",
    "timeout_before",
    "timeout_after",
    "conflict",
    "cancelled_throttled",
    "one_reason_only",
    "unprocessed",
    "lagging",
)
_PAGE: Final = 3

Fault = str | None


class FakeDynamoDB:
    """`fault`: asked before each call, by operation, for the fault to play."""

    def __init__(self, fault: Callable[[str], Fault] = lambda _: None) -> None:
        self.tables: dict[str, dict[Key, Item]] = {name: {} for name in KEYS}
        self.fault = fault
        self.page = _PAGE
        self.calls: list[str] = []
        self.stream: list[tuple[str, Item | None, Item | None]] = []
        self._before: dict[Key, Item] = {}
        self._lock = threading.RLock()

    # The calls

    def get_item(
        self,
        *,
        TableName: str,  # noqa: N803 - boto3's name
        Key: Item,  # noqa: N803 - boto3's name
        ConsistentRead: bool,  # noqa: N803 - boto3's name
        **request: Any,
    ) -> Any:
        with self._lock:
            fault = self._begin("GetItem")
            assert ConsistentRead
            item = self.tables[TableName].get(_key(TableName, Key))
            raise_after(fault, "GetItem")
            return {"Item": _project(item, request)} if item else {}

    def put_item(self, **put: Any) -> Any:
        with self._lock:
            fault = self._begin("PutItem")
            put["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
            if self._reason("Put", put)["Code"] != "None":
                raise client_error("ConditionalCheckFailedException", "PutItem")
            self.put(put["TableName"], _key(put["TableName"], put["Item"]), put["Item"])
            raise_after(fault, "PutItem")
            return {}

    def update_item(self, **update: Any) -> Any:
        with self._lock:
            fault = self._begin("UpdateItem")
            update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
            if self._reason("Update", update)["Code"] != "None":
                raise client_error("ConditionalCheckFailedException", "UpdateItem")
            table, key = _action_key("Update", update)
            self.put(table, key, self._result("Update", update, key))
            raise_after(fault, "UpdateItem")
            new = copy.deepcopy(self.tables[table][key])
            return {"Attributes": new} if update.get("ReturnValues") == "ALL_NEW" else {}

    def batch_write_item(self, *, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        with self._lock:
            fault = self._begin("BatchWriteItem")
            ((table, requests),) = RequestItems.items()
            assert 0 < len(requests) <= 25
            skipped = requests[len(requests) // 2 :] if fault == "unprocessed" else []
            for request in requests[: len(requests) - len(skipped)]:
                item = request["PutRequest"]["Item"]
                self.put(table, _key(table, item), item)
            raise_after(fault, "BatchWriteItem")
            return {"UnprocessedItems": {table: skipped}} if skipped else {}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        with self._lock:
            fault = self._begin("BatchGetItem")
            assert 0 < sum(len(request["Keys"]) for request in RequestItems.values()) <= 100
            responses: dict[str, list[Item]] = {}
            left: dict[str, Any] = {}
            for table, request in RequestItems.items():
                keys = request["Keys"]
                assert len({_key(table, key) for key in keys}) == len(keys)
                skipped = keys[len(keys) // 2 :] if fault == "unprocessed" else []
                found = [self.tables[table].get(_key(table, key)) for key in keys if key not in skipped]
                responses[table] = [_project(item, request) for item in found if item]
                if skipped:
                    left[table] = {**request, "Keys": skipped}
            raise_after(fault, "BatchGetItem")
            return {"Responses": responses, "UnprocessedKeys": left}

    def query(self, **request: Any) -> Any:
        with self._lock:
            fault = self._begin("Query")
            table = request["TableName"]
            key = KEYS[table]
            hash_name, range_name = (
                ALL_INDEXES[table][request["IndexName"]] if "IndexName" in request else key
            )
            source = self._before if fault == "lagging" and table == RENTAL else self.tables[table]
            names, values = _placeholders(request)
            condition = Condition(request["KeyConditionExpression"], names, values)
            found = [
                item
                for item in source.values()
                if hash_name in item and range_name in item and condition.holds(item)
            ]
            found.sort(key=lambda item: _index_order(item, range_name, key))
            if request.get("ScanIndexForward") is False:
                found.reverse()
            start = request.get("ExclusiveStartKey")
            if start:
                assert set(start) == {*key, hash_name, range_name}
                if not condition.holds(start):
                    raise client_error("ValidationException", "Query")
                at = _index_order(start, range_name, key)
                backward = request.get("ScanIndexForward") is False
                found = [
                    item
                    for item in found
                    if (
                        _index_order(item, range_name, key) < at
                        if backward
                        else _index_order(item, range_name, key) > at
                    )
                ]
            size = min(request.get("Limit", self.page), self.page)
            page, more = found[:size], len(found) > size
            kept = page
            if "FilterExpression" in request:
                wanted = Condition(request["FilterExpression"], names, values)
                kept = [item for item in page if wanted.holds(item)]
            answer: Item = {"Items": [_project(item, request) for item in kept]}
            if more:
                last = page[-1]
                answer["LastEvaluatedKey"] = {name: last[name] for name in (*key, hash_name, range_name)}
            raise_after(fault, "Query")
            return answer

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> Any:  # noqa: N803 - boto3's name
        with self._lock:
            fault = self._begin("TransactWriteItems")
            actions = [next(iter(action.items())) for action in TransactItems]
            assert 0 < len(actions) <= 100
            keys = [_action_key(kind, body) for kind, body in actions]
            assert len(set(keys)) == len(keys), "a transaction may not touch an item twice"
            reasons = [self._reason(kind, body) for kind, body in actions]
            if fault == "one_reason_only":
                reasons = _first_failure_only(reasons)
            if fault in ("conflict", "cancelled_throttled"):
                code = "TransactionConflict" if fault == "conflict" else "ThrottlingError"
                reasons = [{"Code": code}, *({"Code": "None"} for _ in reasons[1:])]
            if any(reason["Code"] != "None" for reason in reasons):
                raise client_error(
                    "TransactionCanceledException", "TransactWriteItems", CancellationReasons=reasons
                )
            self._before = dict(self.tables[RENTAL])  # items are replaced, never changed
            for (kind, body), (table, key) in zip(actions, keys, strict=True):
                if kind != "ConditionCheck":
                    self.put(table, key, self._result(kind, body, key))
            raise_after(fault, "TransactWriteItems")
            return {}

    # What tests look at and do

    def put(self, table: str, key: Key, item: Item) -> None:
        """Writes an item as it is, as if by somebody else."""
        with self._lock:
            _check_index_types(table, item)
            old = self.tables[table].get(key)
            self.tables[table][key] = copy.deepcopy(item)
            self.stream.append((table, old, copy.deepcopy(item)))

    def items(self, entity: str) -> list[Item]:
        with self._lock:
            return [item for item in self.tables[RENTAL].values() if item["entity"]["S"] == entity]

    # How

    def _begin(self, operation: str) -> Fault:
        self.calls.append(operation)
        fault = self.fault(operation)
        raise_before(fault, operation)
        return fault

    def _reason(self, kind: str, body: dict[str, Any]) -> Item:
        table, key = _action_key(kind, body)
        item = self.tables[table].get(key)
        names, values = _placeholders(body)
        text = body.get("ConditionExpression")
        if text is None or Condition(text, names, values).holds(item or {}):
            return {"Code": "None"}
        assert body["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
        reason: Item = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
        if item:
            reason["Item"] = copy.deepcopy(item)
        return reason

    def _result(self, kind: str, body: dict[str, Any], key: Key) -> Item:
        if kind == "Put":
            return dict(body["Item"])
        table = body["TableName"]
        names, values = _placeholders(body)
        old = self.tables[table].get(key, dict(body["Key"]))
        item = dict(old)
        for clause, text in re.findall(r"(SET|REMOVE) (.+?)(?= REMOVE |$)", body["UpdateExpression"]):
            for part in text.split(", "):
                if clause == "REMOVE":
                    item.pop(names.get(part, part), None)
                    continue
                target, value = part.split(" = ")
                if added := re.fullmatch(r"(#\w+) \+ (:\w+)", value):
                    total = int(old[names[added[1]]]["N"]) + int(values[added[2]]["N"])
                    item[names[target]] = {"N": str(total)}
                else:
                    item[names.get(target, target)] = values[value]
        assert not set(KEYS[table]) & {names[word] for word in re.findall(r"#\w+", body["UpdateExpression"])}
        return item


class Condition:
    """A condition expression: comparisons, BETWEEN, IN, attribute_exists, attribute_not_exists, AND, OR,
    brackets; names with or without a placeholder."""

    _TOKEN: Final = re.compile(r"\s*(\(|\)|,|[#:]?\w+|<=|>=|<|=)")

    def __init__(self, text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
        self._names, self._values = names, values
        self._tokens: list[str] = []
        at = 0
        while at < len(text.rstrip()):
            token = self._TOKEN.match(text, at)
            assert token, f"not understood: {text[at:]}"
            self._tokens.append(token[1])
            at = token.end()

    def holds(self, item: Item) -> bool:
        """Whether it holds for an item, {} for none."""
        rest = list(self._tokens)
        result = self._any_of(rest, item)
        assert not rest
        return result

    def _any_of(self, rest: list[str], item: Item) -> bool:
        result = self._all_of(rest, item)
        while rest and rest[0] == "OR":
            rest.pop(0)
            result = self._all_of(rest, item) or result
        return result

    def _all_of(self, rest: list[str], item: Item) -> bool:
        result = self._term(rest, item)
        while rest and rest[0] == "AND":
            rest.pop(0)
            result = self._term(rest, item) and result
        return result

    def _term(self, rest: list[str], item: Item) -> bool:
        token = rest.pop(0)
        if token == "(":
            result = self._any_of(rest, item)
            assert rest.pop(0) == ")"
            return result
        if token.startswith("attribute_"):
            assert rest.pop(0) == "("
            name = rest.pop(0)
            assert rest.pop(0) == ")"
            return (self._names.get(name, name) in item) == (token == "attribute_exists")
        name = self._names.get(token, token)
        comparison, found = rest.pop(0), item.get(name)
        if comparison == "IN":
            return found in self._listed(rest)
        wanted = self._values[rest.pop(0)]
        if comparison == "BETWEEN":
            assert rest.pop(0) == "AND"
            last = self._values[rest.pop(0)]
            between = found is not None and set(found) == set(wanted)
            return between and bool(_comparable(wanted) <= _comparable(item[name]) <= _comparable(last))
        if found is None or set(found) != set(wanted):
            return False
        left, right = _comparable(found), _comparable(wanted)
        comparisons = {"=": left == right, "<": left < right, "<=": left <= right, ">=": left >= right}
        return bool(comparisons[comparison])

    def _listed(self, rest: list[str]) -> list[Any]:
        assert rest.pop(0) == "("
        listed = [self._values[rest.pop(0)]]
        while (separator := rest.pop(0)) == ",":
            listed.append(self._values[rest.pop(0)])
        assert separator == ")"
        return listed


def _comparable(attribute: Item) -> Any:
    ((kind, value),) = attribute.items()
    return Decimal(value) if kind == "N" else value


def _index_order(item: Item, range_name: str, key: Key) -> tuple[Any, ...]:
    return _comparable(item[range_name]), *(_comparable(item[name]) for name in key)


def _key(table: str, item: Item) -> Key:
    return tuple(item[name]["N" if name in NUMBERS else "S"] for name in KEYS[table])


def _action_key(kind: str, body: dict[str, Any]) -> tuple[str, Key]:
    table = body["TableName"]
    return table, _key(table, body["Item" if kind == "Put" else "Key"])


def _placeholders(request: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """DynamoDB refuses placeholders that no expression uses, and expressions with unknown ones."""
    kinds = ("Update", "Condition", "Projection", "KeyCondition", "Filter")
    text = " ".join(request.get(f"{kind}Expression", "") for kind in kinds)
    names = request.get("ExpressionAttributeNames", {})
    values = request.get("ExpressionAttributeValues", {})
    assert set(re.findall(r"#\w+", text)) == set(names)
    assert set(re.findall(r":\w+", text)) == set(values)
    return names, values


def _project(item: Item, request: dict[str, Any]) -> Item:
    if "ProjectionExpression" not in request:
        return copy.deepcopy(item)
    names, _ = _placeholders(request)
    wanted = [names[part] for part in request["ProjectionExpression"].split(", ")]
    return copy.deepcopy({name: item[name] for name in wanted if name in item})


def _first_failure_only(reasons: Iterable[Item]) -> list[Item]:
    """As if DynamoDB stopped looking at the first condition that fails: it does not promise not to."""
    shortened: list[Item] = []
    failed = False
    for reason in reasons:
        shortened.append({"Code": "None"} if failed else reason)
        failed = failed or reason["Code"] != "None"
    return shortened


def _check_index_types(table: str, item: Item) -> None:
    """DynamoDB refuses an item whose index key has another type."""
    for name in {name for index in ALL_INDEXES.get(table, {}).values() for name in index}:
        if name in item:
            assert set(item[name]) == {"N" if name in NUMBERS else "S"}, name
            assert item[name] != {"S": ""}, f"{name}: DynamoDB refuses an empty key"
