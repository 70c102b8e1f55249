"""Attribute values: what is one, how large it is, how two compare."""

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from local.aws.service import AwsError
from local.dynamodb.grammar import Item, Value

MAX_ITEM: Final = 400 * 1024  # bytes
_MAX_DEPTH: Final = 32
_MAX_DIGITS: Final = 38
_SETS: Final = {"SS": "S", "NS": "N", "BS": "B"}


def invalid(message: str) -> AwsError:
    """A ValidationException."""
    return AwsError("ValidationException", message)


def comparable(value: Value) -> Any:  # noqa: ANN401, PLR0911 - whatever the type holds, one a type
    """What an attribute value is compared and ordered by, within its type."""
    ((kind, held),) = value.items()
    if kind == "S":
        return held
    if kind == "N":
        return Decimal(held)
    if kind == "B":
        return base64.b64decode(held)
    if kind in _SETS:
        return frozenset(comparable({_SETS[kind]: one}) for one in held)
    if kind == "L":
        return [(*one, comparable(one)) for one in held]
    if kind == "M":
        return {name: (*one, comparable(one)) for name, one in held.items()}
    return held


def number(text: object) -> Decimal:
    """The number of an N. Raises AwsError."""
    try:
        parsed = Decimal(str(text))
    except InvalidOperation:
        parsed = Decimal("NaN")
    if not isinstance(text, str) or not parsed.is_finite():
        raise invalid(f"The parameter cannot be converted to a numeric value: {text!r}")
    if len(parsed.normalize().as_tuple().digits) > _MAX_DIGITS:
        raise invalid(f"Attempting to store more than 38 significant digits in a Number: {text}")
    if parsed and not -130 <= parsed.adjusted() <= 125:
        raise invalid(f"Number overflow: {text} is not within 1E-130 and 9.9E+125")
    return parsed


def text_of(value: Decimal) -> str:
    """A number as DynamoDB writes it."""
    return f"{value.normalize():f}"


def measured(item: Item) -> int:
    """An item's size in bytes. Raises AwsError for what is no item, or too large a one."""
    size = 0
    for name, value in item.items():
        size += len(name.encode()) + _size(name, value, 1)
    if size > MAX_ITEM:
        raise invalid(f"Item size has exceeded the maximum allowed size: {size} of {MAX_ITEM} bytes")
    return size


def _size(name: str, value: object, depth: int) -> int:  # noqa: PLR0911 - one a type
    if not isinstance(value, Mapping) or len(value) != 1:
        raise invalid(f"{name}: {value!r} is no attribute value: it must be of exactly one type")
    ((kind, held),) = value.items()
    if kind == "S" and isinstance(held, str):
        return len(held) if held.isascii() else len(held.encode())
    if kind == "N":
        return len(text_of(number(held))) // 2 + 1
    if kind in ("BOOL", "NULL") and isinstance(held, bool):
        return 1
    if kind == "B" and isinstance(held, str):
        return _bytes(name, held)
    if kind in _SETS and isinstance(held, list):
        return _size_of_set(name, kind, held)
    if depth > _MAX_DEPTH:
        raise invalid(f"{name}: Nesting Levels have exceeded supported limits: {_MAX_DEPTH}")
    if kind == "L" and isinstance(held, list):
        return 3 + sum(1 + _size(name, one, depth + 1) for one in held)
    if kind == "M" and isinstance(held, Mapping):
        return 3 + sum(1 + len(key.encode()) + _size(key, one, depth + 1) for key, one in held.items())
    raise invalid(f"{name}: {value!r} is no attribute value of type {kind}")


def _size_of_set(name: str, kind: str, held: list[Any]) -> int:
    if not held:
        raise invalid(f"{name}: An {kind} may not be empty")
    size = sum(_size(name, {_SETS[kind]: one}, 1) for one in held)
    if len({comparable({_SETS[kind]: one}) for one in held}) < len(held):
        raise invalid(f"{name}: Input collection {held} contains duplicates")
    return size


def _bytes(name: str, held: str) -> int:
    try:
        return len(base64.b64decode(held, validate=True))
    except binascii.Error as error:
        raise invalid(f"{name}: a B is not in base64: {error}") from error
