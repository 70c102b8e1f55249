"""Read resource properties one access at a time, without ever raising.

The policy SDK hands properties over in proxies that raise on *any* touch of an unknown value, and an
uncaught raise turns a mandatory rule into one advisory line. So no rule touches a proxy itself: it asks
here, and gets the value, `MISSING` or `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final, TypeGuard

from pulumi_policy.proxy import UnknownValueError


class Absent(Enum):
    """Why there is no value to judge."""

    MISSING = "missing"
    """The property is not set, or set to null."""
    UNKNOWN = "unknown"
    """The property is set, to something that only a deployment can tell."""


MISSING: Final = Absent.MISSING
UNKNOWN: Final = Absent.UNKNOWN

EACH: Final = "[]"
"""Ends a path segment that holds a list: `replicas[].kmsKeyArn` names the key of each replica."""


def peek(container: object, key: str | int) -> object:
    """The value of one key of a block, or one element of a list; `MISSING` or `UNKNOWN` if there is none.

    `MISSING` also when `container` is neither a block nor a list. Never raises.
    """
    if isinstance(container, Absent):
        return container
    try:
        if isinstance(key, int):
            value = container[key] if is_list(container) else None
        else:
            value = container[key] if isinstance(container, Mapping) else None
    except UnknownValueError:
        return UNKNOWN
    except (KeyError, IndexError):
        return MISSING
    return MISSING if value is None else value


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether `value` is a list (text is none)."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def elements(value: object) -> list[object]:
    """The elements of a list, unknown ones as `UNKNOWN`; none if `value` is not a list."""
    return [peek(value, index) for index in range(len(value))] if is_list(value) else []


def places(block: object, path: str) -> Iterator[tuple[str, object]]:
    """Each place that `path` names below `block`, with its value, `MISSING` or `UNKNOWN`.

    `path` is dotted and camelCase as in the SDK; a segment that ends in `[]` fans out over a list, so
    that the place reads `replicas[1].kmsKeyArn`. What is missing or unknown on the way is yielded once,
    under the rest of the path as written. An empty list yields nothing. The empty path names `block`.
    """
    yield from _walk(block, path.split(".") if path else [], "")


def _walk(value: object, segments: Sequence[str], at: str) -> Iterator[tuple[str, object]]:
    if not segments or isinstance(value, Absent):
        yield joined(at, *segments), value
        return
    name, rest = segments[0].removesuffix(EACH), segments[1:]
    found = peek(value, name)
    if not segments[0].endswith(EACH):
        yield from _walk(found, rest, joined(at, name))
    elif isinstance(found, Absent):
        yield joined(at, *segments), found
    elif is_list(found):
        for index, element in enumerate(elements(found)):
            yield from _walk(element, rest, joined(at, f"{name}[{index}]"))
    else:  # a single block where the schema says list: judged as if it were the only element
        yield from _walk(found, rest, joined(at, name))


def joined(*segments: str) -> str:
    """A dotted path of the segments that are not empty."""
    return ".".join(segment for segment in segments if segment)


def top_level(path: str) -> str:
    """The property of the resource that a path starts at: `replicas` of `replicas[1].kmsKeyArn`."""
    return path.split(".", 1)[0].split("[", 1)[0]


def text_of(value: object) -> str | Absent:
    """The value as the text that AWS compares: `true` for a boolean or its text in any case.

    Numbers, lists and blocks have no such text and give the empty string, which equals no setting.
    """
    if isinstance(value, Absent):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.lower() if value.lower() in ("true", "false") else value
    return ""
