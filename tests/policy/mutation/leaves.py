"""Places in the inputs of a resource: to find them, and to change one without touching the original."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from offline.values import signature

Step = str | int
Way = tuple[Step, ...]

GONE: Final = object()
"""Put at a place to take away what is there."""


def leaves(value: object, way: Way = ()) -> Iterator[tuple[Way, object]]:
    """Each place that holds no block or list, with its value; what an asset is made of is none."""
    if isinstance(value, Mapping):
        if signature(value) is not None:
            return
        for key, item in value.items():
            yield from leaves(item, (*way, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*way, index))
    else:
        yield way, value


def blocks(value: object, way: Way = ()) -> Iterator[tuple[Way, object]]:
    """Each place that holds a block or a list, outermost first."""
    if isinstance(value, Mapping):
        if signature(value) is not None:
            return
        yield way, value
        for key, item in value.items():
            yield from blocks(item, (*way, key))
    elif isinstance(value, list):
        yield way, value
        for index, item in enumerate(value):
            yield from blocks(item, (*way, index))


def put(inputs: Mapping[str, Any], way: Way, value: object) -> dict[str, Any]:
    """The inputs with a value at a place; only what is on the way is copied."""
    changed: dict[str, Any] = _put(inputs, way, value)
    return changed


def _put(here: Any, way: Way, value: object) -> Any:
    step, *rest = way
    copy: Any = list(here) if isinstance(here, list) else dict(here if isinstance(here, Mapping) else {})
    if rest:
        inner = copy.get(step, {}) if isinstance(copy, dict) else copy[int(step)]
        copy[step] = _put(inner, tuple(rest), value)
    elif value is GONE:
        del copy[step]
    else:
        copy[step] = value
    return copy


def at(inputs: object, way: Way) -> object:
    """The value at a place, or `GONE`."""
    here: Any = inputs
    for step in way:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            return GONE
    return here


def written(way: Way) -> str:
    """A place in the pack's notation: `replicas[1].kmsKeyArn`."""
    text = ""
    for step in way:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text


def pattern(way: Way) -> str:
    """The same without indexes: `replicas[].kmsKeyArn`."""
    return written(way) if all(isinstance(step, str) for step in way) else _pattern(way)


def _pattern(way: Way) -> str:
    text = ""
    for step in way:
        text += "[]" if isinstance(step, int) else (f".{step}" if text else step)
    return text
