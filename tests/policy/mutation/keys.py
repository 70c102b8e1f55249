"""Encryption at rest: each value that names a KMS key, and each mode that says a key is used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tests.policy.sdk import KEY_LIKE, KEY_LIKE_PATHS

from .leaves import GONE, Way, leaves, pattern, put
from .mutants import Mutant
from .world import Change, Node, World

_KEY: Final = re.compile(
    r"arn:aws:kms:[^:]*:\d*:(?:key|alias)/\S+|(?:mrk-)?[0-9a-f]{8}[0-9a-f-]{24,}|alias/\S+"
)
_MANAGED: Final = "alias/aws/s3"
_FREE_TEXT: Final = frozenset({"environment", "variables", "environmentVariables", "tags", "inputParameters"})
"""Blocks whose values are handed on, and encrypt nothing by themselves."""

WEAKER: Final = {
    "aws:kms": "AES256",
    "aws:kms:dsse": "AES256",
    "KMS": "NONE",
    "SSE_KMS": "SSE_S3",
    "SSE-KMS": "DISABLED",
    "CSE-KMS": "DISABLED",
    "CSE_KMS": "SSE_S3",
    "CUSTOMER_MANAGED_CMK": "AWS_OWNED_CMK",
    "CUSTOMER_MANAGED_KEY": "AWS_OWNED_KMS_KEY",
    "SSE-KMS-WITH-SERVICE-ROLE": "DISABLED",
}
"""How a mode that uses a key is spelt -> one that does not."""


def keys(_world: World, node: Node) -> Iterator[Mutant]:
    """Each key is taken away, blank, AWS's own, or the ARN of something else."""
    for way, value in leaves(node.inputs):
        if names_key(node.type, way, value):
            for kind, other in (
                ("key removed", GONE),
                ("key blank", ""),
                ("key managed by AWS", _MANAGED),
                ("key that is none", "arn:aws:iam::111122223333:role/x"),
            ):
                changed = put(node.inputs, way, other)
                yield Mutant(kind, "encryption", pattern(way), Change(changed))


def names_key(token: str, way: Way, value: object) -> bool:
    """Whether a value names a KMS key with which the resource encrypts."""
    if not isinstance(value, str) or not _FREE_TEXT.isdisjoint(map(str, way)):
        return False
    if value.startswith("arn:"):
        return _KEY.fullmatch(value) is not None
    name = str(way[-1])
    told = KEY_LIKE.search(name) or pattern(way) in KEY_LIKE_PATHS.get(token, ())
    return bool(told) and _KEY.fullmatch(value) is not None


def modes(_world: World, node: Node) -> Iterator[Mutant]:
    """Each mode of encryption becomes one without a key of one's own."""
    for way, value in leaves(node.inputs):
        if isinstance(value, str) and value in WEAKER:
            changed = put(node.inputs, way, WEAKER[value])
            yield Mutant("mode without key", "encryption", pattern(way), Change(changed))
            for block_name in ("serverSideEncryption", "encryptionConfiguration", "encryptionConfigurations"):
                if block_name in way[:-1]:
                    start = way[: way.index(block_name) + 1]
                    gone = put(node.inputs, start, GONE)
                    yield Mutant("encryption removed", "encryption", pattern(start), Change(gone))
