"""The table of the tests."""

from typing import Any


def things(index: dict[str, Any], **types: str) -> dict[str, Any]:
    """CreateTable of `things`, by `pk` and `sk`, with an index. `types`: of the index's keys."""
    attributes = {"pk": "S", "sk": "N", **types}
    return {
        "TableName": "things",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()
        ],
        "GlobalSecondaryIndexes": [index],
    }


def key(pk: str, sk: int = 1) -> dict[str, Any]:
    """Of an item."""
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}
