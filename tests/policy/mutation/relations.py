"""Guards that are resources of their own: each is taken away, and given to another than it was for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from offline.values import UNKNOWN

from .keys import names_key
from .leaves import GONE, at, leaves, pattern, put
from .mutants import ANY, Mutant
from .world import Change, Node, World

SERVES: Final = (
    "bucket",
    "resourceArn",
    "stageName",
    "vpcId",
    "transitGatewayId",
    "zoneId",
    "repository",
    "firewallArn",
    "userPoolId",
)
"""Properties by which a guard says what it is for."""

GUARDS: Final[Mapping[str, str]] = {
    r"wafv2/webAclAssociation:": "waf",
    r"wafv2/webAclLoggingConfiguration:": "waf",
    r"s3/bucketPublicAccessBlock:": "exposure",
    r"s3/accountPublicAccessBlock:": "exposure",
    r"s3/bucketOwnershipControls:": "exposure",
    r"s3/bucketServerSideEncryptionConfiguration:": "encryption",
    r"s3/bucketVersioning:": "protection",
    r"s3/bucketObjectLockConfiguration:": "protection",
    r"s3/bucketLifecycleConfiguration:": "cost",
    r"s3/bucketPolicy:": "tls",
    r"s3/bucketLogging:": "logs",
    r"apigateway/methodSettings:": "logs",
    r"ec2/flowLog:": "logs",
    r"route53/queryLog:": "logs",
    r"cloudwatch/logDeliverySource:": "logs",
    r"cognito/logDeliveryConfiguration:": "logs",
    r"ecr/lifecyclePolicy:": "cost",
    r"cloudtrail/trail:": "logs",
    r"guardduty/detector": "logs",
    r"accessanalyzer/": "iam",
    r"cfg/": "logs",
    r"ebs/": "encryption",
    r"ec2/instanceMetadataDefaults:": "hardening",
    r"ec2/defaultSecurityGroup:": "exposure",
    r"iam/accountPasswordPolicy:": "iam",
    r"xray/encryptionConfig:": "encryption",
    r"glue/dataCatalogEncryptionSettings:": "encryption",
    r"iot/loggingOptions:": "logs",
    r"budgets/budget:": "cost",
    r"costexplorer/": "cost",
    r"lambda/functionEventInvokeConfig:": "events",
    r"sqs/redriveAllowPolicy:": "events",
    r"sns/topicPolicy:": "tls",
}
"""A part of a type token -> the group that must miss a resource of it."""


def guards(world: World, node: Node) -> Iterator[Mutant]:
    """Each guard is gone, or guards another."""
    group = next((group for part, group in GUARDS.items() if re.search(part, node.type)), None)
    if group is None:
        return
    name, served = _served(world, node)
    yield Mutant("gone", group, "", Change(gone=True), (served,) if served else ())
    if served:
        other = next((n.urn for n in world.by_type[world.nodes[served].type] if n.urn != served), None)
        if other is not None:
            moved = put(node.inputs, (name,), world.nodes[other].id)
            change = Change(moved, sources={**node.property_dependencies, name: [other]})
            yield Mutant("moved to another", group, name, change, (served,))
        several = sorted({served, *([other] if other else [])})
        if len(several) > 1:
            change = Change(node.inputs, sources={**node.property_dependencies, name: several})
            yield Mutant("for one of several", group, name, change, (served,))


def _served(world: World, node: Node) -> tuple[str, str]:
    """The property and the URN of what a guard is for, when it is one resource of the stack."""
    for name in SERVES:
        found = [urn for urn in node.property_dependencies.get(name, ()) if urn in world.nodes]
        if len(found) == 1:
            return name, found[0]
    return "", ""


def sources(world: World, node: Node) -> Iterator[Mutant]:
    """An endpoint has an ACL of the other scope; a queue loses its dead letters or its patience."""
    for name in ("webAclArn", "webAclId"):
        if name in node.property_dependencies:
            yield from _other_scope(world, node, name)
    if node.type == "aws:sqs/queue:Queue" and "redrivePolicy" in node.inputs:
        changed = put(node.inputs, ("redrivePolicy",), GONE)
        yield Mutant("dead letters removed", "events", "redrivePolicy", Change(changed))
        for tries in (1, 100_000):
            text = re.sub(r'("maxReceiveCount":\s*)\d+', rf"\g<1>{tries}", str(node.inputs["redrivePolicy"]))
            changed = put(node.inputs, ("redrivePolicy",), text)
            yield Mutant(f"{tries} tries", "events", "redrivePolicy", Change(changed))
    if node.type == "aws:lambda/function:Function" and at(node.inputs, ("timeout",)) is not GONE:
        queues = world.queues_of(node.urn)
        if queues:
            change = Change({**node.inputs, "timeout": 900})
            yield Mutant("timeout beyond the queue's", "events", "timeout", change, tuple(queues))


def _other_scope(world: World, node: Node, name: str) -> Iterator[Mutant]:
    own = [world.nodes[urn] for urn in node.property_dependencies[name] if urn in world.nodes]
    scopes = {one.inputs.get("scope") for one in own}
    for acl in world.by_type["aws:wafv2/webAcl:WebAcl"]:
        if acl.inputs["scope"] not in scopes:
            changed = put(node.inputs, (name,), acl.outputs["arn"])
            change = Change(changed, sources={**node.property_dependencies, name: [acl.urn]})
            yield Mutant("web ACL of the other scope", "waf", name, change)
            return


def from_a_role(world: World, node: Node) -> Iterator[Mutant]:
    """What a key comes from is none, and not known yet: for the first resource of each type."""
    if node is not world.by_type[node.type][0]:
        return
    role = world.by_type["aws:iam/role:Role"][0].urn
    for way, value in leaves(node.inputs):
        top = str(way[0])
        if names_key(node.type, way, value) and node.property_dependencies.get(top):
            change = Change(put(node.inputs, way, UNKNOWN), sources={top: [role]})
            yield Mutant("unknown, and from a role", ANY, pattern(way), change)
