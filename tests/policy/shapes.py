"""Resources as the policy SDK hands them over, and compliant ones made from the pack's own tables."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from pulumi_policy import PolicyCustomTimeouts, PolicyResource, PolicyResourceOptions
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from guardrails.core.peek import EACH
from guardrails.core.rule import Outcome, Resource, ResourceRule, StackRule
from guardrails.encryption.slots import KeySlot

UNKNOWN = UNKNOWN_STRING_VALUE
"""How Pulumi writes an unknown value on the wire."""

KEY_ARN = "arn:aws:kms:ap-southeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def wrapped(props: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties in the SDK's own proxies, after its own deserialization."""
    plain = deserialize_properties(copy.deepcopy(dict(props)))
    return cast(Mapping[str, Any], unknown_checking_proxy(plain))


def resource(
    token: str,
    props: Mapping[str, Any],
    name: str = "x",
    provider: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
) -> Resource:
    """A resource as a resource rule sees it; `config` are the rule's settings."""
    return Resource(token, urn_of(token, name), wrapped(props), wrapped(provider or {}), config or {})


def outcomes(rule: ResourceRule, found: Resource) -> dict[str, Outcome]:
    """What a rule says of a resource, by path."""
    return {verdict.path: verdict.outcome for verdict in rule.judge(found)}


def failures(rule: ResourceRule, found: Resource) -> set[str]:
    """The paths at which a rule fails a resource."""
    return {path for path, outcome in outcomes(rule, found).items() if outcome is Outcome.FAIL}


def stack_outcomes(rule: StackRule, resources: Iterable[PolicyResource]) -> dict[str, Outcome]:
    """What a stack rule says of resources, by their name."""
    return {found.urn.rsplit("::", 1)[1]: found.verdict.outcome for found in rule.judge(list(resources))}


def urn_of(token: str, name: str) -> str:
    """The URN of a resource right below the stack."""
    return f"urn:pulumi:test::pack::{token}::{name}"


def in_stack(
    token: str,
    props: Mapping[str, Any] | None = None,
    name: str = "x",
    sources: Mapping[str, Sequence[PolicyResource]] | None = None,
    parent: PolicyResource | None = None,
) -> PolicyResource:
    """A resource as a stack rule sees it; `sources` says where each top-level property is from."""
    options = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], None)
    dependencies = {key: list(value) for key, value in (sources or {}).items()}
    every = [source for values in dependencies.values() for source in values]
    urn = urn_of(token, name)
    proxied = cast("dict[str, Any]", wrapped(props or {}))
    return PolicyResource(token, proxied, urn, name, options, None, parent, every, dependencies)


def put(props: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Set the value at a path in the pack's notation, making blocks and one-element lists on the way."""
    here: Any = props
    segments = path.split(".")
    for index, segment in enumerate(segments):
        name, last = segment.removesuffix(EACH), index == len(segments) - 1
        if segment.endswith(EACH):
            found = here.setdefault(name, [{}])
            if last:
                here[name] = [value]
            here = found[0]
        elif last:
            here[name] = value
        else:
            here = here.setdefault(name, {})
    return props


def drop(props: dict[str, Any], path: str) -> dict[str, Any]:
    """Remove what is at a path; nothing happens when it is not there."""
    here: Any = props
    *way, last = path.split(".")
    for segment in way:
        here = here.get(segment.removesuffix(EACH), {})
        here = here[0] if isinstance(here, list) else here
    here.pop(last.removesuffix(EACH), None)
    return props


def compliant(row: KeySlot) -> dict[str, Any]:
    """Inputs to which a row applies and which satisfy it."""
    props: dict[str, Any] = {}
    put(props, row.path, KEY_ARN)
    for setting in row.settings:
        put(props, f"{row.block}.{setting.path}" if row.block else setting.path, setting.values[0])
    for condition in row.when:
        if not condition.negated and row.applies(props) is False:
            put(props, condition.path, condition.values[0] if condition.values else "given")
    return props
