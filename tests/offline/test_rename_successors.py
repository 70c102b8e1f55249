"""What became of a URN that is gone, as the rename guard sees it, and the alias that it shows."""

from pathlib import Path

import pytest

from offline.urns_report import Report, render
from tests.offline.guarding import GROUP, IN_GROUP, THING, compared, shown, urns_of

CASES = {
    "a resource with another name": (
        'Thing("old")',
        'Thing("new", opts=OPTIONS)',
        'pulumi.Alias(name="old")',
    ),
    "a resource under another component": (
        'a = Group("a")\nThing("x", opts=ResourceOptions(parent=a))',
        'a = Group("a")\nb = Group("b", None, "demo:index:Other")\n'
        'Thing("x", opts=ResourceOptions.merge(ResourceOptions(parent=b), OPTIONS))',
        'pulumi.Alias(parent=f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::demo:index:Group::a")',
    ),
    "a resource that had no parent": (
        'Thing("x")',
        'a = Group("a")\nThing("x", opts=ResourceOptions.merge(ResourceOptions(parent=a), OPTIONS))',
        "pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)",
    ),
    "a component of another type, with its children": (
        'a = Group("a", None, "demo:old:Group")\nThing("a-x", opts=ResourceOptions(parent=a))',
        'a = Group("a", OPTIONS, "demo:new:Group")\nThing("a-x", opts=ResourceOptions(parent=a))',
        'pulumi.Alias(type_="demo:old:Group")',
    ),
    "a component with another name, with the children that are named after it": (
        'a = Group("a")\nfor n in "xyz":\n    Thing(f"a-{n}", opts=ResourceOptions(parent=a))',
        'b = Group("b", OPTIONS)\nfor n in "xyz":\n    Thing(f"b-{n}", opts=ResourceOptions(parent=b))',
        'pulumi.Alias(name="a")',
    ),
    "a component with another name and type, with the children that tell it": (
        'a = Group("alpha", None, "demo:old:Group")\nThing("alpha-x", opts=ResourceOptions(parent=a))',
        'a = Group("omega", OPTIONS, "demo:index:Group")\nThing("omega-x", opts=ResourceOptions(parent=a))',
        'pulumi.Alias(name="alpha", type_="demo:old:Group")',
    ),
    "a component that is named after nothing, beside a new one that is empty": (
        'a = Group("fleet")\nThing("fleet-x", opts=ResourceOptions(parent=a))',
        'Group("fleet-2")\na = Group("armada", OPTIONS)\nThing("armada-x", opts=ResourceOptions(parent=a))',
        'pulumi.Alias(name="fleet")',
    ),
    "a resource whose name is Python of its own": (
        "Thing('a \"{quoted}\" \\\\ name')",
        'Thing("plain", opts=OPTIONS)',
        r'pulumi.Alias(name="a \"{quoted}\" \\ name")',
    ),
    "a provider with another name, with what is on it": (
        'p = DemoProvider("east")\nThing("x", opts=ResourceOptions(provider=p))',
        'p = DemoProvider("west", None, OPTIONS)\nThing("x", opts=ResourceOptions(provider=p))',
        'pulumi.Alias(name="east")',
    ),
}


@pytest.mark.parametrize(("before", "after", "alias"), CASES.values(), ids=CASES)
def test_what_is_renamed_is_refused_until_the_alias_that_is_shown_is_there(
    tmp_path: Path, before: str, after: str, alias: str
) -> None:
    listed = urns_of(tmp_path, before)
    refused = compared(tmp_path, listed, after.replace("OPTIONS", "ResourceOptions()"))
    assert refused.refused
    (options,) = {shown(gone) for gone in refused.gone}
    assert options == f"pulumi.ResourceOptions(aliases=[{alias}])"
    assert options in render(Report("dev", "demo", refused))
    covered = compared(tmp_path, listed, after.replace("OPTIONS", options))
    assert not covered.refused
    assert set(covered.renamed) == {gone.entry.urn for gone in refused.gone}


def test_names_that_are_alike_make_a_successor_of_what_was_renamed_and_moved(tmp_path: Path) -> None:
    listed = urns_of(tmp_path, 'Thing("fleet-orders-table")\nThing("zebra")')
    after = """
        a = Group("a")
        Thing("fleet-order-table", opts=ResourceOptions.merge(ResourceOptions(parent=a), OPTIONS))
        """
    refused = compared(tmp_path, listed, after.replace("OPTIONS", "ResourceOptions()"))
    orders, zebra = refused.gone
    assert zebra.successor is None
    covered = compared(tmp_path, listed, after.replace("OPTIONS", shown(orders)))
    assert [gone.entry.urn for gone in covered.gone] == [THING + "zebra"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('Thing("zebra")', 'g = Group("new")\nThing("orders", opts=ResourceOptions(parent=g))'),
        ('Thing("x")', 'Group("x")'),
        ('Group("x")', 'Thing("x")'),
        ('DemoProvider("x")', 'Group("x")'),
    ],
)
def test_what_has_too_little_in_common_is_no_successor(tmp_path: Path, before: str, after: str) -> None:
    (gone,) = compared(tmp_path, urns_of(tmp_path, before), after).gone
    assert gone.successor is None


@pytest.mark.parametrize(
    ("parent", "alias"),
    [
        ("crew", 'pulumi.Alias(name="task")'),
        # From "t", the name "task" would become "teamask": it takes the whole URN.
        (
            "t",
            'f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::demo:old:Group$demo:index:Thing::task"',
        ),
    ],
)
def test_below_a_component_that_is_another_a_child_needs_only_what_is_its_own(
    tmp_path: Path, parent: str, alias: str
) -> None:
    listed = urns_of(
        tmp_path,
        """
        a = Group("team", None, "demo:old:Group")
        Thing("team-x", opts=ResourceOptions(parent=a))
        Thing("task", opts=ResourceOptions(parent=a))
        """,
    )

    def program(of_parent: str = "ResourceOptions()", of_child: str = "ResourceOptions()") -> str:
        return f"""
            a = Group("{parent}", {of_parent}, "demo:new:Group")
            Thing("{parent}-x", opts=ResourceOptions(parent=a))
            Thing("duty", opts=ResourceOptions.merge(ResourceOptions(parent=a), {of_child}))
            """

    refused = compared(tmp_path, listed, program())
    options = {gone.entry.urn.rpartition("::")[2]: shown(gone) for gone in refused.gone}
    assert options["task"] == f"pulumi.ResourceOptions(aliases=[{alias}])"
    assert options["team-x"] == options["team"]
    assert not compared(tmp_path, listed, program(options["team"], options["task"])).refused


def test_two_children_that_claim_the_same_are_no_obstacle_to_naming_the_successor(tmp_path: Path) -> None:
    listed = urns_of(
        tmp_path, 'a = Group("a", None, "demo:old:Group")\nThing("x", opts=ResourceOptions(parent=a))'
    )
    program = """
        a = Group("a", None, "demo:new:Group")
        for name in ("y", "z"):
            Thing(name, opts=ResourceOptions(parent=a, aliases=[pulumi.Alias(name="x")]))
        """
    component = compared(tmp_path, listed, program).gone[-1]
    assert shown(component) == 'pulumi.ResourceOptions(aliases=[pulumi.Alias(type_="demo:old:Group")])'


def test_a_child_that_is_found_by_its_own_urn_covers_nothing_else(tmp_path: Path) -> None:
    listed = urns_of(
        tmp_path,
        'a = Group("a")\nfor name in ("x", "w"):\n    Thing(name, opts=ResourceOptions(parent=a))',
    )
    program = """
        b = Group("b")
        Thing("x", opts=ResourceOptions(parent=b, aliases=[pulumi.Alias(name="w")]))
        """
    gone = {found.entry.urn: found.successor for found in compared(tmp_path, listed, program).gone}
    assert gone.keys() == {GROUP + "a", IN_GROUP + "w"}
    assert gone[IN_GROUP + "w"] is None
    assert gone[GROUP + "a"] is not None
