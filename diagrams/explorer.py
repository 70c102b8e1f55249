"""One HTML file to explore a graph: every resource, its inputs, what it needs and who needs it.

It loads nothing: its Content-Security-Policy names the hashes of the styles and the script that are in it.
Secrets are masked before they are written: the file tells no more than a preview prints.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import defaultdict
from html import escape
from pathlib import Path
from typing import Any

from diagrams.model import Detail, needs, picture
from diagrams.svg import render as render_svg
from offline.graph import Graph, Resource
from offline.urns import STACK_TYPE
from offline.values import ARCHIVE, ASSET, UNKNOWN, Value, mask, signature

_PAGE = Path(__file__).with_name("explorer.html")
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def render(graph: Graph, detail: Detail = "resource") -> str:
    """Return the page.

    Args:
        detail: list every resource, or the components alone.
    """
    data = json.dumps(_data(graph, detail), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    values = {
        "title": escape(f"{graph.project} {graph.stack}"),
        "picture": render_svg(picture(graph)),
        "data": data.replace("<", "\\u003c"),  # no value can end the script element
    }
    page = _PAGE.read_text(encoding="utf-8")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"style-src {_hashes(_STYLE, page + values['picture'])}",
            f"script-src {_hashes(_SCRIPT, page)}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return re.sub(r"\{\{(\w+)\}\}", lambda found: {**values, "policy": policy}[found[1]], page)


def _hashes(element: re.Pattern[str], page: str) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in element.findall(page))
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def _data(graph: Graph, detail: Detail) -> list[dict[str, Any]]:
    shown = [r for r in graph.sorted() if detail == "resource" or not r.custom]
    known = {resource.urn for resource in shown}
    found = {resource.urn: _needs(graph, resource, detail) & known for resource in shown}
    needed_by: dict[str, list[str]] = defaultdict(list)
    for urn, others in found.items():
        for other in others:
            needed_by[other].append(urn)
    return [
        {
            "urn": resource.urn,
            "type": resource.type,
            "name": resource.name,
            "parent": resource.parent,
            "component": not resource.custom,
            "provider": resource.provider.rpartition("::")[0].rpartition("::")[2],
            "source": resource.source.removeprefix("project:///"),
            "options": _options(resource),
            "inputs": _shown(mask(resource.outputs if resource.type == STACK_TYPE else resource.inputs)),
            "by": {name: urns for name, urns in resource.property_dependencies.items() if urns},
            "needs": sorted(found[resource.urn]),
            "neededBy": sorted(needed_by[resource.urn]),
        }
        for resource in shown
    ]


def _needs(graph: Graph, resource: Resource, detail: Detail) -> set[str]:
    """What a resource needs; a component, with all that is under it, of components that are not."""
    if detail == "resource":
        return needs(resource)
    inside = {r.urn for r in graph.resources.values() if resource.urn in _above(graph, r)}
    outside = {urn for member in inside for urn in needs(graph.resources[member])} - inside
    return {
        component
        for urn in outside
        if urn in graph.resources
        for component in _above(graph, graph.resources[urn])[-1:]
        if component not in _above(graph, resource)
    }


def _above(graph: Graph, resource: Resource) -> list[str]:
    """The components that a resource is in, the outermost first, itself if it is one; not the stack."""
    chain = []
    at: Resource | None = resource
    while at is not None and at.type != STACK_TYPE:
        chain.append(at.urn)
        at = graph.resources.get(at.parent)
    return [urn for urn in reversed(chain) if not graph.resources[urn].custom]


def _options(resource: Resource) -> dict[str, Any]:
    state = resource.state()
    keys = ("protect", "retainOnDelete", "aliases", "ignoreChanges", "deletedWith", "importID", "external")
    return {key: state[key] for key in keys if state.get(key)}


def _shown(value: Value) -> Value:
    """A value as a person reads it: unknown values in words, an archive as the number of its files."""
    if value == UNKNOWN:
        return "known after the update"
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        kind = signature(value)
        if kind in (ASSET, ARCHIVE):
            told = {key: value[key] for key in ("path", "uri", "hash") if value.get(key)}
            if isinstance(value.get("assets"), dict):
                told["files"] = len(value["assets"])
            return {"asset" if kind == ASSET else "archive": told}
        return {key: _shown(item) for key, item in value.items()}
    return value.replace(UNKNOWN, "<unknown>") if isinstance(value, str) else value
