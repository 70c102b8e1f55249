"""The pages that `python -m cli.docs` writes are those of the code as it is."""

import json
import re

import pytest

from cli.docs import component_pages
from cli.docs.__main__ import capacity_page, pages
from cli.docs.billed import BILLED
from cli.docs.sources import components
from tests.program.graphs import graphs
from tests.stacks import ROOT

FREE = {
    "accessanalyzer", "acm", "cfg", "codedeploy", "costexplorer", "ebs", "iam", "lakeformation", "signer",
    "organizations", "vpc", "xray",
}  # fmt: skip
"""Services of the AWS provider whose resources here cost nothing by themselves."""


def test_every_generated_page_is_current() -> None:
    written = pages(graphs())
    stale = [name for name, text in written.items() if (ROOT / "docs" / name).read_text() != text]
    assert stale == [], "run `make docs`"


def test_no_page_is_left_of_a_component_that_is_gone() -> None:
    there = {file.name for file in (ROOT / "docs/components").glob("*.md")}
    assert there == {f"{component.name}.md" for component in components()} | {"README.md"}


def test_every_component_is_described_and_says_its_type() -> None:
    silent = [component.name for component in components() if not component.about]
    assert silent == []
    tokens = [component.token for component in components()]
    assert len(tokens) == len(set(tokens))


def test_no_service_of_the_program_is_without_a_word_on_its_bill() -> None:
    def service(type_: str) -> str:
        return type_.removeprefix("aws:").partition("/")[0]

    used = {
        service(resource.type)
        for graph in graphs().values()
        for resource in graph.resources.values()
        if resource.type.startswith("aws:")
    }
    told = {service(type_) for type_ in BILLED}
    assert used - told - FREE == set()


def test_a_page_lists_inputs_outputs_and_alarms() -> None:
    page = component_pages.pages(graphs())["RentalService.md"]
    assert "| `writes_enabled` | `bool` | `True` |" in page
    assert "| `bus` | `EventBus` |" in page
    assert "- Trips were not invoiced: see the dead-letter queue" in page


@pytest.mark.parametrize("line", capacity_page().splitlines())
def test_the_capacity_page_fits_the_margin(line: str) -> None:
    assert len(line) <= 120


def test_editors_and_hooks_name_what_the_repository_has() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    scripts = json.loads((ROOT / "backoffice/package.json").read_text())["scripts"]
    assert set(re.findall(r"--silent (\w+)", hooks)) <= set(scripts)
    assert "repo: local" in hooks
    assert "http" not in hooks
    locked = (ROOT / "requirements-dev.txt").read_text()
    for tool in re.findall(r"entry: \.venv/bin/([\w-]+)", hooks):
        assert f"\n{tool}==" in locked
    settings = json.loads((ROOT / ".vscode/settings.json").read_text())
    assert all((ROOT / schema).is_file() for schema in settings["yaml.schemas"])
