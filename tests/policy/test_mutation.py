"""Every weakening of every resource of every stack is seen by the pack, or survives for a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from guardrails.core.rule import Outcome, Resource
from guardrails.pack import RULES
from offline.analyzer import PackReport, PackRun, pack_environment
from offline.graph import Graph, Resource as Node
from offline.policy_config import PackConfig
from offline.values import UNKNOWN
from tests.policy import program, sdk, shapes
from tests.policy.mutation.known import deployed
from tests.policy.mutation.leaves import GONE, leaves, put
from tests.policy.mutation.mutants import ANY, Mutant
from tests.policy.mutation.reasons import REASONS
from tests.policy.mutation.report import GROUPS, PAGE, page, report
from tests.policy.mutation.runner import GROUP_OF, MUTATORS, Judge
from tests.policy.mutation.settings import ROWS
from tests.policy.mutation.untouched import SPEAKS, UNTOUCHED
from tests.policy.mutation.world import RESOURCE_RULES, Change, World
from tests.stacks import STACKS


@pytest.fixture(scope="module")
def world() -> World:
    return World("dev", deployed("dev"))


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_sees_every_weakening_that_is_its_own(group: str) -> None:
    missed = {one: count for one, count in report().unexplained().items() if one.group in (group, ANY)}
    assert missed == {}
    assert report().percent(group) == 100
    assert report().score.caught[group] > 100


def test_every_stack_was_weakened_by_every_mutator() -> None:
    assert set(report().seconds) == set(STACKS)
    assert {mutator.__name__ for mutator in MUTATORS} == set(report().score.kinds)
    assert report().count > 100_000


def test_the_page_is_as_the_mutants_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(report()), "run `make mutation`"


def test_every_reason_is_needed() -> None:
    kept = report().survivors()
    assert [reason for reason in REASONS if not any(reason.fits(one) for one in kept)] == []


def test_every_setting_of_the_table_is_somewhere_in_the_program() -> None:
    tried = {(place, kind) for _, _, place, kind in report().score.seen}
    tried |= {(one.place, one.kind) for one in report().survivors()}
    places = {place.replace("[]", "") for place, _ in tried}
    assert [
        row.suffix for row in ROWS if not any(p == row.suffix or p.endswith(f".{row.suffix}") for p in places)
    ] == []


def test_every_type_that_speaks_of_security_was_weakened_or_has_a_reason() -> None:
    used = {node.type for stack in ("dev", "prod") for node in deployed(stack).resources.values()}
    speaking = {
        token
        for token in used
        if token.startswith("aws:")
        and any(SPEAKS.search(path.rsplit(".", 1)[-1]) for path in sdk.input_paths(token))
    }
    assert len(speaking) > 40
    assert speaking - report().score.touched - UNTOUCHED.keys() == set()
    assert UNTOUCHED.keys() <= speaking - report().score.touched


def test_a_pack_that_is_blind_is_found_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = next(node for node in world.by_type["aws:sqs/queue:Queue"] if "kmsMasterKeyId" in node.inputs)
    mutant = Mutant(
        "key removed", "encryption", "kmsMasterKeyId", Change(put(queue.inputs, ("kmsMasterKeyId",), GONE))
    )
    assert {rule for rule, _ in Judge(world).seen(queue, mutant)} == {"encryption-messaging"}
    monkeypatch.setattr(world, "failing_resource", lambda *_: set())
    assert Judge(world).seen(queue, mutant) == set()


def _sample(world: World) -> Iterator[tuple[Node, Mutant]]:
    """One mutant of each type, place and kind."""
    done: set[tuple[str, str, str]] = set()
    for node in world.nodes.values():
        for mutator in MUTATORS:
            for mutant in mutator(world, node):
                key = (node.type, mutant.place, mutant.kind)
                if key not in done:
                    done.add(key)
                    yield node, mutant


def test_what_is_weak_and_unknown_waits_and_does_not_pass(world: World) -> None:
    """Put an unknown value where a weak one was seen: the same rule must say that it cannot tell yet."""
    silent, asked = set(), 0
    for node, mutant in _sample(world):
        inputs = mutant.change.inputs
        if inputs is None or mutant.change.new or not node.type.startswith("aws:"):
            continue
        before, after = dict(leaves(node.inputs)), dict(leaves(inputs))
        ways = [way for way in before if before[way] != after.get(way)]
        if len(ways) != 1 or before.keys() != after.keys() or not after[ways[0]]:
            continue
        weak = world.failing_resource(node, inputs, world.provider_of(node), RESOURCE_RULES)
        for name, path in weak - world.failing_now(node):
            if mutant.group not in (ANY, GROUP_OF[name]):
                continue
            asked += 1
            if name not in _telling(world, node, shapes.wrapped(put(node.inputs, ways[0], UNKNOWN))):
                silent.add((name, node.type, path))
    assert asked > 200
    assert silent == set()


def _telling(world: World, node: Node, inputs: Any) -> set[str]:
    provider = world.provider_of(node)
    return {
        rule.name
        for rule in RESOURCE_RULES
        if rule.concerns(node.type)
        for verdict in rule.judge(
            Resource(node.type, node.urn, inputs, provider, program.settings_of(world.stack, rule.name))
        )
        if verdict.outcome in (Outcome.FAIL, Outcome.UNKNOWN)
    }


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_the_pack_names_a_mutant_of_each_kind_through_the_protocol(world: World, dry_run: str) -> None:
    graph = Graph("dev", "blue-horizons")
    expected: dict[str, set[str]] = {}
    providers: dict[str, Node | None] = {}
    for node, mutant in _sample(world):
        change = mutant.change
        if change.gone or change.sources or change.new or mutant.group in ("tags", "residency"):
            continue
        seen = {
            rule
            for rule, _ in world.failing_resource(
                node, change.inputs or node.inputs, world.provider_of(node), RESOURCE_RULES
            )
            - world.failing_now(node)
        }
        if seen:
            urn = f"{node.urn}-{len(expected)}"
            graph.resources[urn] = replace(node, urn=urn, inputs=dict(change.inputs or node.inputs))
            expected[urn] = seen
            providers[urn] = world.nodes.get(node.provider.rpartition("::")[0])
    assert len(expected) > 400
    told = _told(graph, providers, dry_run)
    missed = {(urn, rule) for urn, rules in expected.items() for rule in rules} - told
    assert missed == set()


def _told(graph: Graph, providers: dict[str, Node | None], dry_run: str) -> set[tuple[str, str]]:
    environment = {**pack_environment("blue-horizons", "dev", "test", {}), "PULUMI_DRY_RUN": dry_run}
    settings = json.loads((program.ROOT / "Pulumi.dev.policy.json").read_text(encoding="utf-8"))
    config = PackConfig({"residency-regions": settings["residency-regions"]}, "test")
    with PackRun(program.PACK, config, environment, fork=False) as run:
        for node in graph.sorted():
            run.resource(node, providers.get(node.urn))
        found: PackReport = run.finish(graph, {})
    assert found.error == ""
    return {(one.urn, one.policy) for one in found.violations if one.level == "mandatory"}


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_the_pack_misses_guards_through_the_protocol(world: World, dry_run: str) -> None:
    """One guard of each type is gone at once: whoever it guarded is named."""
    judge = Judge(world)
    gone: set[str] = set()
    wanted: set[tuple[str, str]] = set()
    for node, mutant in _sample(world):
        if mutant.change.gone and mutant.blamed and not {node.urn, *mutant.blamed} & gone:
            seen = {(urn, rule) for rule, urn in judge.seen(node, mutant)}
            if seen:
                gone.add(node.urn)
                wanted |= seen
    assert len(gone) > 10
    nodes = {urn: node for urn, node in program.nodes("dev").items() if urn not in gone}
    graph = Graph("dev", "blue-horizons", resources=dict(nodes))
    told = _told(
        graph, {urn: nodes.get(node.provider.rpartition("::")[0]) for urn, node in nodes.items()}, dry_run
    )
    assert wanted - told == set()


def test_every_rule_of_a_group_is_in_it() -> None:
    assert {rule.name for rule in RULES} == set(GROUP_OF)
