"""The stack files of the project, as configuration of a run."""

import json
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
STACKS = sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))


def stack_config(stack: str) -> dict[str, str]:
    """The configuration of a stack as Pulumi hands it to a program: every value a string."""
    document = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in document["config"].items()
    }
