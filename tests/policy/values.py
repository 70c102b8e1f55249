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


class _AsAws(Recording):
    """The mock's ARNs are made of names; those that rules read must look as AWS writes them."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        identifier, outputs = super().new_resource(args)
        hexed = hashlib.sha256(args.name.encode()).hexdigest()[:32]
        if args.typ in _KEYS:
            outputs["arn"] = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/mrk-{hexed}"
        elif args.typ == "aws:s3/bucket:Bucket":
            outputs["arn"] = f"arn:aws:s3:::{args.name}"
        elif args.typ == "aws:wafv2/webAcl:WebAcl":
            is_global = args.inputs["scope"] == "CLOUDFRONT"
            where, scope = ("us-east-1", "global") if is_global else (REGION, "regional")
            outputs["arn"] = f"arn:aws:wafv2:{where}:{ACCOUNT}:{scope}/webacl/{args.name}/{hexed}"
        return identifier, outputs


@cache
def recorded(stack: str) -> Recording:
    """What the program registers for a stack."""

    def build() -> None:
        runpy.run_path(str(ROOT / "__main__.py"))

    with mock.patch.object(recording, "Recording", _AsAws):
        return record(build, stack=stack, config=stack_config(stack))
