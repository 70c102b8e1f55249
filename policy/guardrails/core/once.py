"""Read each resource once, not once for each policy.

The SDK turns a resource's properties from the wire into Python anew for every policy, though policies do not
change them: with fifty policies that is nearly all the time that a pack takes. Here the functions that do it
remember their last results. Everybody gets the same objects, so no rule may change what it is given.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .remember import remembering
from .server import can_narrow, narrowing

READERS = ("deserialize_properties", "unknown_checking_proxy", "signature")
"""Functions of the SDK's module: two take what the one before has made, one its own settings."""

_SERVER = "_PolicyAnalyzerServicer"
_JSON = "json_format"


def read_once(sdk: ModuleType) -> bool:
    """Let `pulumi_policy.policy` remember what it has read; `False` when it no longer reads in this way."""
    server: Any = getattr(sdk, _SERVER, None)
    readers = [getattr(sdk, name, None) for name in READERS]
    if not all(map(callable, readers)) or not hasattr(sdk, _JSON) or not can_narrow(server):
        return False
    setattr(sdk, _JSON, _JsonFormat(getattr(sdk, _JSON)))
    for name in READERS:
        setattr(sdk, name, remembering(getattr(sdk, name)))
    setattr(sdk, _SERVER, narrowing(server))
    return True


class _JsonFormat:
    """`google.protobuf.json_format` as the SDK uses it."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self.MessageToDict = remembering(module.MessageToDict)

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self._module, name)
        return found
