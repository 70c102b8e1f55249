"""Generated programs, changed in generated ways: the aliases that are shown are the ones that are needed."""

import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import given, settings, strategies as st

from offline.graph import Graph
from offline.urns_guard import Comparison, compare
from tests.offline.projects import clean, write

TYPES = ("demo:index:Group", "demo:other:Group")
# What a name must not do to the code that is shown.
WORDS = ("car", "dépôt", 'q"t', "br{a}ce", "back\\slash", "tab\tand\nline")


@dataclass(frozen=True)
class Node:
    """A resource of a generated program; `below` is the number of its parent, which comes before it."""

    name: str
    type: str
    below: int | None
    component: bool
    named_after_parent: bool


Nodes = dict[int, Node]


def name_of(nodes: Nodes, number: int) -> str:
    node = nodes[number]
    after = node.named_after_parent and node.below is not None
    return f"{name_of(nodes, node.below)}-{node.name}" if after and node.below is not None else node.name


def graph_of(nodes: Nodes, options: Mapping[str, Sequence[str]]) -> Graph:
    """Preview a program of the nodes; `options` are options to add, as code, by the resource's name."""
    lines = []
    for number, node in _in_order(nodes):
        parent = "None" if node.below is None else f"n{node.below}"
        all_options = [f"ResourceOptions(parent={parent})", *options.get(name_of(nodes, number), ())]
        merged = all_options[0]
        for each in all_options[1:]:
            merged = f"ResourceOptions.merge({merged}, {each})"
        cls, props = ("Group", "") if node.component else ("Thing", "None, ")
        lines.append(f"n{number} = {cls}({name_of(nodes, number)!r}, {props}{merged}, {node.type!r})")
    with tempfile.TemporaryDirectory() as folder:
        return clean(write(Path(folder), "\n".join(lines)).preview()).graph


def _in_order(nodes: Nodes) -> list[tuple[int, Node]]:
    """Parents before children: a resource may have moved under one that was written after it."""
    done: dict[int, Node] = {}
    while len(done) < len(nodes):
        done |= {n: node for n, node in nodes.items() if n not in done and node.below in {None, *done}}
    return list(done.items())


@st.composite
def programs(draw: st.DrawFn) -> Nodes:
    nodes: Nodes = {}
    for number in range(draw(st.integers(2, 7))):
        parents = [None, *(n for n, node in nodes.items() if node.component)]
        component = draw(st.booleans())
        nodes[number] = Node(
            name=f"{draw(st.sampled_from(WORDS))}{number}",
            type=draw(st.sampled_from(TYPES)) if component else "demo:index:Thing",
            below=draw(st.sampled_from(parents)),
            component=component,
            named_after_parent=draw(st.booleans()),
        )
    return nodes


@st.composite
def changes(draw: st.DrawFn, nodes: Nodes) -> Nodes:
    """One resource renamed, put under another parent, of another type, or wrapped in a new component."""
    number = draw(st.sampled_from(sorted(nodes)))
    node = nodes[number]
    kinds = ["rename", "reparent", "wrap", *(["retype"] if node.component else [])]
    kind = draw(st.sampled_from(kinds))
    if kind == "rename":
        return {**nodes, number: replace(node, name=f"{draw(st.sampled_from(WORDS))}-renamed{number}")}
    if kind == "retype":
        return {**nodes, number: replace(node, type="demo:index:Retyped")}
    moved = replace(node, name=name_of(nodes, number), named_after_parent=False)
    if kind == "wrap":
        wrapper = Node(f"wrapper{len(nodes)}", "demo:index:Wrapper", node.below, True, False)
        return {**nodes, len(nodes): wrapper, number: replace(moved, below=len(nodes))}
    below = {number}
    for other, candidate in _in_order(nodes):
        below |= {other} if candidate.below in below else set()
    parents = [None, *(n for n, other in nodes.items() if other.component and n not in below)]
    return {**nodes, number: replace(moved, below=draw(st.sampled_from(parents)))}


def shown(graph: Graph, comparison: Comparison) -> dict[str, list[str]]:
    """The options that are shown, by the name of the resource to give them to."""
    options: dict[str, list[str]] = defaultdict(list)
    for urn, code in sorted(
        {(g.successor.urn, g.successor.options()) for g in comparison.gone if g.successor is not None}
    ):
        options[graph.resources[urn].name].append(code)
    return options


def renamings(before: Nodes, first: Graph, after: Nodes, second: Graph) -> dict[str, str]:
    """What became of each URN, known from the numbers of the nodes."""
    old, new = ({r.name: r.urn for r in graph.resources.values()} for graph in (first, second))
    pairs = {old[name_of(before, n)]: new[name_of(after, n)] for n in before}
    return {was: now for was, now in pairs.items() if was != now}


@settings(max_examples=30)
@given(data=st.data())
def test_the_aliases_that_are_shown_for_a_change_cover_it_and_each_is_needed(data: st.DataObject) -> None:
    before = data.draw(programs())
    after = data.draw(changes(before))
    first, second = graph_of(before, {}), graph_of(after, {})
    listed = compare(first, None).wanted
    refused = compare(second, listed)
    wanted = renamings(before, first, after, second)
    assert {gone.entry.urn for gone in refused.gone} == set(wanted)
    options = shown(second, refused)
    assert len(options) == bool(wanted)  # one alias does it for all that is below
    covered = compare(graph_of(after, options), listed)
    assert not covered.refused
    assert covered.renamed == wanted

    # Once it is written, the alias may not go as if nothing had been.
    forgetful = compare(second, covered.wanted)
    assert {gone.entry.urn for gone in forgetful.gone} == set(wanted) - set(covered.wanted.current)
    assert not compare(graph_of(after, shown(second, forgetful)), covered.wanted).refused


@settings(max_examples=20)
@given(data=st.data())
def test_after_several_changes_every_alias_that_is_shown_covers_what_it_says(data: st.DataObject) -> None:
    before = data.draw(programs())
    after = data.draw(changes(before))
    after = data.draw(changes(after))
    dropped = data.draw(st.sampled_from(sorted(after)))
    if not any(node.below == dropped for node in after.values()):
        after = {number: node for number, node in after.items() if number != dropped}
    listed = compare(graph_of(before, {}), None).wanted
    second = graph_of(after, {})
    refused = compare(second, listed)
    covered = compare(graph_of(after, shown(second, refused)), listed)
    assert {gone.entry.urn for gone in covered.gone} == {
        gone.entry.urn for gone in refused.gone if gone.successor is None
    }
    assert not covered.conflicts
