"""An in-memory table with the semantics of the DynamoDB calls that the aggregator makes, and faults.

Only the grammar that is used is understood; anything else is an error. moto's tests hold the same code
against a fuller DynamoDB.
"""

import copy
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

PAGE = 3
Item = dict[str, Any]


class Broken(Exception):  # noqa: N818 - what happened, not what went wrong in the code
    """The call's fault: whether it was done is for the caller to bear."""


class KpiTable:
    """Pages hold few rows, and calls break when they are told to."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], Item] = {}
        self._calls_to_fault = -1
        self._fault = ""

    def break_at(self, fault: tuple[int, str] | None) -> None:
        """After so many calls one breaks, before or after it is done; None: no call does."""
        self._calls_to_fault, self._fault = fault or (-1, "")

    def put_item(self, **request: Any) -> Any:
        return self._call(lambda: self._put(request["Item"], request))

    def delete_item(self, **request: Any) -> Any:
        def delete() -> None:
            key = _key(request["Key"])
            _check(self.rows.get(key), request)
            self.rows.pop(key, None)

        return self._call(delete)

    def get_item(self, **request: Any) -> Any:
        assert request["ConsistentRead"]
        found = self.rows.get(_key(request["Key"]))
        return self._call(lambda: {"Item": copy.deepcopy(found)} if found else {})

    def update_item(self, **request: Any) -> Any:
        assert request["UpdateExpression"] == "ADD marks :one"
        assert request["ReturnValues"] == "UPDATED_NEW"

        def add() -> Any:
            key = request["Key"]
            row = self.rows.setdefault(_key(key), {**key, "marks": {"N": "0"}})
            row["marks"] = {"N": str(int(row["marks"]["N"]) + 1)}
            return {"Attributes": {"marks": dict(row["marks"])}}

        return self._call(add)

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803 - boto3's name
        ((table, requests),) = RequestItems.items()
        assert 0 < len(requests) <= 25

        def write() -> Any:
            for request in requests[:PAGE]:
                if "PutRequest" in request:
                    self._put(request["PutRequest"]["Item"], {})
                else:
                    self.rows.pop(_key(request["DeleteRequest"]["Key"]), None)
            return {"UnprocessedItems": {table: requests[PAGE:]} if requests[PAGE:] else {}}

        return self._call(write)

    def query(self, **request: Any) -> Any:
        assert request["ConsistentRead"]
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        prefix = values.get(":sk", "")
        expected = "pk = :pk AND begins_with(sk, :sk)" if prefix else "pk = :pk"
        assert request["KeyConditionExpression"] == expected

        def read() -> Any:
            pk = values[":pk"]
            after = _key(request["ExclusiveStartKey"])[1] if "ExclusiveStartKey" in request else ""
            keys = sorted(k for k in self.rows if k[0] == pk and k[1].startswith(prefix) and k[1] > after)
            page: Any = {"Items": [copy.deepcopy(self.rows[key]) for key in keys[:PAGE]]}
            if keys[PAGE:]:
                page["LastEvaluatedKey"] = {"pk": {"S": pk}, "sk": {"S": keys[PAGE - 1][1]}}
            return page

        return self._call(read)

    def _call(self, act: Callable[[], Any]) -> Any:
        breaks = self._calls_to_fault == 0
        self._calls_to_fault -= 1
        if breaks and self._fault == "before":
            raise Broken
        answer = act()
        if breaks:
            raise Broken
        return answer if answer is not None else {}

    def _put(self, item: Item, request: Item) -> None:
        _check(self.rows.get(_key(item)), request)
        self.rows[_key(item)] = copy.deepcopy(item)


def _check(row: Item | None, request: Item) -> None:
    values = request.get("ExpressionAttributeValues", {})
    match request.get("ConditionExpression"):
        case None:
            return
        case "marks = :seen":
            holds = row is not None and row["marks"] == values[":seen"]
        case "holder = :me":
            holds = row is not None and row["holder"] == values[":me"]
        case "attribute_not_exists(pk) OR #until < :now":
            holds = row is None or int(row["until"]["N"]) < int(values[":now"]["N"])
        case other:
            raise AssertionError(f"{other} is not understood")
    if not holds:
        error: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "refused"}}
        raise ClientError(error, "PutItem")


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]
