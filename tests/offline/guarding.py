"""Small programs compared with lists of URNs, for the tests of the rename guard."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from offline.graph import Graph
from offline.urns_guard import Comparison, Gone, compare
from offline.urns_list import UrnList, matches
from tests.offline.projects import clean, write

THING = "urn:pulumi:dev::demo::demo:index:Thing::"
IN_GROUP = "urn:pulumi:dev::demo::demo:index:Group$demo:index:Thing::"
GROUP = "urn:pulumi:dev::demo::demo:index:Group::"


def graph_of(folder: Path, program: str) -> Graph:
    """What a program registers in stack dev of project demo."""
    # A folder for each: Python takes a file that changes within a second and keeps its size for the same.
    return clean(write(Path(tempfile.mkdtemp(dir=folder)), program).preview()).graph


def urns_of(folder: Path, program: str) -> UrnList:
    """The list that a program's first writing gives."""
    return compare(graph_of(folder, program), None).wanted


def compared(
    folder: Path,
    listed: UrnList,
    program: str,
    *,
    ignored: Sequence[str] = (),
    accept: Sequence[str] = (),
) -> Comparison:
    """A program compared with a list."""
    return compare(graph_of(folder, program), listed, ignored, lambda urn: matches(urn, accept))


def shown(gone: Gone) -> str:
    """The options that are shown for what is gone."""
    assert gone.successor is not None, gone
    return gone.successor.options()
