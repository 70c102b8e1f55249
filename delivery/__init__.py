"""What the pipeline does after `pulumi up`: canaries, smoke test, rollback; and what it says before.

`python -m delivery --help`. It reads stack outputs and talks to AWS; Pulumi has done its part by then.
"""
