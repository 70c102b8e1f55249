"""All stacks: judged once, told as text and as the page docs/policy-mutation.md."""

from __future__ import annotations

import fcntl
import gc
import multiprocessing
import os
import pickle
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, cast

from guardrails import pack
from tests.program.graphs import shared_folder
from tests.stacks import STACKS

from .known import deployed
from .mutants import ANY
from .reasons import reason_of
from .runner import Judge, Score, Survivor
from .world import World

PAGE: Final = Path(__file__).resolve().parents[3] / "docs" / "policy-mutation.md"
_PROCESSES: Final = 2
GROUPS: Final = tuple(group.__name__.rpartition(".")[2] for group in pack.GROUPS)


@dataclass
class Report:
    """What came of all stacks. `seconds` is processor time."""

    score: Score = field(default_factory=Score)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many mutants were judged."""
        return sum(self.score.kinds.values())

    def survivors(self) -> Counter[Survivor]:
        """What survived, over all stacks."""
        found: Counter[Survivor] = Counter()
        for (_, survivor), count in self.score.survivors.items():
            found[survivor] += count
        return found

    def unexplained(self) -> Counter[Survivor]:
        """What survived without a reason: what the pack must learn to see."""
        return Counter({one: count for one, count in self.survivors().items() if not reason_of(one)})

    def percent(self, group: str) -> float:
        """The score of a group: what it saw, of all that it saw or that survived without a reason."""
        caught = self.score.caught[group]
        missed = sum(count for one, count in self.unexplained().items() if one.group in (group, ANY))
        return 100.0 * caught / (caught + missed) if caught + missed else 100.0


@cache
def report() -> Report:
    """Judge every mutant of every stack; the workers of one test run do so once."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        return _report()
    with (shared_folder(run) / "mutation").open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # the first worker judges, the others wait for it
        file.seek(0)
        if written := file.read():
            return cast("Report", pickle.loads(written))  # noqa: S301 - our own worker wrote it
        made = _report()
        file.write(pickle.dumps(made))
        return made


def _report() -> Report:
    found = Report()
    # Not forked: this process may have threads. The hub's stack comes first, because others read it.
    shares = [STACKS[first::_PROCESSES] for first in range(_PROCESSES)]
    with ProcessPoolExecutor(_PROCESSES, multiprocessing.get_context("spawn")) as pool:
        for part in pool.map(judged, shares):
            found.score.add(part.score)
            found.seconds |= part.seconds
    return found


def judged(stacks: list[str]) -> Report:
    """Judge some stacks in this process."""
    warnings.filterwarnings(
        "ignore", "coroutine .* was never awaited", RuntimeWarning
    )  # the SDK's, at the end
    gc.disable()  # graphs are long-lived: a collection would find nothing
    found = Report()
    for stack in stacks:
        start = time.process_time()
        Judge(World(stack, deployed(stack))).run(found.score)
        found.seconds[stack] = time.process_time() - start
        gc.collect()
        gc.freeze()
    return found


def text(found: Report) -> Iterator[str]:
    """The score and the survivors, line by line."""
    took = sum(found.seconds.values())
    yield f"{found.count} mutants of {len(found.seconds)} stacks in {took:.0f} s of processor time"
    for group in GROUPS:
        caught = found.score.caught[group]
        yield f"  {group:12} {found.percent(group):6.2f} %   {caught:6} seen"
    kept = found.survivors()
    missed = found.unexplained()
    yield f"{sum(kept.values()) - sum(missed.values())} survive for a reason (docs/{PAGE.name})"
    yield f"{sum(missed.values())} survive without one"
    for one, count in sorted(missed.items()):
        group = one.group or "any"
        yield f"  {count:5} {group}: {one.type} {one.place} {one.kind} {one.why}".rstrip()


def page(found: Report) -> str:
    """docs/policy-mutation.md. Kinds are counted and not mutants: one more queue changes nothing."""
    kinds = Counter(group for group, *_ in found.score.seen)
    lines = [
        "# Mutation test of the platform",
        "",
        "Each security-relevant property of each resource of each stack is weakened, one at a time, and the",
        "pack must name it by a mandatory rule of the group that it is about. Weakenings are made from what",
        "is in the resources' inputs: each value that names a KMS key, each boolean, each statement of each",
        "document, each setting with a known weak value, each guard that is a resource of its own. So a new",
        "resource is weakened without anybody adding a row. `make mutation` runs it and writes this page; a",
        "test keeps both.",
        "",
        "Resources have the values that they have on `pulumi up`, made up in AWS's forms. A kind of",
        "weakening is counted once here, however many resources have it.",
        "",
        "| group | kinds seen | score |",
        "| --- | --- | --- |",
        *(f"| {group} | {kinds[group]} | {found.percent(group):.0f} % |" for group in GROUPS),
        "",
        "## What survives, and why",
        "",
        "| type | what is weakened | why no rule need see it |",
        "| --- | --- | --- |",
        *_reasons(found),
        "",
    ]
    return "\n".join(lines)


def _reasons(found: Report) -> Iterator[str]:
    rows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in sorted(found.survivors()):
        what = f"{one.place.replace('|', '/').replace('*', chr(92) + '*')}: {one.kind}".removeprefix(": ")
        shown = rows[one.type, reason_of(one) or "**none**"]
        if what not in shown:
            shown.append(what)
    for (token, why), whats in sorted(rows.items()):
        yield f"| `{token}` | {'; '.join(whats)} | {why} |"
