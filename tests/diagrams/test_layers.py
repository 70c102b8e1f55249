"""The layered layout, for graphs of any shape: nothing overlaps, arrows lead down, same in is same out."""

from itertools import combinations, pairwise

from hypothesis import given, settings, strategies as st

from diagrams.layers import LANE, Layout, lay_out

NAMES = [f"box{number}" for number in range(12)]
sizes = st.dictionaries(
    st.sampled_from(NAMES), st.tuples(st.floats(20, 400), st.floats(20, 300)), min_size=1, max_size=12
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]:
    boxes = draw(sizes)
    names = sorted(boxes)
    pairs = [(a, b) for a in names for b in names if a != b]
    return boxes, draw(st.lists(st.sampled_from(pairs), unique=True, max_size=30)) if pairs else []


def _overlap(layout: Layout, boxes: dict[str, tuple[float, float]], a: str, b: str) -> bool:
    (ax, ay), (bx, by) = layout.places[a], layout.places[b]
    (aw, ah), (bw, bh) = boxes[a], boxes[b]
    return ax + 0.2 < bx + bw and bx + 0.2 < ax + aw and ay + 0.2 < by + bh and by + 0.2 < ay + ah


@settings(max_examples=60)
@given(graphs())
def test_no_two_boxes_overlap_and_none_leaves_the_page(
    graph: tuple[dict[str, tuple[float, float]], list[tuple[str, str]]],
) -> None:
    boxes, edges = graph
    layout = lay_out(boxes, edges, 900)
    assert not [pair for pair in combinations(boxes, 2) if _overlap(layout, boxes, *pair)]
    for name, (x, y) in layout.places.items():
        assert x >= 0
        assert x + boxes[name][0] <= layout.size[0] + 0.2
        assert y + boxes[name][1] <= layout.size[1] + 0.2


@settings(max_examples=60)
@given(graphs())
def test_an_arrow_runs_through_no_box_that_it_does_not_end_at(
    graph: tuple[dict[str, tuple[float, float]], list[tuple[str, str]]],
) -> None:
    boxes, edges = graph
    layout = lay_out(boxes, edges, 900)
    assert set(layout.routes) == set(edges)
    for edge, points in layout.routes.items():
        for (x, top), (other_x, bottom) in pairwise(sorted(points, key=lambda point: point[1])):
            if x != other_x:
                continue  # in the gap between two layers, where no box is
            for name in set(boxes) - set(edge):
                (left, above), (wide, high) = layout.places[name], boxes[name]
                inside = left + 0.2 < x < left + wide - 0.2
                assert not (inside and above + 0.2 < (top + bottom) / 2 < above + high - 0.2), (edge, name)


@settings(max_examples=40)
@given(graphs())
def test_who_needs_stands_above_what_it_needs_unless_they_need_each_other(
    graph: tuple[dict[str, tuple[float, float]], list[tuple[str, str]]],
) -> None:
    boxes, edges = graph
    order = {name: index for index, name in enumerate(sorted(boxes))}
    down = [(a, b) for a, b in edges if order[a] < order[b]]  # has no circle
    layout = lay_out(boxes, down, 900)
    assert all(layout.places[a][1] < layout.places[b][1] for a, b in down)


@given(graphs())
@settings(max_examples=20)
def test_the_same_graph_is_laid_out_alike_whatever_its_order(
    graph: tuple[dict[str, tuple[float, float]], list[tuple[str, str]]],
) -> None:
    boxes, edges = graph
    turned = lay_out(dict(reversed(boxes.items())), list(reversed(edges)), 900)
    assert turned == lay_out(boxes, edges, 900)


def test_a_layer_that_is_too_wide_becomes_two() -> None:
    boxes = dict.fromkeys(NAMES[:6], (300.0, 40.0))
    edges = [(name, "box0") for name in NAMES[1:6]]
    assert lay_out(boxes, edges, 800).size[0] <= 800 + 10 * LANE
    assert lay_out(boxes, edges, 5_000).size[0] > 800 + 10 * LANE


def test_nothing_is_laid_out_as_nothing() -> None:
    assert lay_out({}, [], 900) == Layout({}, {}, (0.0, 0.0))
