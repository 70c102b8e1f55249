"""A stack's program under `set_mocks`, which a unit test would use: `python -m bench.under_mocks <stack>`."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pulumi

from offline.config import Project, load_config
from offline.invokes import policy_document
from tests.recording import Recording


class Unit(Recording):
    """The mocks of this project's own unit tests, and the policy documents that a whole stack asks for."""

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:  # noqa: ANN401 - an answer a function
        if args.token == "aws:iam/getPolicyDocument:getPolicyDocument":  # noqa: S105 - a type token
            return {**args.args, "json": policy_document(args.args)}
        return super().call(args)


def main(stack: str) -> None:
    """Run the program once, to its last resource."""
    project = Project.find(Path())
    config = load_config(project, stack)
    pulumi.runtime.set_all_config(dict(config.values), sorted(config.secret_keys))
    pulumi.runtime.set_mocks(Unit(), project=project.name, stack=stack, preview=True)

    program = str(project.program)
    run = pulumi.runtime.test(  # type: ignore[no-untyped-call]  # the SDK leaves it so
        lambda: bool(runpy.run_path(program, run_name="__main__"))
    )
    run()


if __name__ == "__main__":
    main(sys.argv[1])
