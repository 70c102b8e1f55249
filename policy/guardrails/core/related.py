"""How resources of a stack relate, as stack rules see it.

`property_dependencies` names, for each property that the program gave, the resources its value comes from.
It survives unknown values, `apply` and `concat`. A property that it does not name was not given: its
unknown value at preview is an output, and the program left the choice to AWS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pulumi_policy import PolicyResource

from .peek import MISSING, UNKNOWN, peek, top_level
from .rule import StackVerdict, Verdict

STACK = "pulumi:pulumi:Stack"
STACK_REFERENCE = "pulumi:pulumi:StackReference"


def of_types(resources: Iterable[PolicyResource], types: Iterable[str]) -> list[PolicyResource]:
    """The resources of these types, in their order."""
    wanted = frozenset(types)
    return [resource for resource in resources if resource.resource_type in wanted]


def sources(resource: PolicyResource, name: str) -> list[PolicyResource]:
    """The resources of this stack that a top-level property comes from."""
    found = resource.property_dependencies.get(name, [])
    return [source for source in found if source.resource_type != STACK_REFERENCE]


def input_of(resource: PolicyResource, path: str) -> object:
    """The value at a plain dotted path; an unknown output that the program did not give is `MISSING`."""
    value: object = resource.props
    for name in path.split("."):
        value = peek(value, name)
    if value is UNKNOWN and top_level(path) not in resource.property_dependencies:
        return MISSING
    return value


def ancestors(resource: PolicyResource) -> Iterator[PolicyResource]:
    """The components around a resource, without the stack."""
    node, seen = resource.parent, {resource.urn}
    while node is not None and node.urn not in seen and node.resource_type != STACK:
        seen.add(node.urn)
        yield node
        node = node.parent


def refers_to(
    referrer: PolicyResource,
    name: str,
    target: PolicyResource,
    alike: Sequence[PolicyResource],
    *outputs: str,
) -> bool:
    """Whether a property of `referrer` names `target` and none other of the resources `alike`.

    By where its value comes from; else, when it comes from a component around `target` that holds only one
    of them; else by its value being one of the `outputs` of `target`.
    """
    urns = {resource.urn for resource in alike}
    found = sources(referrer, name)
    direct = {source.urn for source in found} & urns
    if direct:  # several cannot be told apart, so they count for none
        return direct == {target.urn}
    around = {component.urn for component in ancestors(target)}
    for component in (source for source in found if source.urn in around):
        inside = [other for other in alike if component.urn in {c.urn for c in ancestors(other)}]
        if len(inside) == 1:
            return True
    value = peek(referrer.props, name)
    return (
        isinstance(value, str) and value != "" and value in [peek(target.props, output) for output in outputs]
    )


def told(resource: PolicyResource, verdict: Verdict) -> StackVerdict:
    """The verdict as one on this resource."""
    return StackVerdict(resource.urn, verdict)
