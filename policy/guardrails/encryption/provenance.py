"""A key that is not known yet must come from a key.

At preview most key properties are outputs of keys still to be created. The resource rules cannot judge
those, so this rule asks where they come from: `property_dependencies` survives unknowns, `apply` and
`concat`, and tells it for each top-level property.

PASS     the property depends on a KMS key, replica key, external key or alias of this stack, or on a
         component that holds one; or its value is known and names a customer-managed key
FAIL     it depends on other resources only (a key made up from a role's ARN); or it is an output whose
         known value names no customer-managed key (what resolved to "" on `up`)
UNKNOWN  it depends on nothing in this stack: a key read with `.get()`, or one from a StackReference that
         has no outputs yet. The value is judged by the resource rule as soon as it is known, before creation.

A list is one property: of two replicas, one with a key from a key and one from a role, both pass at
preview; the value decides on `up`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, Severity

from ..core.peek import places, top_level
from ..core.rule import Outcome, StackRule, StackVerdict, Verdict
from .key_id import KeyId, classify
from .kms_keys import ALIAS, EXTERNAL, KEY, REPLICA, REPLICA_EXTERNAL
from .slots import GROUP, USE_A_KEY, KeySlot, by_type

KEY_TYPES = frozenset({KEY, REPLICA, EXTERNAL, REPLICA_EXTERNAL, ALIAS})
"""What a key's ARN, id or alias can come from."""

_NO_SOURCE = frozenset({"pulumi:pulumi:StackReference"})
"""Sources that stand for something outside the stack."""


def rule(rows: tuple[KeySlot, ...]) -> StackRule:
    """The rule over all key slots of the group."""
    index = by_type(rows)

    def judge(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
        sources = _key_sources(resources)
        for resource in resources:
            for verdict in _judge(resource, index.get(resource.resource_type, ()), sources):
                yield StackVerdict(resource.urn, verdict)

    return StackRule(
        name="encryption-key-provenance",
        group=GROUP,
        description="A key that is known only at deployment comes from a KMS key.",
        remediation="Wire the property to an output (arn, key_id, name) of an aws.kms.Key, ReplicaKey, "
        "ExternalKey or Alias.",
        severity=Severity.HIGH,
        url="https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#customer-cmk",
        types=frozenset(index),
        judge=judge,
    )


def _key_sources(resources: Sequence[PolicyResource]) -> frozenset[str]:
    """The URNs of all keys, and of the components around them: a remote component depends on itself only."""
    urns: set[str] = set()
    for resource in resources:
        node = resource if resource.resource_type in KEY_TYPES else None
        while node is not None and node.urn not in urns and node.resource_type != "pulumi:pulumi:Stack":
            urns.add(node.urn)
            node = node.parent
    return frozenset(urns)


def _judge(resource: PolicyResource, rows: tuple[KeySlot, ...], keys: frozenset[str]) -> Iterator[Verdict]:
    judged: set[str] = set()
    for row in rows:
        for path, value in places(resource.props, row.path):
            sources = resource.property_dependencies.get(top_level(path))
            if sources is None or path in judged:  # a literal, which the resource rule has judged
                continue
            judged.add(path)
            found = classify(value)
            if found is KeyId.UNKNOWN:
                yield from _judge_sources(path, sources, keys, row)
            elif found not in (KeyId.CUSTOMER, KeyId.ABSENT):
                yield Verdict(Outcome.FAIL, path, found.value, USE_A_KEY, row.control)


def _judge_sources(
    path: str, sources: Sequence[PolicyResource], keys: frozenset[str], row: KeySlot
) -> Iterator[Verdict]:
    inside = [source for source in sources if source.resource_type not in _NO_SOURCE]
    if not inside:
        reason = "comes from outside this stack and is known only at deployment"
        yield Verdict(Outcome.UNKNOWN, path, reason, USE_A_KEY, row.control)
    elif not any(source.resource_type in KEY_TYPES or source.urn in keys for source in inside):
        yield Verdict(Outcome.FAIL, path, "does not come from a KMS key", USE_A_KEY, row.control)
