"""`ev urns check` and `ev urns write`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from offline.config import Project
from offline.run import Options, preview_stacks
from offline.urns_guard import compare
from offline.urns_list import is_as_written, load, load_ignored, matches, save
from offline.urns_report import Report


@dataclass(frozen=True)
class Acceptance:
    """The deletions that are meant: globs or URNs, or all of them."""

    patterns: Sequence[str] = ()
    all: bool = False

    def __call__(self, urn: str) -> bool:
        """Whether the deletion of a URN is accepted."""
        return self.all or matches(urn, self.patterns)


def guard(
    project: Project,
    stacks: Sequence[str],
    options: Options,
    *,
    write: bool = False,
    accepts: Callable[[str], bool] = Acceptance(),
    progress: Callable[[str, str], None] = lambda _stack, _state: None,
) -> dict[str, Report]:
    """Compare stacks with their lists and return the reports by stack.

    Args:
        write: bring the lists of those stacks up to date in which nothing is refused.

    Raises:
        UsageError: a list, the patterns of `urns/ignore`, a file or an option is wrong; nothing was run.
    """
    ignored = load_ignored(project)
    lists = {stack: load(project, stack) for stack in stacks}
    results = preview_stacks(project, stacks, options, progress)
    reports = {}
    for stack, result in results.items():
        graph = result.graph
        if graph.failed:
            report = Report(stack, project.name, diagnostics=graph.diagnostics)
        else:
            comparison = compare(graph, lists[stack], ignored, accepts)
            stale = not is_as_written(project, comparison.wanted)
            report = Report(stack, project.name, comparison, stale)
            if write and stale and not comparison.refused:
                save(project, comparison.wanted)
                report = replace(report, stale=False, written=True)
        reports[stack] = report
    return reports
