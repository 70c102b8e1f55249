"""What runbooks name is in the program: outputs, configuration keys, resources, functions, tables."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from components.settings import config_keys
from tests.docs.pages import Page, read
from tests.program.graphs import graphs
from tests.stacks import ROOT

RUNBOOKS = sorted((ROOT / "docs/runbooks").glob("*.md"))
PREFIX = "bluehorizons-prod-my"


def untrue(page: Page) -> list[str]:
    """What a page names that a market's stack does not have."""
    graph = graphs()["prod-my"]
    names = [resource.name for resource in graph.resources.values()]
    text = "\n".join([*page.blocks, *page.spans])
    unknown = [
        f"output {name}"
        for name in re.findall(r"pulumi stack output (\w+)", text)
        if name not in graph.exports
    ]
    unknown += [f"key {key}" for key in re.findall(r"blue-horizons:(\w+)", text) if key not in config_keys()]
    for part in re.findall(r"\$NAME(-[a-z0-9-]*[a-z0-9-])", text):
        if not any(name.startswith(f"{PREFIX}{part}") for name in names):
            unknown.append(f"resource {part}")
    functions = [name for name in names if name.endswith("-function")]
    for part in re.findall(r"^run \S+ ([a-z-]+)", text, re.MULTILINE) + re.findall(
        r"'([a-z-]+-function)'", text
    ):
        if not any(part.removesuffix("-function") + "-function" in name for name in functions):
            unknown.append(f"function {part}")
    unknown += [
        f"queue {part}"
        for part in re.findall(r"\(queue ([a-z-]+)\)", text)
        if f"{PREFIX}-{part}" not in names
    ]
    return unknown


@pytest.mark.parametrize("file", RUNBOOKS, ids=lambda file: file.stem)
def test_what_a_runbook_names_is_in_the_program(file: Path) -> None:
    assert untrue(read(file)) == []


def test_what_is_not_in_the_program_is_found() -> None:
    text = (
        "```sh\npulumi stack output nosuch\npulumi config set blue-horizons:nosuch 1\n"
        "run $HERE nosuch '{}'\nX=$(queue nosuch)\naws x $NAME-nosuch\n```\n"
    )
    assert [found.partition(" ")[0] for found in untrue(Page(ROOT / "x.md", text))] == [
        "output",
        "key",
        "resource",
        "function",
        "queue",
    ]


def test_shell_in_runbooks_is_shell() -> None:

    bash = shutil.which("bash")
    assert bash
    for file in RUNBOOKS:
        for block in read(file).blocks:
            ran = subprocess.run([bash, "-n"], input=block, capture_output=True, text=True, check=False)  # noqa: S603 - ours
            assert ran.stderr == "", f"{file.name}: {block}"
