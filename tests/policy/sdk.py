"""The inputs of a resource type as the installed pulumi_aws describes them.

`python -m tests.policy.sdk` writes the pack's list of the types that take tags; it imports all of pulumi_aws.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import typing
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pulumi import _types  # the SDK's own reading of an Args class; `pulumi up` uses it to translate names

SERVICE_MODULES = {"lambda": "lambda_", "import": "import_"}
"""Services whose name is a Python keyword."""


def service_module(token: str) -> ModuleType:
    """The Python package of a token's service: `aws:lambda/function:Function` -> `pulumi_aws.lambda_`."""
    service = token.split(":")[1].partition("/")[0]
    return importlib.import_module(f"pulumi_aws.{SERVICE_MODULES.get(service, service)}")


@cache
def resource_class(token: str) -> type:
    """The resource class of a type token such as `aws:kinesis/stream:Stream`."""
    with warnings.catch_warnings():  # a service warns of each deprecated resource it still has
        warnings.simplefilter("ignore", DeprecationWarning)
        found = getattr(service_module(token), token.rsplit(":", 1)[1])
    assert isinstance(found, type)
    return found


@cache
def input_names(token: str) -> frozenset[str]:
    """The top-level inputs of a resource type, camelCase."""
    return frozenset(_types.input_type_types(_args(token)))


@cache
def input_paths(token: str) -> frozenset[str]:
    """Every input path of a resource type, in the pack's notation: `replicas[].kmsKeyArn`."""
    args = _args(token)
    return frozenset(_paths(args, (args,)))


def _args(token: str) -> type:
    """The class of a type's inputs."""
    cls = resource_class(token)
    module = importlib.import_module(cls.__module__)
    # Pulumi calls the args of a resource InitArgs when a nested type took the name Args.
    found: type = getattr(module, f"{cls.__name__}InitArgs", None) or getattr(module, f"{cls.__name__}Args")
    return found


def _paths(args: type, seen: tuple[type, ...]) -> Iterator[str]:
    for name, hint in _types.input_type_types(args).items():
        nested, many = _shape(hint)
        path = f"{name}[]" if many else name
        yield path
        if nested is not None and nested not in seen:  # recursive types: one level is enough for a key
            for below in _paths(nested, (*seen, nested)):
                yield f"{path}.{below}"


def _shape(hint: Any) -> tuple[type | None, bool]:
    """The nested Args class inside a type hint, if any, and whether it is a list."""
    if isinstance(hint, type) and _types.is_input_type(hint):
        return hint, False
    origin = typing.get_origin(hint)
    many = isinstance(origin, type) and issubclass(origin, Sequence)
    for argument in typing.get_args(hint):
        nested, inner_many = _shape(argument)
        many = many or inner_many
        if nested is not None:
            return nested, many
    return None, many


KEY_LIKE = re.compile(r"kms|cmk|encryptionkey|customermanagedkey|masterkey|customerkey", re.IGNORECASE)
"""Names of inputs that may hold a KMS key."""

KEY_LIKE_PATHS = {
    # Keys whose own name does not say so.
    "aws:ssm/parameter:Parameter": ("keyId",),
    "aws:xray/encryptionConfig:EncryptionConfig": ("keyId",),
    "aws:eks/cluster:Cluster": ("encryptionConfig.provider.keyArn",),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": ("serverSideEncryption.keyArn",),
    "aws:codepipeline/pipeline:Pipeline": ("artifactStores[].encryptionKey.id",),
}


def key_like_inputs(token: str) -> frozenset[str]:
    """The input paths of a type that may hold a KMS key, by their name or by the list above."""
    paths = input_paths(token)
    blocks = {path.rsplit(".", 1)[0] for path in paths if "." in path}
    named = {path for path in paths if KEY_LIKE.search(path.rsplit(".", 1)[-1]) and path not in blocks}
    return frozenset(named | (set(KEY_LIKE_PATHS.get(token, ())) & paths))


def taggable() -> list[str]:
    """Every resource type of the SDK that takes a block `tags`."""
    package = importlib.import_module("pulumi_aws")
    found: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for service in pkgutil.iter_modules(package.__path__, "pulumi_aws."):
            if service.ispkg and service.name != "pulumi_aws.config":
                found.update(_taggable_of(importlib.import_module(service.name)))
    return sorted(found)


def _taggable_of(service: ModuleType) -> Iterator[str]:
    """Types of one service: each is in a module of its own, which names it where it calls its base class."""
    for found in pkgutil.iter_modules(service.__path__, f"{service.__name__}."):
        module = importlib.import_module(found.name)
        source = Path(module.__file__ or "").read_text(encoding="utf-8")
        for token in set(_TOKEN.findall(source)):
            args = [
                getattr(module, f"{token.rsplit(':', 1)[1]}{suffix}", None) for suffix in ("InitArgs", "Args")
            ]
            if any(hasattr(cls, "tags") for cls in args if cls is not None):
                yield token


_TOKEN = re.compile(r"__init__\(\s*'(aws:[^']+)'")

if __name__ == "__main__":
    LIST = Path(__file__).resolve().parents[2] / "policy" / "guardrails" / "tags" / "taggable.txt"
    LIST.write_text("\n".join(taggable()) + "\n", encoding="utf-8")
