"""The entry point that Pulumi runs: it builds the pack and serves it. Nothing here may print."""

import gc

from pulumi_policy import EnforcementLevel, PolicyPack, policy

from guardrails.core.once import read_once
from guardrails.pack import NAME, build_policies

read_once(policy)
policies = build_policies()
# A pack lives for one update and makes no cycles to speak of: looking for them would take half of its time.
gc.freeze()
gc.disable()
PolicyPack(name=NAME, policies=policies, enforcement_level=EnforcementLevel.MANDATORY)
