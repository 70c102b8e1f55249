"""Queries that DynamoDB answers page by page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def every_item(
    query: Callable[..., Mapping[str, Any]], request: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """All items that the `request` finds. `query`: the client's, called with the request, page after page."""
    while True:
        answer = query(**request)
        yield from answer["Items"]
        last = answer.get("LastEvaluatedKey")
        if not last:
            return
        request = {**request, "ExclusiveStartKey": last}
