"""The picture of a graph as SVG: readable in light and dark, without scripts or fonts of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from diagrams.layers import GAP, Point, Size, lay_out
from diagrams.model import Box, Picture

PAGE: Final = 1240.0
_MARGIN: Final = 24.0
_PAD: Final = 10.0
_TITLE: Final = 46.0
_LEAF: Final = 38.0
_WIDEST: Final = 44
_WIDTHS: Final = (("mwMW@", 1.02), ("iljtfI.,:·- ", 0.42), ("ABCDEFGHKLNOPQRSTUVXYZ", 0.8))
"""In parts of the font's size: DejaVu Sans Bold, the widest of those in common use."""
_HUES: Final = (212, 150, 28, 268, 350, 190, 96, 322, 48, 236, 12, 172)

STYLE: Final = """
.page{fill:#fff}.h,.t{fill:#16202c}.t{font-weight:600;font-size:13px}.s{fill:#5b6775;font-size:11px}
.h{font-weight:600;font-size:18px}.b{stroke-width:1}.a{fill:none;stroke:#8592a1;stroke-width:1.3}
.p{fill:#8592a1}.m{fill:#16202c}.mt{fill:#fff;font-size:10px;font-weight:600;text-anchor:middle}
@media(prefers-color-scheme:dark){.page{fill:#10161d}.h,.t{fill:#e8edf3}.s{fill:#9fabb9}.a{stroke:#6b7885}
.p{fill:#6b7885}.m{fill:#e8edf3}.mt{fill:#10161d}}
"""


@dataclass
class _Placed:
    """A box with its size, and where what is in it stands, seen from its own corner."""

    box: Box
    size: Size
    marks: list[int]
    children: list[tuple[Point, _Placed]]


def render(picture: Picture) -> str:
    """Return the picture as an SVG document."""
    placed = {box.urn: _place(box, picture.marks(box.urn)) for box in picture.boxes}
    common = set(picture.common)
    arrows = {edge: n for edge, n in picture.arrows.items() if not common & set(edge)}
    sizes = {urn: one.size for urn, one in placed.items() if urn not in common}
    layout = lay_out(sizes, arrows, PAGE)
    legend = [_place(placed[urn].box, [number]) for number, urn in enumerate(picture.common, 1)]
    rows = _shelves([one.size for one in legend], PAGE)
    width = max(layout.size[0], rows[1][0], 640.0) + 2 * _MARGIN
    top = 84.0
    band = top + layout.size[1] + 40.0
    height = band + (rows[1][1] + 34.0 if legend else 0.0) + _MARGIN - 16
    hues = {module: i for i, module in enumerate(sorted({b.module for o in picture.boxes for b in o.all()}))}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        'font-family="system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif">',
        f"<title>{escape(picture.title)}</title>",
        f"<style>{STYLE}{''.join(_hue(i) for i in range(len(hues)))}</style>",
        '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path class="p" d="M0 0 8 4 0 8z"/></marker></defs>',
        f'<rect class="page" width="{width:.0f}" height="{height:.0f}"/>',
        _text("h", _MARGIN, 36, picture.title),
        _text("s", _MARGIN, 58, _legend(picture)),
    ]
    names = {b.urn: b.label for b in picture.boxes}
    for (a, b), points in sorted(layout.routes.items()):
        count = arrows[a, b]
        told = f"{names[a]} needs {names[b]}: {count} reference{'' if count == 1 else 's'}"
        moved = [(x + _MARGIN, y + top) for x, y in points]
        parts.append(
            f'<path class="a" marker-end="url(#end)" d="{_curve(moved)}"><title>{escape(told)}</title></path>'
        )
    for urn, (x, y) in sorted(layout.places.items()):
        parts += _draw(placed[urn], x + _MARGIN, y + top, hues, 0)
    if legend:
        parts.append(_text("t", _MARGIN, band, "Needed by many"))
        for (x, y), one in zip(rows[0], legend, strict=True):
            parts += _draw(one, x + _MARGIN, y + band + 16, hues, 0)
    return "\n".join([*parts, "</svg>", ""])


def _legend(picture: Picture) -> str:
    told = "An arrow leads from who needs something to what it needs, which stands below."
    return f"{told} A number stands for one of those that many need." if picture.common else told


def _place(box: Box, marks: list[int]) -> _Placed:
    children = [_place(child, []) for child in box.children]
    across = max(_wide(box.label, 13) + 20.0 * len(marks), _wide(_about(box), 10))
    if not children:
        return _Placed(box, (max(across + 2 * _PAD, 96.0), _LEAF + 8), marks, [])
    area = sum((w + _PAD) * (h + _PAD) for w, h in (child.size for child in children))
    widest = max(child.size[0] for child in children)
    places, (width, height) = _shelves([c.size for c in children], max(widest, math.sqrt(area) * 1.35), _PAD)
    inside = [((x + _PAD, y + _TITLE), child) for (x, y), child in zip(places, children, strict=True)]
    return _Placed(box, (max(width + 2 * _PAD, across + 2 * _PAD), height + _TITLE + _PAD), marks, inside)


def _shelves(sizes: list[Size], width: float, gap: float = GAP) -> tuple[list[Point], Size]:
    """Places in rows from left to right, no row wider than `width`; and what they take together."""
    places, x, y, row, right = [], 0.0, 0.0, 0.0, 0.0
    for wide, high in sizes:
        if x and x + wide > width:
            x, y, row = 0.0, y + row + gap, 0.0
        places.append((x, y))
        right, x, row = max(right, x + wide), x + wide + gap, max(row, high)
    return places, (right, y + row)


def _draw(placed: _Placed, x: float, y: float, hues: Mapping[str, int], depth: int) -> Iterator[str]:
    box, (width, height) = placed.box, placed.size
    yield f'<g data-urn="{escape(box.urn)}"><title>{escape(f"{box.kind} {box.label}")}</title>'
    yield (
        f'<rect class="b c{hues[box.module]}{" in" if depth else ""}" x="{x:.1f}" y="{y:.1f}" '
        f'width="{width:.1f}" height="{height:.1f}" rx="6"/>'
    )
    yield _text("t", x + _PAD, y + 19, _short(box.label))
    yield _text("s", x + _PAD, y + 35, _short(_about(box)))
    for place, number in enumerate(reversed(placed.marks)):
        yield from _mark(number, x + width - 14 - 20 * place, y + 14)
    for (dx, dy), child in placed.children:
        yield from _draw(child, x + dx, y + dy, hues, depth + 1)
    yield "</g>"


def _mark(number: int, x: float, y: float) -> Iterator[str]:
    yield f'<circle class="m" cx="{x:.1f}" cy="{y:.1f}" r="8"/>'
    yield _text("mt", x, y + 3.5, str(number))


def _about(box: Box) -> str:
    return f"{box.kind} · {box.resources}" if box.resources else box.kind


def _wide(text: str, size: int) -> float:
    """More than any common sans-serif needs for a text; a picture cannot measure."""
    return size * sum(next((w for chars, w in _WIDTHS if c in chars), 0.68) for c in _short(text))


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _curve(points: list[Point]) -> str:
    """Straight through layers, an S between them; the points come in pairs, one for each end of a gap."""
    (x, y), *rest = points
    path = f"M{x:.1f} {y:.1f}"
    for here, there in zip(points, rest, strict=False):
        if here[0] == there[0]:
            path += f"L{there[0]:.1f} {there[1]:.1f}"
        else:
            half = (here[1] + there[1]) / 2
            path += f"C{here[0]:.1f} {half:.1f} {there[0]:.1f} {half:.1f} {there[0]:.1f} {there[1]:.1f}"
    return path


def _hue(index: int) -> str:
    hue = _HUES[index % len(_HUES)]
    return (
        f".c{index}{{fill:hsl({hue},60%,95%);stroke:hsl({hue},42%,62%)}}.c{index}.in{{fill:hsl({hue},60%,98.5%)}}\n"
        f"@media(prefers-color-scheme:dark){{.c{index}{{fill:hsl({hue},30%,15%);stroke:hsl({hue},34%,44%)}}"
        f".c{index}.in{{fill:hsl({hue},30%,19%)}}}}\n"
    )
