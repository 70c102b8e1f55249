"""What a market reads of its hub: the value, or an unknown, or an error that says what to do."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.offline.projects import PRELUDE, clean, errors, named, write

IMPORTS = """
from components.hub_reference import HubOutput, HubReference
from components.markets import Market

hub = HubReference("prod", domain="bluehorizons.example")
"""
HUB = {
    "hubDomain": "bluehorizons.example",
    "hubRootZoneId": "Z1",
    "hubMarketZoneIds": {"my": "Z2", "jp": "Z3"},
}
USES = """
Thing("thing", {"root": hub.text(HubOutput.ROOT_ZONE_ID),
                "zone": hub.for_market(HubOutput.MARKET_ZONE_IDS, Market.MALAYSIA)})
"""


def preview(folder: Path, hub: dict[str, Any] | None, uses: str = USES) -> Any:
    written = write(folder / "project", IMPORTS + uses, prelude=PRELUDE)
    answers = None
    if hub is not None:
        answers = folder / "answers.yaml"
        answers.write_text(yaml.safe_dump({"stacks": {"organization/demo/prod": hub}}))
    return written.preview(answers=answers)


def test_what_the_hub_exports_reaches_the_market(tmp_path: Path) -> None:
    thing = named(clean(preview(tmp_path, HUB)), "thing")
    assert (thing.inputs["root"], thing.inputs["zone"]) == ("Z1", "Z2")


def test_a_secret_of_the_hub_stays_secret(tmp_path: Path) -> None:
    result = clean(preview(tmp_path, {**HUB, "hubRootZoneId": {"secret": "Z-hush"}}))
    assert "Z-hush" not in str(result.graph.document())


def test_a_hub_that_is_not_known_gives_unknowns(tmp_path: Path) -> None:
    thing = named(clean(preview(tmp_path, None)), "thing")
    assert "Z" not in str(thing.inputs)
    assert set(thing.inputs) >= {"root", "zone"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"hubRootZoneId": None}, "exports nothing as hubRootZoneId"),
        ({"hubRootZoneId": ""}, "exports a str as hubRootZoneId"),
        ({"hubRootZoneId": ["Z1"]}, "exports a list as hubRootZoneId"),
        ({"hubMarketZoneIds": None}, "exports nothing as hubMarketZoneIds"),
        ({"hubMarketZoneIds": {"jp": "Z3"}}, "has no entry for 'my' in hubMarketZoneIds: it knows jp"),
        ({"hubMarketZoneIds": {}}, "it knows no market"),
        ({"hubMarketZoneIds": {"my": ""}}, "exports a str as hubMarketZoneIds.my"),
        ({"hubDomain": "other.example"}, "the hub organization/demo/prod has 'other.example'"),
        ({"hubDomain": None}, "exports nothing as hubDomain"),
    ],
)
def test_an_output_that_is_missing_or_wrong_is_a_clear_error_and_never_a_value(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    hub = {key: value for key, value in {**HUB, **change}.items() if value is not None}
    result = preview(tmp_path, hub)
    assert reason in errors(result)
    assert not [r for r in result.graph.resources.values() if r.name == "thing"]


def test_the_error_of_a_market_that_the_hub_does_not_know_says_what_to_run(tmp_path: Path) -> None:
    result = preview(tmp_path, {**HUB, "hubMarketZoneIds": {"jp": "Z3"}})
    assert "pulumi up --stack organization/demo/prod" in errors(result)
