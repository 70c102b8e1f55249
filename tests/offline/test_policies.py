"""A policy pack over the graph, through the real Analyzer protocol."""

import json
from pathlib import Path
from typing import Any

import pytest

from offline.analyzer import PackReport, Violation
from offline.errors import UsageError
from offline.policy_config import PackConfig
from offline.worker import StackResult
from tests.offline.projects import clean, ev, named, write

PACK = Path(__file__).parent / "pack"


def analyzed(folder: Path, program: str, **options: Any) -> tuple[StackResult, PackReport]:
    """Preview a program with the pack."""
    result = write(folder, program).preview(packs=(PACK,), **options)
    (report,) = clean(result).packs
    return result, report


def found(report: PackReport) -> list[tuple[str, str, str]]:
    """The findings: policy, level and the resource's name."""
    return [(v.policy, v.level, v.urn.rpartition("::")[2]) for v in report.violations]


def test_a_compliant_program_has_no_findings(tmp_path: Path) -> None:
    result, report = analyzed(tmp_path, 'Thing("good", {"text": "good"})')
    assert (report.name, report.policies, report.error) == ("demo-pack", 7, "")
    assert found(report) == []
    assert not result.failed


def test_a_mandatory_violation_fails_and_says_where_why_and_how_to_fix_it(tmp_path: Path) -> None:
    result, report = analyzed(tmp_path, 'Thing("worse", {"text": "bad"})\nThing("good", {"text": "good"})')
    assert report.violations == [
        Violation(
            urn=named(result, "worse").urn,
            policy="no-bad-word",
            message="the text is 'bad'",
            level="mandatory",
            description="Texts are polite.",
            severity="high",
            remediation="Write something else.",
            url="https://example.com/polite",
        )
    ]
    assert result.failed
    (shown,) = result.document()["policyPacks"][0]["violations"]
    assert shown["remediationSteps"] == "Write something else."


def test_every_resource_is_analyzed_and_findings_come_in_one_order(tmp_path: Path) -> None:
    program = 'for n in range(20): Thing(f"t{n:02}", {"text": "bad"})'
    _, report = analyzed(tmp_path, program)
    assert found(report) == [("no-bad-word", "mandatory", f"t{n:02}") for n in range(20)]


def test_a_rule_that_touches_an_unknown_value_says_so_and_blocks_nothing(tmp_path: Path) -> None:
    result, report = analyzed(tmp_path, 'Thing("unknown", {"target": Thing("first").arn})')
    assert found(report) == [("touches-unknown", "advisory", "unknown")]
    assert not result.failed


def test_a_rule_gets_options_and_the_providers_inputs(tmp_path: Path) -> None:
    _, report = analyzed(
        tmp_path,
        """
        options = ResourceOptions(protect=True, custom_timeouts=pulumi.CustomTimeouts(create="1h30m"),
                                  provider=DemoProvider("p", {"region": "here"}))
        Thing("seen", opts=options)
        """,
    )
    (violation,) = report.violations
    assert violation.message == "True 5400.0 here urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev"


def test_a_stack_rule_gets_relations_and_unknown_outputs(tmp_path: Path) -> None:
    _, report = analyzed(
        tmp_path,
        """
        import pulumi_aws as aws
        key = aws.kms.Key("key")
        Thing("reader", {"target": key.arn})
        """,
    )
    # Touching the key's arn is reported as unknown: it is neither a KeyError nor a value.
    (violation,) = report.violations
    assert (violation.policy, violation.level) == ("sees-graph", "advisory")
    assert ".arn can't be known during preview" in violation.message


def test_a_stack_rule_gets_the_dependencies_of_each_property(tmp_path: Path) -> None:
    program = """
        guard, other = Thing("guard"), Thing("other")
        Thing("unguarded", {{"target": pulumi.Output.concat("x", {}.arn)}})
        """
    _, guarded = analyzed(tmp_path / "a", program.format("guard"))
    _, unguarded = analyzed(tmp_path / "b", program.format("other"))
    assert found(guarded) == []
    assert found(unguarded) == [("sees-graph", "mandatory", "unguarded")]
    assert unguarded.violations[0].message == "dev has no guard"


def test_a_rule_that_breaks_is_an_error_of_the_pack_and_fails(tmp_path: Path) -> None:
    result, report = analyzed(tmp_path, 'Thing("bomb")')
    assert "the rule is broken" in report.error
    assert result.failed


def test_a_remediation_is_reported_and_what_it_leaves_is_analyzed(tmp_path: Path) -> None:
    result, report = analyzed(tmp_path, 'Thing("fixable", {"text": "bad"})')
    assert [(v.policy, v.urn) for v in report.remediated] == [("fixes", named(result, "fixable").urn)]
    assert found(report) == []


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"no-bad-word": {"word": "ugly"}}, "mandatory"),  # no level given: the rule's own must hold
        ({"no-bad-word": {"word": "ugly", "enforcementLevel": "advisory"}}, "advisory"),
        ({"no-bad-word": {"word": "ugly"}, "all": "advisory"}, "advisory"),
        ({"no-bad-word": {"word": "ugly", "enforcementLevel": "disabled"}}, None),
    ],
)
def test_configuration_reaches_the_rule_and_does_not_disarm_it(
    tmp_path: Path, config: dict[str, object], expected: str | None
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    program = 'Thing("a", {"text": "ugly"})\nThing("b", {"text": "bad"})'
    _, report = analyzed(tmp_path / "p", program, pack_config=file)
    wanted = [] if expected is None else [("no-bad-word", expected, "a")]
    assert [finding for finding in found(report) if finding[0] == "no-bad-word"] == wanted


def test_a_stacks_own_policy_file_is_used_without_being_named(tmp_path: Path) -> None:
    written = write(tmp_path, 'Thing("a", {"text": "ugly"})')
    (tmp_path / "Pulumi.dev.policy.json").write_text('{"no-bad-word": {"word": "ugly"}}')
    assert found(written.preview(packs=(PACK,)).packs[0]) == [("no-bad-word", "mandatory", "a")]


def test_a_misspelt_policy_in_the_configuration_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"no-bad-wrod": "disabled"}')
    result, report = analyzed(tmp_path / "p", "", pack_config=file)
    assert "'no-bad-wrod'" in report.error
    assert "no-bad-word" in report.error
    assert result.failed


@pytest.mark.parametrize("text", ["[]", "{", '{"a": "strict"}', '{"a": {"enforcementLevel": 1}}', '{"a": 1}'])
def test_a_malformed_policy_configuration_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(UsageError):
        PackConfig.load(tmp_path / "config.json")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise ValueError('pack is broken')", "pack is broken"),
        ("print('hello')\nimport time; time.sleep(600)", "'hello'"),
        ("pass", "ended before it was ready"),
    ],
)
def test_a_pack_that_does_not_start_is_an_error_with_what_it_printed(
    tmp_path: Path, code: str, reason: str
) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python")
    (pack / "__main__.py").write_text(code)
    result = write(tmp_path / "p", 'Thing("a")').preview(packs=(pack,))
    assert reason in result.packs[0].error
    assert result.failed


def test_the_command_runs_packs_on_every_stack_and_fails_on_a_mandatory_finding(tmp_path: Path) -> None:
    written = write(tmp_path, 'Thing("a", {"text": "bad" if pulumi.get_stack() == "worse" else "good"})')
    written.stack("worse")
    ran = ev("--all", "--json", "--policy-pack", PACK, cwd=tmp_path)
    assert ran.code == 1
    assert ran.document["dev"]["policyPacks"][0]["violations"] == []
    (violation,) = ran.document["worse"]["policyPacks"][0]["violations"]
    assert violation["policyName"] == "no-bad-word"
    assert ev("dev", "--policy-pack", PACK, cwd=tmp_path).code == 0
    text = ev("worse", "--policy-pack", PACK, "--isolated", cwd=tmp_path)
    assert text.code == 1
    for part in ("no-bad-word", "demo:index:Thing a", "Write something else.", "https://example.com/polite"):
        assert part in text.out
