"""The pack as a whole: what it promises about itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml
from pulumi_policy import EnforcementLevel, ResourceValidationPolicy, StackValidationPolicy

from guardrails.core.frameworks import NOT_IN_FSBP
from guardrails.core.rule import Rule, unique
from guardrails.docs import replaced
from guardrails.pack import ALL_RULES, NAME, RULES, build_policies

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "policy"
POLICIES = build_policies()


def test_every_rule_is_one_policy_in_the_order_told() -> None:
    assert [policy.name for policy in POLICIES] == [rule.name for rule in ALL_RULES]


def test_no_two_rules_have_one_name() -> None:
    assert max(Counter(rule.name for rule in ALL_RULES).values()) == 1
    with pytest.raises(ValueError, match=RULES[0].name):
        unique((*RULES, RULES[0]))


def test_the_waivers_are_loaded_before_any_other_policy_runs() -> None:
    assert POLICIES[0].name == "waivers"
    assert isinstance(POLICIES[0], ResourceValidationPolicy)


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.name)
def test_every_rule_says_what_why_and_how(rule: Rule) -> None:
    policy = next(policy for policy in POLICIES if policy.name == rule.name)
    assert policy.severity is not None
    assert policy.description
    assert policy.remediation_steps
    assert (policy.url or "").startswith("https://")
    assert policy.enforcement_level in (EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY)
    told = (
        set(policy.framework.reference.split(", "))
        if policy.framework and policy.framework.reference
        else set()
    )
    assert told == set(rule.controls) - NOT_IN_FSBP


def test_no_rule_rewrites_resources() -> None:
    # A remediation drops secretness and sees no unknowns: unfit for encryption.
    for policy in POLICIES:
        assert isinstance(policy, StackValidationPolicy | ResourceValidationPolicy)
        assert not isinstance(policy, ResourceValidationPolicy) or not policy.has_remediation()


def test_every_rule_that_guards_blocks() -> None:
    assert {rule.level for rule in RULES} == {EnforcementLevel.MANDATORY}


def test_the_pack_imports_nothing_of_this_repository() -> None:
    allowed = {*sys.stdlib_module_names, "pulumi", "pulumi_policy", "guardrails"}
    for file in PACK.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= allowed, file


def test_importing_the_pack_prints_nothing() -> None:
    # The first line on stdout is the port: anything before it breaks the pack.
    code = "import guardrails.pack as pack; pack.build_policies()"
    done = subprocess.run([sys.executable, "-c", code], cwd=PACK, capture_output=True, check=True)  # noqa: S603 - our own code
    assert done.stdout == b""


def test_the_manifest_names_the_pack_and_its_virtual_environment() -> None:
    manifest = yaml.safe_load((PACK / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert manifest["name"] == NAME
    assert manifest["runtime"] == {"name": "python", "options": {"virtualenv": "../.venv"}}
    assert (PACK / manifest["runtime"]["options"]["virtualenv"]).resolve() == ROOT / ".venv"


def test_the_documentation_shows_the_rules_as_they_are() -> None:
    page = (ROOT / "policy" / "README.md").read_text(encoding="utf-8")
    assert replaced(page) == page, "run `make docs`"


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="rules"):
        replaced("# Policy\n")
