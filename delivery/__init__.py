"""What the pipeline does after `pulumi up`: canaries, smoke test, rollback; and what it says before.

`python -m delivery --help`. It reads stack outputs and AWS; it imports neither Pulumi nor the program.
"""
