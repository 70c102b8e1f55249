"""The pack compared with two public rule sets: AWS FSBP and checkov's checks for AWS.

Committed are the names of their controls and checks, and our decisions on them; `python -m
tests.policy.coverage` writes docs/policy-coverage.md from both.
"""
