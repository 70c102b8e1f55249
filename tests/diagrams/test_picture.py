"""What is drawn of a graph, and how: the right boxes and arrows, text inside its box, no secret anywhere."""

import base64
import hashlib
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from diagrams import explorer, svg
from diagrams.model import COMMON, picture
from offline.config import Project
from offline.graph import Graph
from offline.run import preview_in_process
from tests.offline.projects import write

SHOP = """
keys = Group("app-keys")
key = Thing("app-keys-key", opts=ResourceOptions(parent=keys))
shop = Group("app-shop")
inner = Group("app-shop-till", ResourceOptions(parent=shop))
Thing("app-shop-till-drawer", {"key": key.arn}, ResourceOptions(parent=inner))
Thing("app-shop-note", {"text": "</script><b>", "password": pulumi.Output.secret("hunter2")},
      ResourceOptions(parent=shop))
"""


def _graph(folder: Path, program: str) -> Graph:
    write(folder, program)
    graph = preview_in_process(Project.find(folder), "dev").graph
    assert not graph.failed, graph.diagnostics
    return graph


def test_boxes_nest_and_arrows_join_the_outermost(tmp_path: Path) -> None:
    drawn = picture(_graph(tmp_path, SHOP))
    assert [(box.label, [child.label for child in box.children]) for box in drawn.boxes] == [
        ("keys", []),
        ("shop", ["till"]),
    ]
    urns = {box.label: box.urn for box in drawn.boxes}
    assert drawn.arrows == {(urns["shop"], urns["keys"]): 1}
    assert drawn.boxes[1].resources == 3


def test_by_resource_every_resource_is_a_box(tmp_path: Path) -> None:
    drawn = picture(_graph(tmp_path, SHOP), "resource")
    labels = {box.label for outer in drawn.boxes for box in outer.all()}
    assert labels == {"keys", "key", "shop", "till", "drawer", "note"}


def test_what_many_need_is_a_mark_and_no_arrow(tmp_path: Path) -> None:
    program = 'key = Thing("key")\n' + "\n".join(
        f'Thing("user{number}", {{"key": key.arn}}, ResourceOptions(parent=Group("g{number}")))'
        for number in range(COMMON)
    )
    drawn = picture(_graph(tmp_path, program))
    (common,) = drawn.common
    assert common.endswith("::key")
    assert [drawn.marks(box.urn) for box in drawn.boxes if box.urn != common] == [[1]] * COMMON
    assert "<path class=" + '"a"' not in svg.render(drawn)


def _number(element: ET.Element, name: str) -> float:
    return float(element.attrib[name])


@pytest.mark.parametrize("detail", ["component", "resource"])
def test_text_stays_in_its_box_and_boxes_in_theirs(tmp_path: Path, detail: str) -> None:
    drawn = picture(_graph(tmp_path, SHOP), "resource" if detail == "resource" else "component")
    root = ET.fromstring(svg.render(drawn))  # noqa: S314 - our own
    space = "{http://www.w3.org/2000/svg}"

    def check(group: ET.Element) -> tuple[float, float, float, float]:
        box = group.find(f"{space}rect")
        assert box is not None
        left, top = _number(box, "x"), _number(box, "y")
        right, bottom = left + _number(box, "width"), top + _number(box, "height")
        for text in group.findall(f"{space}text"):
            assert left < _number(text, "x") < right
            assert top < _number(text, "y") < bottom
        for child in group.findall(f"{space}g"):
            x, y, r, b = check(child)
            assert left < x < r < right
            assert top < y < b < bottom
        return left, top, right, bottom

    groups = root.findall(f"{space}g")
    assert len(groups) == len(drawn.boxes)
    for group in groups:
        check(group)


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    graph = _graph(tmp_path, SHOP)
    turned = Graph(graph.stack, graph.project, dict(reversed(graph.resources.items())))
    assert svg.render(picture(turned)) == svg.render(picture(graph))
    assert explorer.render(turned) == explorer.render(graph)


def test_the_page_holds_no_secret_and_no_value_can_end_its_data(tmp_path: Path) -> None:
    page = explorer.render(_graph(tmp_path, SHOP))
    assert "hunter2" not in page
    found = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data = json.loads(found[1])
    note = next(each for each in data if each["name"] == "app-shop-note")
    assert note["inputs"] == {"text": "</script><b>", "password": "[secret]"}


def test_the_page_knows_who_needs_what_in_both_directions(tmp_path: Path) -> None:
    graph = _graph(tmp_path, SHOP)
    by_name = {each["name"]: each for each in explorer._data(graph, "resource")}
    drawer, key = by_name["app-shop-till-drawer"], by_name["app-keys-key"]
    assert drawer["needs"] == [key["urn"]]
    assert key["neededBy"] == [drawer["urn"]]
    assert drawer["by"] == {"key": [key["urn"]]}
    components = {each["name"]: each for each in explorer._data(graph, "component")}
    assert components["app-shop"]["needs"] == [components["app-keys"]["urn"]]
    assert "app-keys-key" not in components


def test_the_pages_policy_lets_its_own_script_and_styles_run_and_nothing_else(tmp_path: Path) -> None:
    page = explorer.render(_graph(tmp_path, SHOP))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none';")
    assert "unsafe" not in policy[1]
    for element in ("style", "script"):
        for text in re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy[1]
    assert not re.search(r'(src|href)="', page)
