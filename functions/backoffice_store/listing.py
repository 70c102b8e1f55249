"""One page of a list: a partition of a table or an index, newest first, with filters and a cursor."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from botocore.exceptions import ClientError
from msgspec import Struct

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.store import Page
from rental_store.pages import every_item
from rental_store.retries import Retries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from rental_store.items import Attributes

_T = TypeVar("_T")

MAX_PAGE: Final = 100
MAX_CALLS: Final = 5
"""Queries a page: a filter that lets little through ends in a short page with a cursor, not in a timeout."""
_MAX_CURSOR: Final = 1_000


class Listing(Struct, frozen=True, kw_only=True):
    """What is listed. `keys`: attribute -> type (S or N) of the table's key and the index' together.
    `hash_key`, `range_key`: names of those that the query goes by. `between`: bounds of the range key,
    both included. `accepted`: attribute -> values, one of which it must have. `projection`: attributes that
    are read, all when empty."""

    table: str
    keys: Mapping[str, str]
    hash_key: str
    value: str
    range_key: str
    index: str | None = None
    between: tuple[str | int, str | int] | None = None
    accepted: Mapping[str, Sequence[str]] = {}
    newest_first: bool = True
    projection: tuple[str, ...] = ()


def read_page(
    client: "DynamoDBClient",
    retries: Retries,
    listing: Listing,
    convert: Callable[[Mapping[str, Any]], _T],
    *,
    limit: int,
    cursor: str | None,
) -> Page[_T]:
    """At most `limit` items, eventually consistent. A page may be short, even empty, and still have a cursor.

    Raises RentalError(invalid_request, invalid_cursor, try_again).
    """
    if not 1 <= limit <= MAX_PAGE:
        raise RentalError(ErrorCode.INVALID_REQUEST, f"a page of {limit} cannot be had: 1 to {MAX_PAGE} can")
    request = query_of(listing)
    if cursor is not None:
        request["ExclusiveStartKey"] = _start_key(listing, cursor)
    found: list[_T] = []
    last: Mapping[str, Any] | None = None
    for _ in range(MAX_CALLS):
        # The filter comes after DynamoDB's limit: ask for the rest.
        request["Limit"] = limit - len(found)
        answer = _query(client, retries, request, cursor)
        found += [convert(item) for item in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        if last is None or len(found) >= limit:
            break
        request["ExclusiveStartKey"] = last
    return Page(items=found, cursor=_cursor(listing, last) if last else None)


def read_all(
    client: "DynamoDBClient",
    retries: Retries,
    listing: Listing,
    convert: Callable[[Mapping[str, Any]], _T],
) -> list[_T]:
    """Every item, eventually consistent. Raises RentalError(try_again)."""
    return [convert(item) for item in every_item(partial(retries.query, client), query_of(listing))]


def query_of(listing: Listing) -> dict[str, Any]:
    """The parameters of DynamoDB's Query."""
    names = {"#hash": listing.hash_key}
    values: dict[str, Any] = {":hash": _typed(listing, listing.hash_key, listing.value)}
    condition = "#hash = :hash"
    if listing.between is not None:
        names["#range"] = listing.range_key
        values |= {
            ":low": _typed(listing, listing.range_key, listing.between[0]),
            ":high": _typed(listing, listing.range_key, listing.between[1]),
        }
        condition += " AND #range BETWEEN :low AND :high"
    request: dict[str, Any] = {
        "TableName": listing.table,
        "KeyConditionExpression": condition,
        "ScanIndexForward": not listing.newest_first,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    if listing.index is not None:
        request["IndexName"] = listing.index
    filters = []
    for number, (name, accepted) in enumerate(listing.accepted.items()):
        marks = [f":f{number}_{place}" for place in range(len(accepted))]
        filters.append(f"#f{number} IN ({', '.join(marks)})")
        names[f"#f{number}"] = name
        values |= {mark: {"S": value} for mark, value in zip(marks, accepted, strict=True)}
    if filters:
        request["FilterExpression"] = " AND ".join(filters)
    if listing.projection:
        names |= {f"#p_{name}": name for name in listing.projection}
        request["ProjectionExpression"] = ", ".join(f"#p_{name}" for name in listing.projection)
    return request


def _query(
    client: "DynamoDBClient", retries: Retries, request: dict[str, Any], cursor: str | None
) -> Mapping[str, Any]:
    try:
        return retries.query(client, **request)
    except ClientError as error:
        # A start key beyond the bounds of the query is one that somebody made up, or of another list.
        if cursor is not None and error.response.get("Error", {}).get("Code") == "ValidationException":
            raise _no_cursor(cursor) from error
        raise


def _typed(listing: Listing, name: str, value: str | int) -> dict[str, str]:
    return {listing.keys[name]: str(value)}


def _cursor(listing: Listing, last: Mapping[str, Any]) -> str:
    parts = [last[name][kind] for name, kind in listing.keys.items() if name != listing.hash_key]
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def _start_key(listing: Listing, cursor: str) -> "Attributes":
    """The partition is never taken from a cursor: it leads to the same list only."""
    names = [name for name in listing.keys if name != listing.hash_key]
    try:
        if len(cursor) > _MAX_CURSOR:
            raise ValueError(len(cursor))
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts = msgspec.json.decode(text, type=list[str])
        key: Any = {name: _part(listing.keys[name], part) for name, part in zip(names, parts, strict=True)}
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise _no_cursor(cursor) from None
    typed: Attributes = key
    return {**typed, listing.hash_key: {"S": listing.value}}


def _part(kind: str, text: str) -> dict[str, str]:
    if not text or (kind == "N" and not (text.isascii() and text.isdigit() and len(text) <= 16)):
        raise ValueError(text)
    return {kind: text}


def _no_cursor(cursor: str) -> RentalError:
    return RentalError(
        ErrorCode.INVALID_CURSOR, f"{cursor[:80]!r} is no cursor of this list: take the one of a page"
    )
