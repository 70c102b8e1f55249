"""Checking a configuration file for what Pulumi would pass over in silence."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from guardrails import __main__ as command
from guardrails.config import problems, read
from guardrails.pack import ALL_RULES

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 3, 1)
WAIVER = {"rule": "encryption-compute", "urn": "*::Function::p", "reason": "agreed", "expires": "2099-12-31"}


def test_a_good_configuration_has_no_problems() -> None:
    config = {
        "all": "mandatory",
        "encryption-storage": "advisory",
        "encryption-compute": {"enforcementLevel": "mandatory"},
        "waivers": {"enforcementLevel": "mandatory", "waivers": [WAIVER]},
    }
    assert list(problems(config, TODAY)) == []


@pytest.mark.parametrize("name", [rule.name for rule in ALL_RULES])
def test_every_rule_may_be_configured_and_none_misspelt(name: str) -> None:
    assert list(problems({name: "disabled"}, TODAY)) == []
    (problem,) = problems({name[:-1]: "disabled"}, TODAY)
    assert repr(name) in problem


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"encryption-compute": {}}, "advisory"),
        ({"waivers": {"waivers": []}}, "enforcementLevel"),
        ({"encryption-compute": "strict"}, "'strict'"),
        ({"encryption-compute": {"enforcementLevel": "mandatory", "days": 3}}, "'days'"),
        (
            {"waivers": {"enforcementLevel": "mandatory", "waivers": [{**WAIVER, "expires": "2026-02-28"}]}},
            "expired",
        ),
        ({"waivers": {"enforcementLevel": "mandatory", "waivers": [{**WAIVER, "rule": "x"}]}}, "'x'"),
        (["encryption-compute"], "object"),
    ],
)
def test_a_problem_is_told(config: object, told: str) -> None:
    assert [problem for problem in problems(config, TODAY) if told in problem]


@pytest.mark.parametrize("file", sorted(ROOT.glob("Pulumi.*.policy.json")), ids=lambda file: file.name)
def test_the_configuration_of_every_stack_has_no_problems(file: Path) -> None:
    assert list(problems(read(file), date(2026, 11, 22))) == []


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"allowedRegions": []}, "no list"),
        ({"allowedRegions": "ap-southeast-1"}, "no list"),
        ({"allowedRegions": ["Singapore"]}, "'Singapore'"),
        ({"allowedRegion": ["ap-southeast-1"]}, "'allowedRegion'"),
    ],
)
def test_a_setting_of_a_rule_is_checked(setting: dict[str, object], told: str) -> None:
    config = {"residency-regions": {"enforcementLevel": "mandatory", **setting}}
    (problem,) = problems(config, TODAY)
    assert told in problem


def test_the_command_tells_good_from_bad_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"waivers": {"enforcementLevel": "mandatory", "waivers": [WAIVER]}}))
    assert command.main(["config", str(file)]) == 0
    file.write_text(json.dumps({"waiver": "mandatory"}))
    assert command.main(["config", str(file)]) == 1
    assert "'waivers'" in capsys.readouterr().out
    file.write_text("{")
    assert command.main(["config", str(file)]) == 2
    assert command.main(["config", str(tmp_path / "none.json")]) == 2
