"""Read each resource once, not once for each policy.

The SDK turns a resource's properties from the wire into Python anew for every policy, though policies do not
change them: with fifty policies that is nearly all the time that a pack takes. Here the three functions that do
it remember their last results. Results are the same objects; a pack whose rules changed them must not use this.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

READERS = ("deserialize_properties", "unknown_checking_proxy")
"""Functions of the SDK's module that take what the one before has made."""

_MOST = 20_000
"""Results to remember: four for each resource of a stack of five thousand."""


def read_once(sdk: ModuleType) -> bool:
    """Let `pulumi_policy.policy` remember what it has read; `False` when it no longer reads in this way."""
    if not all(callable(getattr(sdk, name, None)) for name in READERS) or not hasattr(sdk, "json_format"):
        return False
    sdk.json_format = _JsonFormat(sdk.json_format)
    for name in READERS:
        setattr(sdk, name, remembering(getattr(sdk, name)))
    return True


def remembering(function: Callable[..., Any], most: int = _MOST) -> Callable[..., Any]:
    """The function, with its results kept by the identity of its first argument.

    The argument is kept along, so that its identity cannot become another's.
    """
    known: dict[tuple[int, tuple[Any, ...]], tuple[Any, Any]] = {}

    def call(argument: Any, *more: Any) -> Any:
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

    def __init__(self, module: Any) -> None:
        self._module = module
        self.MessageToDict = remembering(module.MessageToDict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
