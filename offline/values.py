"""Property values as they travel: JSON with marked objects for secrets, unknowns, assets and references.

The marks are those of Pulumi's wire format (sdk/go/common/resource/properties.go).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from google.protobuf import struct_pb2

Value: TypeAlias = Any
"""A property value: JSON, with marked objects."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that only an update can know (the sentinel of `pulumi preview --json`)."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a public marker of the wire format
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

MASKED = "[secret]"

_LARGEST_EXACT_INTEGER = 2**53


def from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Return a struct as plain JSON values: keys sorted and whole numbers as integers, as Go prints them."""
    return {key: _from_value(struct.fields[key]) for key in sorted(struct.fields)}


def _from_value(value: struct_pb2.Value) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return from_struct(value.struct_value)
    if kind == "list_value":
        return [_from_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        exact = number.is_integer() and abs(number) < _LARGEST_EXACT_INTEGER
        return int(number) if exact else number
    if kind == "string_value":
        return value.string_value
    if kind == "bool_value":
        return value.bool_value
    return None


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return plain JSON values as a struct."""
    struct = struct_pb2.Struct()
    struct.update(dict(properties))
    return struct


def signature(value: Value) -> str | None:
    """Return the mark of a special object, or None for any other value."""
    return value.get(SIGNATURE) if isinstance(value, dict) else None


def secret(value: Value) -> dict[str, Any]:
    """Mark a value as secret; a value that is marked already stays as it is."""
    return value if signature(value) == SECRET else {SIGNATURE: SECRET, "value": value}


def downgrade(value: Value) -> Value:
    """Replace output values by what they hold: the value, a secret, or the unknown sentinel."""
    if isinstance(value, list):
        return [downgrade(item) for item in value]
    if not isinstance(value, dict):
        return value
    if signature(value) == OUTPUT:
        inner = downgrade(value["value"]) if "value" in value else UNKNOWN
        return secret(inner) if value.get("secret") else inner
    return {key: downgrade(item) for key, item in value.items()}


def _replace_secrets(value: Value, replace: Callable[[Any], Any]) -> Value:
    if isinstance(value, list):
        return [_replace_secrets(item, replace) for item in value]
    if not isinstance(value, dict):
        return value
    if signature(value) == SECRET:
        return replace(value.get("value"))
    return {key: _replace_secrets(item, replace) for key, item in value.items()}


def mask(value: Value) -> Value:
    """Replace every secret by `[secret]`, as Pulumi prints them."""
    return _replace_secrets(value, lambda _: MASKED)


def reveal(value: Value) -> Value:
    """Replace every secret by what it holds, in plain text."""
    return _replace_secrets(value, reveal)


def contains_secret(value: Value) -> bool:
    """Tell whether a secret is anywhere in the value."""
    return any(signature(item) == SECRET for item in _walk(value))


def contains_unknown(value: Value) -> bool:
    """Tell whether anything in the value is unknown."""
    return any(item == UNKNOWN for item in _walk(value) if isinstance(item, str))


def _walk(value: Value) -> Iterator[Any]:
    yield value
    if isinstance(value, dict):
        for item in value.values():
            yield from _walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item)
