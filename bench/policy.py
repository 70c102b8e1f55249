"""How long the policy pack takes over the largest stack, and how that grows with resources and rules.

The pack runs in its own process through the Analyzer protocol, as Pulumi runs it: one call for each
resource and one for the stack. Timed is from the first call to the last answer; the start of the process is
not, because it loads while the program runs. `reads_each_time` is the pack without `guardrails.core.once`,
as the SDK is by itself. Seconds are medians; the reference is the preview of the same stack in the same run.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any, Final

from bench import PACK, ROOT
from guardrails.pack import ALL_RULES
from offline.analyzer import PackRun, pack_environment
from offline.config import Project
from offline.graph import Graph
from offline.policy_config import PackConfig
from offline.providers import split_reference
from offline.run import preview_in_process

STACK: Final = "prod"
ROUNDS: Final = 3
SHARES: Final = (0.25, 0.5, 1.0, 2.0)
_READ_ONCE: Final = "read_once(policy)\n"


def run() -> dict[str, float]:
    """Measure, print a line for each figure, and return them: seconds (medians) and ratios."""
    start = time.perf_counter()
    graph = preview_in_process(Project.find(ROOT), STACK).graph
    preview = time.perf_counter() - start
    figures = {
        "resources": float(len(graph.resources)),
        "rules": float(len(ALL_RULES)),
        "pack_seconds": _median(graph, {}),
    }
    for share in SHARES:
        figures[f"resources_{share:g}_seconds"] = _median(_scaled(graph, share), {})
    for share in SHARES[:-1]:
        figures[f"rules_{share:g}_seconds"] = _median(graph, _without(ALL_RULES, share))
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(copytree(PACK, Path(folder) / "pack"))
        program = (plain / "__main__.py").read_text(encoding="utf-8")
        if _READ_ONCE not in program:
            raise SystemExit(
                f"the pack's program has no line {_READ_ONCE!r}: there is nothing to compare with"
            )
        (plain / "__main__.py").write_text(program.replace(_READ_ONCE, ""), encoding="utf-8")
        figures["reads_each_time_seconds"] = _median(graph, {}, plain, rounds=1)
    figures["pack_to_preview"] = figures["pack_seconds"] / preview
    figures["milliseconds_a_resource"] = 1_000 * figures["pack_seconds"] / figures["resources"]
    figures["saved_by_reading_once"] = figures["reads_each_time_seconds"] / figures["pack_seconds"]
    for name, value in figures.items():
        print(f"policy   {name:28} {value:8.3f}")
    return figures


def _median(graph: Graph, levels: Mapping[str, Any], pack: Path = PACK, rounds: int = ROUNDS) -> float:
    return statistics.median(_timed(graph, levels, pack) for _ in range(rounds))


def _timed(graph: Graph, levels: Mapping[str, Any], pack: Path) -> float:
    """Seconds from the first resource to the report."""
    written = PackConfig.load(ROOT / f"Pulumi.{STACK}.policy.json")
    config = PackConfig({**written.entries, **levels}, written.source)
    environment = pack_environment(graph.project, graph.stack, "organization", {})
    with PackRun(pack, config, environment, fork=False) as run:
        run.wait_until_ready()
        start = time.perf_counter()
        for resource in graph.sorted():
            run.resource(resource, graph.resources.get(split_reference(resource.provider)[0]))
        report = run.finish(graph, {})
        seconds = time.perf_counter() - start
    if report.error:
        raise SystemExit(f"the pack could not be run: {report.error}")
    return seconds


def _scaled(graph: Graph, share: float) -> Graph:
    """The first part of a graph's resources, or the graph with as many again under other names."""
    scaled = Graph(graph.stack, graph.project)
    every = graph.sorted()
    for index in range(round(share * len(every))):
        resource = every[index % len(every)]
        urn = resource.urn if index < len(every) else f"{resource.urn}-again"
        scaled.resources[urn] = replace(resource, urn=urn)
    return scaled


def _without(rules: Sequence[Any], share: float) -> dict[str, str]:
    """The configuration that switches off all but the first part of the rules."""
    return {rule.name: "disabled" for rule in rules[round(share * len(rules)) :]}


if __name__ == "__main__":
    run()
