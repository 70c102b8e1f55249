"""The pack's server: a resource goes to the policies of its type, under the configuration of the moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import Policy, ResourceValidationPolicy

from guardrails.core.server import TypedPolicy, can_narrow, narrowing

BUCKET, QUEUE = "aws:s3/bucket:Bucket", "aws:sqs/queue:Queue"


class Sdk:
    """The SDK's server, which tells the policies that it asks, and what it was configured with."""

    def __init__(self, name: str, version: str, policies: Sequence[Policy], *more: object) -> None:
        self.made = name, version, more
        self.policies = [policy.name for policy in policies]
        self.settings: list[object] = []

    def Configure(self, request: object, _: object) -> None:  # noqa: N802 - the protocol's name
        self.settings = [request]

    ConfigureStack = Configure

    def Analyze(self, _request: object, _: object) -> tuple[list[str], list[object]]:  # noqa: N802 - likewise
        return self.policies, self.settings

    def AnalyzeStack(self, request: Any, _: object) -> list[str]:  # noqa: N802 - likewise, as it is read
        return [
            f"{one.urn} {[*one.dependencies]} { ({k: v.urns for k, v in one.propertyDependencies.items()}) }"
            f" {self._get_resource_options(one)} {self._get_provider_resource(one)}"
            for one in request.resources
        ]

    def _get_resource_options(self, request: Any) -> bool:
        protected: bool = request.options.protect
        return protected

    def _get_provider_resource(self, request: Any) -> str:
        return str(request.provider.name) if request.HasField("provider") else ""


def _policy(name: str, *types: str) -> Policy:
    if not types:
        return ResourceValidationPolicy(name, name, lambda _args, _report: None)
    return TypedPolicy(types.__contains__, name=name, description=name, validate=lambda _args, _report: None)


POLICIES = [_policy("every"), _policy("buckets", BUCKET), _policy("both", BUCKET, QUEUE)]


def _asked(server: Any, token: str) -> tuple[list[str], list[object]]:
    answer: tuple[list[str], list[object]] = server.Analyze(analyzer_pb2.AnalyzeRequest(type=token), None)
    return answer


def test_a_resource_goes_to_the_policies_of_its_type_and_to_those_of_none() -> None:
    server = narrowing(Sdk)("pack", "1", POLICIES, "mandatory")
    assert _asked(server, BUCKET)[0] == ["every", "buckets", "both"]
    assert _asked(server, QUEUE)[0] == ["every", "both"]
    assert _asked(server, "aws:iam/role:Role")[0] == ["every"]
    assert server.policies == ["every", "buckets", "both"]  # of the stack, and of the pack's description


def test_where_no_policy_is_of_the_type_all_pass_it_over() -> None:
    server = narrowing(Sdk)("pack", "1", POLICIES[1:])
    assert _asked(server, "aws:iam/role:Role")[0] == ["buckets", "both"]


def test_a_configuration_that_comes_later_holds_for_types_that_were_seen_before() -> None:
    server = narrowing(Sdk)("pack", "1", POLICIES)
    server.Configure("strict", None)
    assert _asked(server, BUCKET)[1] == ["strict"]
    server.Configure("mild", None)
    assert _asked(server, BUCKET)[1] == ["mild"]


def test_a_stack_is_read_as_it_was_sent() -> None:
    request = analyzer_pb2.AnalyzeStackRequest()
    one = request.resources.add(type=BUCKET, urn="one", dependencies=["two"])
    one.propertyDependencies["key"].urns.append("two")
    one.options.protect = True
    request.resources.add(type=QUEUE, urn="two").provider.name = "aws"
    told = Sdk("pack", "1", POLICIES).AnalyzeStack(request, None)
    assert narrowing(Sdk)("pack", "1", POLICIES).AnalyzeStack(request, None) == told
    assert told == ["one ['two'] {'key': ['two']} True ", "two [] {} False aws"]


def test_another_sdk_is_told_apart() -> None:
    assert can_narrow(Sdk)
    assert not can_narrow(type("Newer", (), {"Analyze": Sdk.Analyze}))
    assert not can_narrow(None)
