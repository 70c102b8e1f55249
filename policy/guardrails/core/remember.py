"""A function that remembers its last results by the identity of what it is given."""

from __future__ import annotations

from collections.abc import Callable

_MOST = 20_000
"""Results of each to remember: two for each resource of a stack of ten thousand."""


def remembering(function: Callable[..., object], most: int = _MOST) -> Callable[..., object]:
    """The function, with its results kept by the identity of its first argument.

    The argument is kept along, so that its identity cannot become another's.
    """
    known: dict[tuple[int, tuple[object, ...]], tuple[object, object]] = {}

    def call(argument: object, *more: object) -> object:
        key = (id(argument), more)
        found = known.get(key)
        if found is None:
            if len(known) >= most:
                known.clear()
            found = known[key] = (argument, function(argument, *more))
        return found[1]

    return call
