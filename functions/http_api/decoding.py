"""A request's parts as the types an operation declares; everything else is refused with what is wrong."""

import base64
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ev_rental.rental.errors import ErrorCode
from http_api.problems import ApiError, ApiErrorCode

_T = TypeVar("_T", bound=Struct)


def decode_query(event: Mapping[str, Any], kind: type[_T]) -> _T:
    """The query string; a number is text there. Raises ApiError(invalid_request)."""
    repeated = [
        name
        for name, values in (event.get("multiValueQueryStringParameters") or {}).items()
        if len(values) > 1 and name in _wire_names(kind)
    ]
    if repeated:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"query parameter {repeated[0]} is given more than once")
    given = event.get("queryStringParameters") or {}
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"query string: {error}") from None


def decode_body(event: Mapping[str, Any], content_type: str, kind: type[_T], *, required: bool) -> _T:
    """The JSON body; `{}` stands for none where none is required.

    Raises ApiError(unsupported_media_type, invalid_request).
    """
    given: str = event.get("body") or ""
    content = (
        base64.b64decode(given) if event.get("isBase64Encoded") else given.encode("utf-8", "surrogatepass")
    )
    if not content and not required:
        content = b"{}"
    elif content_type.partition(";")[0].strip().lower() not in ("application/json", ""):
        raise ApiError(
            ApiErrorCode.UNSUPPORTED_MEDIA_TYPE, f"the body is {content_type}: send application/json"
        )
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"body: {error}") from None


def _wire_names(kind: type[Struct]) -> frozenset[str]:
    return frozenset(kind.__struct_encode_fields__)
