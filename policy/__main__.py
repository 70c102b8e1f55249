"""The entry point that Pulumi runs: it builds the pack and serves it. Nothing here may print."""

from pulumi_policy import EnforcementLevel, PolicyPack

from guardrails.pack import NAME, build_policies

PolicyPack(name=NAME, policies=build_policies(), enforcement_level=EnforcementLevel.MANDATORY)
