"""Web ACLs: rules emptied, only counted, or taken away one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .mutants import Mutant
from .world import Change, Node, World

_ACL: Final = "aws:wafv2/webAcl:WebAcl"


def firewall(_world: World, node: Node) -> Iterator[Mutant]:
    """Each weakening of one web ACL."""
    if node.type != _ACL:
        return
    rules: list[dict[str, Any]] = node.inputs["rules"]

    def mutant(kind: str, found: list[dict[str, Any]], place: str = "rules") -> Mutant:
        return Mutant(kind, "waf", place, Change({**node.inputs, "rules": found}))

    yield mutant("emptied", [])
    yield mutant("all counted", [_counted(rule) for rule in rules])
    yield Mutant("removed", "waf", "rules", Change({k: v for k, v in node.inputs.items() if k != "rules"}))
    for index, rule in enumerate(rules):
        name = _name(rule)
        yield mutant("counted", [*rules[:index], _counted(rule), *rules[index + 1 :]], f"rules {name}")
        yield mutant("removed", [*rules[:index], *rules[index + 1 :]], f"rules {name}")
    other = "CLOUDFRONT" if node.inputs["scope"] == "REGIONAL" else "GLOBAL"
    yield Mutant("scope", "waf", "scope", Change({**node.inputs, "scope": other}))
    described = Change({**node.inputs, "description": "a dash \u2013 that AWS refuses"})
    yield Mutant("refused description", "waf", "description", described)


def _counted(rule: dict[str, Any]) -> dict[str, Any]:
    if "overrideAction" in rule:
        return {**rule, "overrideAction": {"count": {}}}
    return {**rule, "action": {"count": {}}}


def _name(rule: dict[str, Any]) -> str:
    """What kind of rule it is: ACLs of several endpoints have the same."""
    statement = rule["statement"]
    kind = next(iter(statement))
    return str(statement[kind].get("name") or kind)
