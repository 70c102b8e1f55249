"""Provider functions (`aws.get_region()` and the like), answered from what the stack itself says.

An answer file comes first. What neither knows is unknown, and is named in the preview.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from offline.policy_documents import minified, policy_document
from offline.providers import Providers

__all__ = ["PLACEHOLDER_ACCOUNT", "Answer", "Answers", "Invokes", "policy_document"]

PLACEHOLDER_ACCOUNT = "123456789012"
"""The account id of AWS's own documentation, for programs whose provider names no single account."""

_PARTITIONS = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}
_ZONES = {
    "ap-northeast-1": "acd",
    "ca-central-1": "abd",
    "us-east-1": "abcdef",
    "us-west-1": "ac",
    "us-west-2": "abcd",
    "ap-northeast-2": "abcd",
}
"""Zone letters of the Regions that do not have exactly a, b and c."""


@dataclass(frozen=True)
class Answer:
    """One entry of an answer file: the result of a function, for all calls whose arguments include `args`."""

    token: str
    result: dict[str, Any]
    args: dict[str, Any] = field(default_factory=dict)

    def fits(self, token: str, args: Mapping[str, Any]) -> bool:
        return token == self.token and all(args.get(key) == value for key, value in self.args.items())


@dataclass(frozen=True)
class Answers:
    """What an answer file gives: results of functions, and outputs of other stacks by their full name."""

    invokes: tuple[Answer, ...] = ()
    stacks: dict[str, dict[str, Any]] = field(default_factory=dict)


class Invokes:
    """Answers the provider functions of one stack.

    Args:
        assume: called with a sentence for each value that was assumed, not known.
    """

    def __init__(
        self,
        providers: Providers,
        config: Mapping[str, str],
        answers: Answers,
        assume: Callable[[str], None],
    ) -> None:
        self._providers = providers
        self._config = config
        self._answers = answers
        self._assume = assume

    def answer(self, token: str, args: Mapping[str, Any], provider: str) -> dict[str, Any] | None:
        """Return the function's result, or None when it cannot be known offline."""
        for given in self._answers.invokes:
            if given.fits(token, args):
                return given.result
        function = _TABLE.get(token)
        return function(self, args, provider) if function else None

    def _region(self, args: Mapping[str, Any], provider: str) -> str | None:
        given = args.get("region") or self._providers.setting(provider, "region")
        from_config = self._config.get("aws:region")
        from_environment = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        region = given or from_config or from_environment
        return region if isinstance(region, str) else None

    def _account(self, provider: str) -> str:
        accounts = self._providers.setting(provider, "allowedAccountIds") or self._config.get(
            "aws:allowedAccountIds"
        )
        parsed = json.loads(accounts) if isinstance(accounts, str) else accounts
        if isinstance(parsed, list) and len(parsed) == 1 and isinstance(parsed[0], str):
            return parsed[0]
        self._assume(f"AWS account {PLACEHOLDER_ACCOUNT}: no provider names a single allowed account")
        return PLACEHOLDER_ACCOUNT

    def region(self, args: Mapping[str, Any], provider: str) -> dict[str, Any] | None:
        region = self._region(args, provider)
        if region is None:
            return None
        endpoint = f"ec2.{region}.{_partition(region)[1]}"
        return {"id": region, "region": region, "name": region, "description": region, "endpoint": endpoint}

    def zones(self, args: Mapping[str, Any], provider: str) -> dict[str, Any] | None:
        region = self._region(args, provider)
        if region is None:
            return None
        letters = _ZONES.get(region, "abc")
        self._assume(f"zones {letters[0]} to {letters[-1]} of {region}: an account may see others")
        short = _short_name(region)
        return {
            **args,
            "id": region,
            "region": region,
            "names": [region + letter for letter in letters],
            "zoneIds": [f"{short}-az{number}" for number in range(1, len(letters) + 1)],
            "groupNames": [f"{region}-zg-1"],
        }

    def caller(self, args: Mapping[str, Any], provider: str) -> dict[str, Any]:
        del args
        account = self._account(provider)
        partition = _partition(self._region({}, provider) or "")[0]
        arn = f"arn:{partition}:iam::{account}:root"
        return {"id": account, "accountId": account, "arn": arn, "userId": account}

    def partition(self, args: Mapping[str, Any], provider: str) -> dict[str, Any]:
        partition, suffix = _partition(self._region(args, provider) or "")
        reverse = ".".join(reversed(suffix.split(".")))
        return {"id": partition, "partition": partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}

    def service_principal(self, args: Mapping[str, Any], provider: str) -> dict[str, Any] | None:
        region = self._region(args, provider)
        service = args.get("serviceName")
        if region is None or not isinstance(service, str):
            return None
        name = f"{service}.amazonaws.com"
        return {
            "id": f"{service}.{region}.amazonaws.com",
            "name": name,
            "region": region,
            "serviceName": service,
            "suffix": "amazonaws.com",
        }

    def document(self, args: Mapping[str, Any], provider: str) -> dict[str, Any]:
        del provider
        text = policy_document(args)
        identifier = str(int(hashlib.sha256(text.encode()).hexdigest()[:8], 16))
        return {**args, "id": identifier, "json": text, "minifiedJson": minified(text)}

    def arn(self, args: Mapping[str, Any], provider: str) -> dict[str, Any] | None:
        del provider
        parts = str(args.get("arn", "")).split(":", 5)
        if len(parts) != 6:
            return None
        names = ("partition", "service", "region", "account", "resource")
        return {"id": args["arn"], "arn": args["arn"], **dict(zip(names, parts[1:], strict=True))}


def _partition(region: str) -> tuple[str, str]:
    found = next((value for prefix, value in _PARTITIONS.items() if region.startswith(prefix)), None)
    return found or ("aws", "amazonaws.com")


def _short_name(region: str) -> str:
    """Return the Region's part of a zone id: apse1 for ap-southeast-1, usgw1 for us-gov-west-1."""
    area, *directions, number = region.split("-")
    initials = {"northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw"}
    return area + "".join(initials.get(name, name[0]) for name in directions) + number


_TABLE: dict[str, Callable[[Invokes, Mapping[str, Any], str], dict[str, Any] | None]] = {
    "aws:index/getRegion:getRegion": Invokes.region,
    "aws:index/getAvailabilityZones:getAvailabilityZones": Invokes.zones,
    "aws:index/getCallerIdentity:getCallerIdentity": Invokes.caller,
    "aws:index/getPartition:getPartition": Invokes.partition,
    "aws:index/getServicePrincipal:getServicePrincipal": Invokes.service_principal,
    "aws:index/getArn:getArn": Invokes.arn,
    "aws:iam/getPolicyDocument:getPolicyDocument": Invokes.document,
}
