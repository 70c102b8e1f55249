"""How long an offline preview of `dev` takes, as ratios to references measured in the same run.

floor   a process that imports the SDK modules the program uses, and does nothing
mocks   a process that runs the program under `pulumi.runtime.set_mocks`
cold    `ev preview dev`, a whole process; with the pack too
warm    one more stack of a parent that has imported the SDK: fork, program, pack, result
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from bench import PACK, ROOT
from offline.config import Project
from offline.run import Options, preview_stacks
from offline.warm import modules_of, warm

STACK = "dev"
ROUNDS = 7

_IMPORT = (
    "import importlib, sys\nfor name in sys.argv[1:]: getattr(importlib.import_module(name), '__all__', None)"
)


def run() -> dict[str, float]:
    """Measure, print a line for each figure, and return them: seconds (medians) and ratios."""
    modules = [name for name in modules_of(Project.find(ROOT).program) if name.startswith("pulumi")]
    ev = ["-m", "cli", "preview", STACK]
    commands = {
        "floor_seconds": ["-c", _IMPORT, *modules],
        "mocks_seconds": ["-m", "bench.under_mocks", STACK],
        "cold_seconds": ev,
        "cold_with_pack_seconds": [*ev, "--policy-pack", str(PACK)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):  # in turns, so that a change of the machine's load meets all of them
        for name, command in commands.items():
            times[name].append(_timed(command))
    figures = {name: statistics.median(values) for name, values in times.items()}
    warm_times = json.loads(_output(["-m", "bench.preview", "--warm"]))
    figures |= {name: statistics.median(values) for name, values in warm_times.items()}
    figures |= {
        "cold_to_floor": figures["cold_seconds"] / figures["floor_seconds"],
        "cold_with_pack_to_floor": figures["cold_with_pack_seconds"] / figures["floor_seconds"],
        "cold_to_mocks": figures["cold_seconds"] / figures["mocks_seconds"],
        "cold_with_pack_to_mocks": figures["cold_with_pack_seconds"] / figures["mocks_seconds"],
    }
    for name, value in figures.items():
        print(f"preview  {name:28} {value:7.3f}")
    return figures


def _timed(arguments: Sequence[str]) -> float:
    start = time.perf_counter()
    _output(arguments)
    return time.perf_counter() - start


def _output(arguments: Sequence[str]) -> str:
    done = subprocess.run(  # noqa: S603 - this interpreter, our own commands
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def _warm_times() -> dict[str, list[float]]:
    """Time further stacks of one parent; in a process of its own, because it forks."""
    project = Project.find(ROOT)
    warm(project.program)
    times: dict[str, list[float]] = {"warm_seconds": [], "warm_with_pack_seconds": []}
    for _ in range(ROUNDS):
        for name, packs in (("warm_seconds", ()), ("warm_with_pack_seconds", (PACK,))):
            start = time.perf_counter()
            preview_stacks(project, [STACK], Options(packs=packs))
            times[name].append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    if sys.argv[1:] == ["--warm"]:
        print(json.dumps(_warm_times()))
    else:
        run()
