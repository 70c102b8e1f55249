"""One page a component: inputs, outputs, what it makes, what that is billed by, and how it fails."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cli.docs.billed import BILLED
from cli.docs.sources import Component, Field, components
from offline.graph import Graph, Resource

HEAD = "<!-- Written by `make docs` from the code: change that. -->"


@dataclass
class Made:
    """What the stacks make of one type of component: own resources by type, components, alarms."""

    own: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    nested: set[str] = field(default_factory=set)
    alarms: set[str] = field(default_factory=set)
    stacks: set[str] = field(default_factory=set)


def pages(graphs: Mapping[str, Graph]) -> dict[str, str]:
    """The pages by file name, with an index."""
    made = look(graphs)
    described = components()
    by_token = {component.token: component for component in described}
    named = {f"{c.name}.md": _page(c, made.get(c.token, Made()), by_token, len(graphs)) for c in described}
    return {**named, "README.md": _index(described, made)}


def look(graphs: Mapping[str, Graph]) -> dict[str, Made]:
    """What each type of component makes in the stacks."""
    made: dict[str, Made] = defaultdict(Made)
    for stack, graph in graphs.items():
        owned: dict[str, list[Resource]] = defaultdict(list)
        for resource in graph.sorted():
            owner = _owner(graph, resource)
            if owner:
                owned[owner].append(resource)
        for owner, resources in owned.items():
            one = made[graph.resources[owner].type]
            one.stacks.add(stack)
            one.nested |= {r.type for r in resources if not r.custom}
            one.alarms |= {_alarm(r) for r in resources if "Alarm" in r.type.rpartition(":")[2]}
            for type_, count in Counter(r.type for r in resources if r.custom or r.remote).items():
                one.own[type_].append(count)
    return made


def _owner(graph: Graph, resource: Resource) -> str:
    """The nearest component over a resource."""
    above = graph.resources.get(resource.parent)
    while above is not None and above.custom:
        above = graph.resources.get(above.parent)
    return above.urn if above is not None else ""


def _alarm(resource: Resource) -> str:
    """What an alarm says; the names of one function, table or client in it are left out."""
    text = str(resource.inputs.get("alarmDescription") or "")
    return re.sub(r"\s*[:,] [^ ]+$", "", text).strip()


def _page(component: Component, made: Made, by_token: Mapping[str, Component], stacks: int) -> str:
    return "\n".join(
        line.rstrip()
        for line in [
            HEAD,
            f"# {component.name}",
            "",
            component.about,
            "",
            f"`{component.token}`, in `{component.file}`; {_where(made, stacks)}.",
            *_inputs(component),
            *_outputs(component),
            *_makes(made, by_token),
            *_failures(component, made),
            "",
            "[All components](README.md)",
            "",
        ]
    )


def _where(made: Made, stacks: int) -> str:
    if not made.stacks:
        return "no stack of this repository has it: it is behind a switch of the configuration"
    if len(made.stacks) == stacks:
        return "every stack has it"
    return f"in {', '.join(f'`{stack}`' for stack in sorted(made.stacks))}"


def _inputs(component: Component) -> Iterator[str]:
    if not component.inputs:
        return
    yield from ("", "## Inputs", "")
    if component.inputs_about:
        yield from (component.inputs_about, "")
    yield from ("| input | type | default |", "| --- | --- | --- |")
    for each in component.inputs:
        default = _code(each.default) if each.default else "required"
        yield f"| `{each.name}` | {_code(each.type)} | {default} |"


def _outputs(component: Component) -> Iterator[str]:
    if component.outputs:
        yield from (
            "",
            "## Outputs",
            "",
            "| output | type |",
            "| --- | --- |",
            *map(_output, component.outputs),
        )


def _output(each: Field) -> str:
    return f"| `{each.name}` | {_code(each.type)} |"


def _makes(made: Made, by_token: Mapping[str, Component]) -> Iterator[str]:
    own = {type_: counts for type_, counts in made.own.items() if type_ not in by_token}
    nested = sorted(by_token[token].name for token in made.nested if token in by_token)
    if not own and not nested:
        return
    yield from ("", "## What it makes, and what that is billed by", "")
    if nested:
        yield f"Components: {', '.join(f'[{name}]({name}.md)' for name in nested)}."
    if own and nested:
        yield ""
    if own:
        yield from ("| resource | in each | billed by |", "| --- | --- | --- |")
    for type_, counts in sorted(own.items(), key=lambda item: (item[0] not in BILLED, item[0])):
        least, most = min(counts), max(counts)
        number = str(least) if least == most else f"{least} to {most}"
        yield f"| `{type_}` | {number} | {BILLED.get(type_, '')} |"


def _failures(component: Component, made: Made) -> Iterator[str]:
    alarms = sorted(alarm for alarm in made.alarms if alarm)
    if not alarms and not component.refuses:
        return
    yield from ("", "## How it fails")
    if component.refuses:
        yield from ("", "Refused before anything is made:", "")
        yield from (f"- {_escaped(message)}" for message in component.refuses)
    if alarms:
        yield from ("", "Told by alarms:", "")
        yield from (f"- {_escaped(alarm)}" for alarm in alarms)


def _index(described: Iterable[Component], made: Mapping[str, Made]) -> str:
    lines = [
        HEAD,
        "# Components",
        "",
        "One page each: inputs, outputs, what it makes, what that is billed by, how it fails. The prices",
        "of a Region are in AWS's calculator; here are the dimensions to ask it for.",
        "",
        "| component | is | makes |",
        "| --- | --- | --- |",
    ]
    for component in described:
        own = made[component.token].own if component.token in made else {}
        number = len([type_ for type_ in own if not type_.startswith("bluehorizons:")])
        first = component.about.split("\n\n")[0].replace("\n", " ")
        sentence = re.split(r"(?<=[.:]) ", first)[0].rstrip(":")
        what = f"{number} kinds of resource" if number != 1 else "1 kind of resource"
        lines.append(
            f"| [{component.name}]({component.name}.md) | {_escaped(sentence)} | {what if own else ''} |"
        )
    return "\n".join([*lines, ""])


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
