"""Every security-relevant property of every resource of every stack, weakened in turn: the pack must see it.

`python -m tests.policy.mutation` prints the score and the survivors, and writes docs/policy-mutation.md.
"""
