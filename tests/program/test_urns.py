"""The lists of URNs in `urns/` are those of the program."""

import pytest

from offline.config import Project
from offline.urns_guard import compare
from offline.urns_list import is_as_written, load, load_ignored, matches
from offline.urns_report import Report, render
from tests.program.graphs import graphs
from tests.stacks import ROOT, STACKS

PROJECT = Project.find(ROOT)


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_that_a_stack_has_is_lost_and_its_list_is_up_to_date(stack: str) -> None:
    graph = graphs()[stack]
    assert not graph.failed, [d.message for d in graph.diagnostics if d.severity == "error"]
    comparison = compare(graph, load(PROJECT, stack), load_ignored(PROJECT))
    report = Report(stack, PROJECT.name, comparison, stale=not is_as_written(PROJECT, comparison.wanted))
    assert report.status == "ok", (
        f"{render(report)}\n\nWhen this is meant: ev urns write --all (with --accept-deletions for what no "
        "live stack has yet), and read the difference before you commit it"
    )


def test_the_built_pages_are_in_no_list_and_what_is_left_out_is_nothing_else() -> None:
    patterns = load_ignored(PROJECT)
    for graph in graphs().values():
        ignored = [r for r in graph.sorted() if matches(r.urn, patterns)]
        assert ignored
        for resource in ignored:
            assert resource.type == "aws:s3/bucketObjectv2:BucketObjectv2"
            assert resource.parent.split("::")[2].endswith("bluehorizons:backoffice:BackofficeSpa")
            assert resource.inputs["key"].startswith("assets/")
            assert resource.retain_on_delete
