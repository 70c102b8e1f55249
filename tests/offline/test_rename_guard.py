"""What the rename guard makes of a changed program: what is gone, what an alias covers, what is accepted."""

from pathlib import Path

from offline.urns_command import Acceptance
from offline.urns_guard import Comparison
from offline.urns_report import Report, render
from tests.offline.guarding import GROUP, IN_GROUP, THING, compared, shown, urns_of


def text_of(comparison: Comparison) -> str:
    return render(Report("dev", "demo", comparison, stale=True))


def test_a_deletion_is_refused_and_accepted_by_its_urn_a_glob_or_all_together(tmp_path: Path) -> None:
    listed = urns_of(tmp_path, 'Thing("kept")\nThing("a-1")\nThing("a-2")\nThing("b")')
    program = 'Thing("kept")'
    assert [gone.entry.urn for gone in compared(tmp_path, listed, program).gone] == [
        THING + "a-1",
        THING + "a-2",
        THING + "b",
    ]
    assert compared(tmp_path, listed, program, accept=[THING + "b", "*::a-1"]).refused
    accepted = compared(tmp_path, listed, program, accept=[THING + "b", "*::a-*"])
    assert not accepted.refused
    assert list(accepted.wanted.entries) == [THING + "kept"]
    assert Acceptance(all=True)(THING + "b")
    assert not Acceptance()(THING + "b")


def test_what_is_new_is_not_refused_and_belongs_into_the_list(tmp_path: Path) -> None:
    listed = urns_of(tmp_path, 'Thing("a")')
    found = compared(tmp_path, listed, 'Thing("a")\nThing("b")')
    assert not found.refused
    assert found.new == [THING + "b"]
    assert list(found.wanted.entries) == [THING + "a", THING + "b"]


def test_neither_the_stack_nor_what_is_read_nor_default_providers_are_listed(tmp_path: Path) -> None:
    program = (
        'Thing("a", opts=ResourceOptions(version="VERSION"))\nThing("b", opts=ResourceOptions(id="i-1"))'
    )
    listed = urns_of(tmp_path, program.replace("VERSION", "1.0.0"))
    assert list(listed.entries) == [THING + "a"]
    upgraded = compared(tmp_path, listed, program.replace("VERSION", "2.0.0"))
    assert upgraded.wanted == listed


def test_what_is_only_read_from_now_on_is_gone(tmp_path: Path) -> None:
    listed = urns_of(tmp_path, 'Thing("a")')
    (gone,) = compared(tmp_path, listed, 'Thing("a", opts=ResourceOptions(id="i-1"))').gone
    assert gone.read
    assert "only read now" in text_of(
        compared(tmp_path, listed, 'Thing("a", opts=ResourceOptions(id="i-1"))')
    )


def test_a_resource_on_another_provider_is_refused_and_accepted_like_a_deletion(tmp_path: Path) -> None:
    program = 'a, b = DemoProvider("a"), DemoProvider("b")\nThing("x", opts=ResourceOptions(PROVIDER))'
    listed = urns_of(tmp_path, program.replace("PROVIDER", "provider=a"))
    for provider, to in (("provider=b", "demo::b"), ("", "demo::default")):
        refused = compared(tmp_path, listed, program.replace("PROVIDER", provider))
        (moved,) = refused.moved
        assert (moved.entry.provider, moved.provider, refused.refused) == ("demo::a", to, True)
        assert THING + "x" in text_of(refused)
        accepted = compared(tmp_path, listed, program.replace("PROVIDER", provider), accept=[THING + "x"])
        assert not accepted.refused
        assert accepted.wanted.entries[THING + "x"].provider == to


def test_the_loss_of_what_is_protected_is_said_louder(tmp_path: Path) -> None:
    before = 'Thing("a")\nThing("ledger", opts=ResourceOptions(protect=True))'
    listed = urns_of(tmp_path, before)
    quiet = compared(tmp_path, listed, before.replace('Thing("a")', ""))
    assert "PROTECTED" not in text_of(quiet)
    for accept in ([], ["*"]):
        loud = compared(tmp_path, listed, 'Thing("a")', accept=accept)
        assert [gone.entry.protected for gone in loud.gone] == [True]
        assert "PROTECTED" in text_of(loud)
    renamed = compared(tmp_path, listed, 'Thing("a")\nThing("book", opts=ResourceOptions(protect=True))')
    assert "PROTECTED" in text_of(renamed)


def test_taking_protection_away_is_a_change_of_the_list_and_refused_by_nobody(tmp_path: Path) -> None:
    listed = urns_of(tmp_path, 'Thing("a", opts=ResourceOptions(protect=True))')
    found = compared(tmp_path, listed, 'Thing("a")')
    assert (found.refused, found.changed) == (False, [THING + "a"])
    assert found.wanted != listed


def test_ignored_urns_are_neither_listed_nor_missed(tmp_path: Path) -> None:
    ignored = ["*$demo:index:Thing::page-*"]
    before = 'g = Group("g")\nfor n in (1, 2):\n    Thing(f"page-{n}", opts=ResourceOptions(parent=g))'
    listed = urns_of(tmp_path, before)
    first = compared(tmp_path, listed, before, ignored=ignored)
    assert (list(first.wanted.entries), first.ignored) == ([GROUP + "g"], 2)
    second = compared(tmp_path, listed, 'Group("g")', ignored=ignored)
    assert not second.gone


def test_an_alias_does_not_cover_what_the_stack_has_beside_the_resource(tmp_path: Path) -> None:
    # The engine finds the resource by its own URN first, and deletes the other one.
    listed = urns_of(tmp_path, 'Thing("a")\nThing("b")')
    merged = compared(tmp_path, listed, 'Thing("b", opts=ResourceOptions(aliases=[pulumi.Alias(name="a")]))')
    assert [gone.entry.urn for gone in merged.gone] == [THING + "a"]


def test_two_resources_that_claim_one_urn_are_refused(tmp_path: Path) -> None:
    listed = urns_of(tmp_path, 'Thing("a")')
    alias = 'opts=ResourceOptions(aliases=[pulumi.Alias(name="a")])'
    for program in (
        f'Thing("b", {alias})\nThing("c", {alias})',
        f'Thing("b", {alias})\nThing("a")',
        f'Thing("a", opts=ResourceOptions(id="i-1"))\nThing("b", {alias})',
    ):
        found = compared(tmp_path, listed, program)
        assert [conflict.urn for conflict in found.conflicts] == [THING + "a"]
        assert found.refused
        assert "both claim" in text_of(found)


def test_a_parent_that_is_found_by_its_own_urn_hands_no_alias_down(tmp_path: Path) -> None:
    listed = urns_of(tmp_path, 'g = Group("new")\nThing("old-x", opts=ResourceOptions(parent=g))')
    program = """
        g = Group("new", ResourceOptions(aliases=[pulumi.Alias(name="old")]))
        Thing("new-x", opts=ResourceOptions(parent=g))
        """
    (gone,) = compared(tmp_path, listed, program).gone
    assert gone.entry.urn == IN_GROUP + "old-x"


def test_an_alias_of_a_child_counts_under_the_former_parent_too(tmp_path: Path) -> None:
    listed = urns_of(
        tmp_path,
        'a = Group("a", None, "demo:old:Group")\nThing("first", opts=ResourceOptions(parent=a))',
    )
    program = """
        a = Group("a", ResourceOptions(aliases=[pulumi.Alias(type_="demo:old:Group")]), "demo:new:Group")
        Thing("second", opts=ResourceOptions(parent=a, aliases=[ALIAS]))
        """
    for alias in (
        'pulumi.Alias(name="first")',
        "pulumi.Alias(name='first', parent=a)",
        '"urn:pulumi:dev::demo::demo:old:Group$demo:index:Thing::first"',
        '"urn:pulumi:dev::demo::any:thing:Other$demo:index:Thing::first"',
    ):
        assert not compared(tmp_path, listed, program.replace("ALIAS", alias)).gone
    assert compared(tmp_path, listed, program.replace("ALIAS", 'pulumi.Alias(name="third")')).gone


def test_the_former_parent_in_an_alias_is_that_under_its_own_former_name(tmp_path: Path) -> None:
    listed = urns_of(
        tmp_path, 'a = Group("a", None, "demo:old:Group")\nThing("x", opts=ResourceOptions(parent=a))'
    )
    program = """
        a = Group("a", ResourceOptions(aliases=[pulumi.Alias(type_="demo:old:Group")]), "demo:new:Group")
        Thing("x", opts=ResourceOptions(aliases=[pulumi.Alias(parent=a)]))
        """
    assert not compared(tmp_path, listed, program).gone


def test_a_former_name_that_is_used_again_is_current(tmp_path: Path) -> None:
    aliased = 'Thing("b", opts=ResourceOptions(aliases=[pulumi.Alias(name="a")]))'
    written = compared(tmp_path, urns_of(tmp_path, 'Thing("a")'), aliased).wanted
    again = compared(tmp_path, written, f'{aliased}\nThing("a")')
    assert not again.refused
    assert list(again.wanted.current) == [THING + "a", THING + "b"]


def test_a_former_name_stays_in_the_list_until_somebody_accepts_that_its_alias_goes(tmp_path: Path) -> None:
    aliased = 'Thing("b", opts=ResourceOptions(aliases=[pulumi.Alias(name="a")]))'
    written = compared(tmp_path, urns_of(tmp_path, 'Thing("a")'), aliased).wanted
    assert [(entry.urn, entry.now) for entry in written.entries.values()] == [
        (THING + "a", "demo:index:Thing::b"),
        (THING + "b", ""),
    ]
    assert compared(tmp_path, written, aliased).wanted == written
    refused = compared(tmp_path, written, 'Thing("b")')
    (gone,) = refused.gone
    assert shown(gone) == 'pulumi.ResourceOptions(aliases=[pulumi.Alias(name="a")])'
    assert "taken away" in text_of(refused)
    accepted = compared(tmp_path, written, 'Thing("b")', accept=[THING + "a"])
    assert not accepted.refused
    assert list(accepted.wanted.entries) == [THING + "b"]


def test_all_former_names_are_kept_when_a_resource_is_renamed_again(tmp_path: Path) -> None:
    def thing(name: str, *former: str) -> str:
        aliases = ", ".join(f'pulumi.Alias(name="{each}")' for each in former)
        return f'Thing("{name}", opts=ResourceOptions(aliases=[{aliases}]))'

    twice = compared(tmp_path, urns_of(tmp_path, thing("a")), thing("b", "a")).wanted
    thrice = compared(tmp_path, twice, thing("c", "b", "a"))
    assert not thrice.refused
    assert {entry.now for entry in thrice.wanted.former.values()} == {"demo:index:Thing::c"}
    assert set(thrice.wanted.former) == {THING + "a", THING + "b"}
    assert not compared(tmp_path, thrice.wanted, thing("c", "b", "a")).refused
    (gone,) = compared(tmp_path, thrice.wanted, thing("c", "b")).gone
    assert (gone.entry.urn, shown(gone)) == (
        THING + "a",
        'pulumi.ResourceOptions(aliases=[pulumi.Alias(name="a")])',
    )
    back = compared(tmp_path, twice, thing("a", "b"))
    assert not back.refused
    assert (list(back.wanted.current), list(back.wanted.former)) == ([THING + "a"], [THING + "b"])


def test_the_text_counts_what_is_below_and_what_a_renamed_provider_serves(tmp_path: Path) -> None:
    before = """
        east = DemoProvider("east")
        team = Group("team", ResourceOptions(providers=[east]))
        for name in "abc":
            Thing(f"team-{name}", opts=ResourceOptions(parent=team))
        for name in "xy":
            Thing(name, opts=ResourceOptions(provider=east))
        """
    after = """
        west = DemoProvider("west")
        for name in "xy":
            Thing(name, opts=ResourceOptions(provider=west))
        """
    found = compared(tmp_path, urns_of(tmp_path, before), after)
    text = text_of(found)
    assert f"{GROUP}team  and 3 below it" in text
    assert IN_GROUP not in text
    assert "the provider of 2 resources stays the same" in text
    assert "from provider" not in text
