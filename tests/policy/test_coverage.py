"""The comparison with public rule sets: complete, true to the rules, and as it is documented."""

from __future__ import annotations

import pytest

from guardrails.pack import RULES
from tests.policy import program
from tests.policy.coverage.__main__ import PAGE, page
from tests.policy.coverage.compare import (
    CHECKS,
    CONTROLS,
    Row,
    checkov_rows,
    concerned,
    fsbp_rows,
    terraform_names,
)
from tests.policy.coverage.decisions import CHECKOV, CHECKOV_NOT, FSBP_NOT

ROWS = [*checkov_rows(), *fsbp_rows()]


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("aws:s3/bucket:Bucket", "aws_s3_bucket"),
        ("aws:apigateway/stage:Stage", "aws_api_gateway_stage"),
        ("aws:ec2/securityGroup:SecurityGroup", "aws_security_group"),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws_vpc_security_group_ingress_rule"),
        ("aws:dynamodb/table:Table", "aws_dynamodb_table"),
        ("aws:cloudwatch/logGroup:LogGroup", "aws_cloudwatch_log_group"),
    ],
)
def test_types_of_terraform_are_found(token: str, name: str) -> None:
    assert name in terraform_names(token)
    assert any(name in facts["on"] for facts in CHECKS.values())


def test_every_check_that_is_about_a_type_of_the_program_is_decided() -> None:
    undecided = {row.check for row in checkov_rows() if not row.decided}
    assert concerned(program.types()) & undecided == set(), "add a line to coverage/decisions.py"
    assert len(concerned(program.types())) > 80


def test_every_control_of_a_service_in_use_is_decided() -> None:
    assert [row.check for row in fsbp_rows() if not row.decided] == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.decided], ids=lambda row: row.check)
def test_a_decision_names_rules_that_exist_or_gives_one_reason(row: Row) -> None:
    assert set(row.rules) <= {rule.name for rule in RULES}
    assert bool(row.rules) is not bool(row.reason)


def test_decisions_are_about_checks_that_exist() -> None:
    assert {*CHECKOV, *CHECKOV_NOT} <= set(CHECKS)
    assert set(FSBP_NOT) <= set(CONTROLS)
    assert not set(CHECKOV) & set(CHECKOV_NOT)


def test_the_page_is_as_the_decisions_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
