"""Read each resource once, not once for each policy.

The SDK turns a resource's properties from the wire into Python anew for every policy, though policies do not
change them: with fifty policies that is nearly all the time that a pack takes. Here the functions that do it
remember their last results. Everybody gets the same objects, so no rule may change what it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

READERS = ("deserialize_properties", "unknown_checking_proxy")
"""Functions of the SDK's module that take what the one before has made."""

_JSON = "json_format"
_MOST = 20_000
"""Results to remember: four for each resource of a stack of five thousand."""


def read_once(sdk: ModuleType) -> bool:
    """Let `pulumi_policy.policy` remember what it has read; `False` when it no longer reads in this way."""
    if not all(callable(getattr(sdk, name, None)) for name in READERS) or not hasattr(sdk, _JSON):
        return False
    setattr(sdk, _JSON, _JsonFormat(getattr(sdk, _JSON)))
    for name in READERS:
        setattr(sdk, name, remembering(getattr(sdk, name)))
    return True


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


class _JsonFormat:
    """`google.protobuf.json_format` as the SDK uses it."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self.MessageToDict = remembering(module.MessageToDict)

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self._module, name)
        return found
