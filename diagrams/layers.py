"""A layered layout (Sugiyama, Tagawa and Toda 1981): who needs stands above what it needs.

Lengths are in pixels, (0, 0) is the upper left corner. A long arrow has a lane of its own in every layer that
it passes: none runs through a box.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

Size = tuple[float, float]
Point = tuple[float, float]
Edge = tuple[str, str]

LANE: Final = 10.0
GAP: Final = 26.0
LAYER_GAP: Final = 64.0
_SWEEPS: Final = 24


@dataclass(frozen=True)
class Layout:
    """Where each box's upper left corner is, and through which points each arrow goes, from top to bottom."""

    places: dict[str, Point]
    routes: dict[Edge, list[Point]]
    size: Size


def lay_out(sizes: Mapping[str, Size], edges: Iterable[Edge], width: float) -> Layout:
    """Lay out boxes.

    Args:
        sizes: the width and height of each box.
        edges: (who needs, what is needed); a circle is broken by turning one of its arrows.
        width: what a layer's boxes may take; a wider layer becomes two.
    """
    edges = sorted(edges)
    down = _acyclic(sorted(sizes), edges)
    ranks = _ranks(sizes, down, width)
    layers, chains = _lanes(ranks, down)
    _order(layers, chains)
    widths = {name: sizes[name][0] if name in sizes else LANE for layer in layers for name in layer}
    x = _across(layers, chains, widths)
    tops, bottoms = _heights(layers, sizes)
    places = {name: (x[name], tops[ranks[name]]) for name in sizes}
    routes = _routes(chains, ranks, x, widths, sizes, tops, bottoms)
    right = max((x[n] + widths[n] for layer in layers for n in layer), default=0.0)
    turned = {edge: routes[edge] if edge in down else routes[edge[::-1]][::-1] for edge in edges}
    return Layout(places, turned, (right, bottoms[-1] if bottoms else 0.0))


def _acyclic(names: Sequence[str], edges: Sequence[Edge]) -> set[Edge]:
    """Return the edges with those that close a circle turned round."""
    needed: dict[str, list[str]] = defaultdict(list)
    for a, b in edges:
        needed[a].append(b)
    done: set[str] = set()
    path: set[str] = set()
    down: set[Edge] = set()

    def visit(name: str) -> None:
        path.add(name)
        for other in needed[name]:
            down.add((other, name) if other in path else (name, other))
            if other not in done and other not in path:
                visit(other)
        path.discard(name)
        done.add(name)

    for name in names:
        if name not in done:
            visit(name)
    return down


def _ranks(sizes: Mapping[str, Size], down: set[Edge], width: float) -> dict[str, int]:
    """The layer of each box, 0 at the top; boxes without arrows fill the layers that have most room."""
    needed, needing = _neighbours(down)
    height: dict[str, int] = {}

    def depth(name: str) -> int:
        if name not in height:
            height[name] = 1 + max((depth(other) for other in needed[name]), default=-1)
        return height[name]

    tied = [name for name in sorted(sizes) if needed[name] or needing[name]]
    rows: dict[int, list[str]] = defaultdict(list)
    for name in tied:
        rows[depth(name)].append(name)
    split: list[list[str]] = []
    for level in sorted(rows, reverse=True):
        count = math.ceil(_span(rows[level], sizes) / width)
        chunks: list[list[str]] = [[] for _ in range(count)]
        for name in sorted(rows[level], key=lambda n: (-sizes[n][1], n)):
            min(chunks, key=lambda chunk: _span(chunk, sizes)).append(name)
        split += [chunk for chunk in chunks if chunk]
    for name in sorted(set(sizes) - set(tied), key=lambda n: (-sizes[n][0], n)):
        room = [row for row in split if _span([*row, name], sizes) <= width]
        if room:
            tallest = {id(row): max(sizes[n][1] for n in row) for row in room}
            room.sort(key=lambda row: (tallest[id(row)] < sizes[name][1], _span(row, sizes)))
            room[0].append(name)
        else:
            split.append([name])
    return {name: rank for rank, row in enumerate(split) for name in row}


def _span(row: Iterable[str], sizes: Mapping[str, Size]) -> float:
    return sum(sizes[name][0] + GAP for name in row)


def _neighbours(edges: Iterable[Edge]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    after: dict[str, list[str]] = defaultdict(list)
    before: dict[str, list[str]] = defaultdict(list)
    for a, b in sorted(edges):
        after[a].append(b)
        before[b].append(a)
    return after, before


def _lanes(ranks: Mapping[str, int], down: set[Edge]) -> tuple[list[list[str]], dict[Edge, list[str]]]:
    """The layers with a lane for each arrow that passes them, and each arrow as a chain of neighbours."""
    layers: list[list[str]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for name in sorted(ranks):
        layers[ranks[name]].append(name)
    chains: dict[Edge, list[str]] = {}
    for a, b in sorted(down):
        between = [f"{a}\0{b}\0{rank}" for rank in range(ranks[a] + 1, ranks[b])]
        for rank, lane in enumerate(between, ranks[a] + 1):
            layers[rank].append(lane)
        chains[a, b] = [a, *between, b]
    return layers, chains


def _links(chains: Mapping[Edge, list[str]]) -> set[Edge]:
    return {link for chain in chains.values() for link in pairwise(chain)}


def _order(layers: list[list[str]], chains: Mapping[Edge, list[str]]) -> None:
    """Order each layer by where its neighbours stand, down and up again; keep what crosses least."""
    links = _links(chains)
    after, before = _neighbours(links)
    best = [list(layer) for layer in layers]
    fewest = _crossings(layers, after)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        for layer in layers if downwards else reversed(layers):
            place = {name: i / max(1, len(row) - 1) for row in layers for i, name in enumerate(row)}
            around = before if downwards else after
            middle = {n: sum(place[o] for o in around[n]) / len(around[n]) for n in layer if around[n]}
            layer.sort(key=lambda n, m=middle, p=place: (m.get(n, p[n]), n))  # type: ignore[misc]  # bound now
        crossed = _crossings(layers, after)
        if crossed < fewest:
            fewest, best = crossed, [list(layer) for layer in layers]
    layers[:] = best


def _crossings(layers: list[list[str]], after: Mapping[str, list[str]]) -> int:
    total = 0
    for upper, lower in pairwise(layers):
        place = {name: index for index, name in enumerate(lower)}
        ends = [place[other] for name in upper for other in sorted(after[name], key=place.__getitem__)]
        total += sum(1 for i, end in enumerate(ends) for later in ends[i + 1 :] if later < end)
    return total


def _across(
    layers: list[list[str]], chains: Mapping[Edge, list[str]], widths: Mapping[str, float]
) -> dict[str, float]:
    """The left side of each box and lane: as near its neighbours as the order and the gaps allow."""
    after, before = _neighbours(_links(chains))
    x: dict[str, float] = {}
    for layer in layers:
        at = 0.0
        for name in layer:
            x[name] = at
            at += widths[name] + GAP
    widest = max((x[layer[-1]] + widths[layer[-1]] for layer in layers if layer), default=0.0)
    for layer in layers:
        indent = (widest - (x[layer[-1]] + widths[layer[-1]])) / 2 if layer else 0.0
        for name in layer:
            x[name] += indent
    for sweep in range(_SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = []
            for name in layer:
                around = [*before[name], *after[name]]
                centre = (
                    sum(x[o] + widths[o] / 2 for o in around) / len(around)
                    if around
                    else x[name] + widths[name] / 2
                )
                wanted.append(centre - widths[name] / 2)
            x.update(zip(layer, _apart(wanted, [widths[n] for n in layer], widest), strict=True))
    left = min(x.values(), default=0.0)
    return {name: round(at - left, 1) for name, at in x.items()}


def _apart(wanted: Sequence[float], widths: Sequence[float], right: float) -> list[float]:
    """The nearest places to those wanted (least squares) that keep the order, the gaps and the page.

    Isotonic regression by pooling neighbours that are too near.
    """
    offsets = [sum(widths[:i]) + GAP * i for i in range(len(widths))]
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            other, many = pools.pop()
            mean, count = (mean * count + other * many) / (count + many), count + many
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    last = right - (offsets[-1] + widths[-1]) if offsets else 0.0
    return [min(max(mean, 0.0), max(0.0, last)) + o for mean, o in zip(means, offsets, strict=True)]


def _heights(layers: list[list[str]], sizes: Mapping[str, Size]) -> tuple[list[float], list[float]]:
    tops, bottoms, at = [], [], 0.0
    for layer in layers:
        tops.append(at)
        at += max((sizes[name][1] for name in layer if name in sizes), default=0.0)
        bottoms.append(at)
        at += LAYER_GAP
    return tops, bottoms


def _routes(
    chains: Mapping[Edge, list[str]],
    ranks: Mapping[str, int],
    x: Mapping[str, float],
    widths: Mapping[str, float],
    sizes: Mapping[str, Size],
    tops: Sequence[float],
    bottoms: Sequence[float],
) -> dict[Edge, list[Point]]:
    """Points from box to box; several arrows of one box leave and arrive side by side."""

    def middle(name: str) -> float:
        return x[name] + widths[name] / 2

    leave = _ports({edge: (edge[0], middle(chain[1])) for edge, chain in chains.items()}, x, widths)
    arrive = _ports({edge: (edge[1], middle(chain[-2])) for edge, chain in chains.items()}, x, widths)
    routes: dict[Edge, list[Point]] = {}
    for edge, chain in chains.items():
        a, b = edge
        points = [(leave[edge], tops[ranks[a]] + sizes[a][1]), (leave[edge], bottoms[ranks[a]])]
        for rank, lane in enumerate(chain[1:-1], ranks[a] + 1):
            points += [(middle(lane), tops[rank]), (middle(lane), bottoms[rank])]
        routes[edge] = [*points, (arrive[edge], tops[ranks[b]])]
    return routes


def _ports(
    ends: Mapping[Edge, tuple[str, float]], x: Mapping[str, float], widths: Mapping[str, float]
) -> dict[Edge, float]:
    by_box: dict[str, list[tuple[float, Edge]]] = defaultdict(list)
    for edge, (box, towards) in ends.items():
        by_box[box].append((towards, edge))
    ports = {}
    for box, arrows in by_box.items():
        step = widths[box] / (len(arrows) + 1)
        for number, (_, edge) in enumerate(sorted(arrows), 1):
            ports[edge] = round(x[box] + step * number, 1)
    return ports
