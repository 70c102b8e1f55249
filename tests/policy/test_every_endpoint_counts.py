"""Take the web ACL from any public endpoint of any stack, or move it, and the pack names that endpoint."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tests.policy import program
from tests.stacks import STACKS

ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


@dataclass(frozen=True)
class Shielded:
    """An association of a stack, and the endpoint that it is for."""

    stack: str
    association: str
    endpoint: str

    def __str__(self) -> str:
        return f"{self.stack}-{self.endpoint.rpartition('::')[2]}"


def _all() -> list[Shielded]:
    found = []
    for stack in STACKS:
        for urn, node in program.nodes(stack).items():
            if node.type == ASSOCIATION:
                (endpoint,) = node.property_dependencies["resourceArn"]
                found.append(Shielded(stack, urn, endpoint))
    return found


SHIELDED = _all()


def named(found: set[program.Finding], urn: str) -> bool:
    return any(rule.startswith("waf") and about == urn for rule, about, _ in found)


def test_every_stack_has_endpoints_in_each_of_its_regions() -> None:
    assert {one.stack for one in SHIELDED} == set(STACKS)
    assert len(SHIELDED) >= 4 * len(STACKS)


@pytest.mark.parametrize("stack", STACKS)
def test_every_endpoint_of_a_stack_passes_as_it_is(stack: str) -> None:
    assert program.judge_stack(stack, program.changed(stack), rules="waf") == set()


@pytest.mark.parametrize("one", SHIELDED, ids=str)
def test_an_endpoint_without_its_association_is_named(one: Shielded) -> None:
    left = program.changed(one.stack, without={one.association})
    assert named(program.judge_stack(one.stack, left, rules="waf"), one.endpoint)


@pytest.mark.parametrize("one", SHIELDED, ids=str)
def test_an_endpoint_whose_association_is_another_endpoints_is_named(one: Shielded) -> None:
    other = next(o for o in SHIELDED if o.stack == one.stack and o.endpoint != one.endpoint)
    node = program.nodes(one.stack)[one.association]
    relations = {**node.property_dependencies, "resourceArn": [other.endpoint]}
    moved = program.changed(one.stack, replace(node, property_dependencies=relations))
    assert named(program.judge_stack(one.stack, moved, rules="waf"), one.endpoint)


@pytest.mark.parametrize("stack", STACKS)
def test_a_distribution_without_a_web_acl_is_named(stack: str) -> None:
    (node,) = [node for node in program.nodes(stack).values() if node.type == DISTRIBUTION]
    bare = {key: value for key, value in node.inputs.items() if key != "webAclId"}
    found = program.judge_resource(stack, node, bare, rules="waf")
    found |= program.judge_stack(stack, program.changed(stack, replace(node, inputs=bare)), rules="waf")
    assert named(found, node.urn)
