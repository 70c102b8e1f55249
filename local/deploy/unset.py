"""Finds outputs that a program uses and that nobody made up.

In an update an output without a value is None, and an ARN made of it has `None` in it, silently. So what is
not made up is answered with a mark, and a mark that comes back in an input or an export is an error.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, Final, get_args, get_origin

import pulumi
from pulumi import _types

_FORMS: Final = "local/deploy/forms_of_outputs.py"
_MARK: Final = re.compile(r"\[unset ([^\]\s]+) ([^\]\s]+)\]")
_BROKEN: Final = re.compile(
    r"(?:arn:[^\s\"',]*|https?://[^\s\"',]*)\bNone\b|arn:aws:(?::|[a-z0-9-]+:[a-z0-9-]*:\d*:?$)"
)


class Outputs:
    """The output properties of resource classes that are loaded."""

    def __init__(self) -> None:
        self._known: dict[str, Mapping[str, Any]] = {}
        self._lock = Lock()

    def of(self, type_: str) -> Mapping[str, Any]:
        """Each output property of a type, with a mark as far as it is made of text."""
        with self._lock:
            if type_ not in self._known:
                cls = _class(type_)
                found = _types.resource_types(cls) if cls else {}
                self._known[type_] = {
                    name: _marked(kind, f"[unset {type_} {name}]", 0) for name, kind in found.items()
                }
            return self._known[type_]


def complaint(value: object) -> str:
    """What is wrong with a value because an output in it was not made up; empty when nothing is."""
    for text in texts(value):
        mark = _MARK.search(text)
        if mark:
            return f"{mark[2]} of {mark[1]} is used, which nobody made up: add it to {_FORMS}"
        if _BROKEN.search(text):
            return f"{text!r} was made of an output without a value: make it up in {_FORMS}"
    return ""


def texts(value: object) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def _class(type_: str) -> type | None:
    classes: list[type] = [
        *pulumi.CustomResource.__subclasses__(),
        *pulumi.ComponentResource.__subclasses__(),
    ]
    while classes:
        cls = classes.pop()
        if cls.__dict__.get("pulumi_type") == type_:
            return cls
        classes.extend(cls.__subclasses__())
    return None


def _marked(kind: Any, mark: str, depth: int) -> Any:  # noqa: ANN401 - a type, and a value of it
    if kind is str:
        return mark
    if depth > 1:
        return None
    origin = get_origin(kind)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Sequence):
        inner = _marked(get_args(kind)[0], mark, depth + 1)
        return None if inner is None else [inner]
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return None
    if isinstance(kind, type) and _types.is_output_type(kind):
        return {
            name: inner
            for name, part in _types.output_type_types(kind).items()
            if (inner := _marked(part, mark, depth + 1)) is not None
        }
    return None
