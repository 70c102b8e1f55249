"""Our own program as it is just before creation: every value known, as a provider would answer."""

from __future__ import annotations

import hashlib
import runpy
from functools import cache
from typing import Any
from unittest import mock

import pulumi

from tests import recording
from tests.recording import ACCOUNT, REGION, Recording, record
from tests.stacks import ROOT, stack_config

_KEYS = ("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")


class _WithKeys(Recording):
    """The mock's ARNs are made of names; a key's must look like one."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        identifier, outputs = super().new_resource(args)
        if args.typ in _KEYS:
            hexed = hashlib.sha256(args.name.encode()).hexdigest()[:32]
            outputs = {**outputs, "arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mrk-{hexed}"}
        if args.typ == "aws:s3/bucket:Bucket":
            outputs = {**outputs, "arn": f"arn:aws:s3:::{args.name}"}
        return identifier, outputs


@cache
def recorded(stack: str) -> Recording:
    """What the program registers for a stack."""

    def build() -> None:
        runpy.run_path(str(ROOT / "__main__.py"))

    with mock.patch.object(recording, "Recording", _WithKeys):
        return record(build, stack=stack, config=stack_config(stack))
