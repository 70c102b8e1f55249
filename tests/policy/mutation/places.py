"""Regions of other markets, tags that are missing, and what must not be there at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from guardrails.dead.services import ROWS
from guardrails.tags.required import DEFAULT, taggable
from tests.policy import sdk

from .leaves import leaves, pattern, put
from .mutants import Mutant
from .world import Change, Node, World

ELSEWHERE: Final = "us-west-2"
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_ROUTES: Final = frozenset({"tags", "environment", "variables", "dashboardBody"})


def regions(world: World, node: Node) -> Iterator[Mutant]:
    """The resource, its provider, and each Region that it names are of another market."""
    if not node.type.startswith(("aws:", "pulumi:providers:aws")):
        return
    if node.type.startswith("pulumi:"):
        if node.type == "pulumi:providers:aws":
            yield Mutant("elsewhere", "residency", "region", Change({**node.inputs, "region": ELSEWHERE}))
        return
    moved = {**world.provider_of(node), "region": ELSEWHERE}
    if _has_region(node.type):
        yield Mutant("on a provider elsewhere", "residency", "provider", Change(provider=moved))
        if "region" in sdk.input_names(node.type):
            changed = {**node.inputs, "region": ELSEWHERE}
            yield Mutant("elsewhere", "residency", "region", Change(changed))
    for way, value in leaves(node.inputs):
        if isinstance(value, str) and _REGION.fullmatch(value) and _ROUTES.isdisjoint(map(str, way)):
            changed = put(node.inputs, way, ELSEWHERE)
            yield Mutant("Region elsewhere", "residency", pattern(way), Change(changed))


def _has_region(token: str) -> bool:
    return "region" in sdk.input_names(token)


def tags(world: World, node: Node) -> Iterator[Mutant]:
    """Without any tag, and without each of those that are agreed."""
    if node.type not in taggable():
        return
    own: Mapping[str, Any] = node.inputs.get("tags") or {}
    provider = world.provider_of(node)
    inherited = _default_tags(provider)
    none = {key: value for key, value in node.inputs.items() if key != "tags"}
    yield Mutant("no tags", "tags", "tags", Change(none, _with_tags(provider, {})))
    for name in DEFAULT:
        mine = {key: value for key, value in own.items() if key != name}
        rest = {key: value for key, value in inherited.items() if key != name}
        change = Change({**node.inputs, "tags": mine}, _with_tags(provider, rest))
        yield Mutant("no tag", "tags", f"tags.{name}", change)


def _default_tags(provider: Mapping[str, Any]) -> Mapping[str, Any]:
    block = provider.get("defaultTags") or {}
    found = json.loads(block) if isinstance(block, str) else block
    tags_: Mapping[str, Any] = found.get("tags") or {}
    return tags_


def _with_tags(provider: Mapping[str, Any], tags_: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**provider, "defaultTags": json.dumps({"tags": dict(tags_)})}


def dead(_world: World, node: Node) -> Iterator[Mutant]:
    """Beside the stack's own resource, one of each service that AWS has closed."""
    if node.type != "pulumi:pulumi:Stack":
        return
    for row in ROWS:
        token = row.what if ":" in row.what else f"aws:{row.what}/thing:Thing"
        yield Mutant("dead service added", "dead", token, Change(new=(token, {})))
    for token in (
        "aws:iam/user:User",
        "aws:iam/accessKey:AccessKey",
        "aws:iam/userLoginProfile:UserLoginProfile",
    ):
        yield Mutant("long-lived identity added", "iam", token, Change(new=(token, {})))
    for token, inputs in _BESIDE:
        yield Mutant("open endpoint added", "waf", token, Change(new=(token, inputs)))


_BESIDE: Final = (
    ("aws:lambda/functionUrl:FunctionUrl", {"authorizationType": "NONE"}),
    ("aws:apigatewayv2/api:Api", {"protocolType": "HTTP"}),
    ("aws:lb/loadBalancer:LoadBalancer", {"loadBalancerType": "network", "internal": False}),
)


def secrets(_world: World, node: Node) -> Iterator[Mutant]:
    """A function gets a password in plain."""
    if node.type == "aws:lambda/function:Function":
        way = ("environment", "variables", "DATABASE_PASSWORD")
        yield Mutant(
            "password in plain", "hardening", "environment", Change(put(node.inputs, way, "hunter2"))
        )
        way = ("environment", "variables", "SIGNING")
        text = "-----BEGIN PRIVATE KEY-----"
        yield Mutant("private key in plain", "hardening", "environment", Change(put(node.inputs, way, text)))
