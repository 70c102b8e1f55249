"""The entry point that Pulumi runs: it builds the pack and serves it. Nothing here may print."""

from pulumi_policy import EnforcementLevel, PolicyPack, policy

from guardrails.core.once import read_once
from guardrails.pack import NAME, build_policies

read_once(policy)
PolicyPack(name=NAME, policies=build_policies(), enforcement_level=EnforcementLevel.MANDATORY)
