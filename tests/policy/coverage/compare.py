"""Which of their checks concern us, and what we have instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guardrails.core.frameworks import NOT_IN_FSBP
from guardrails.core.rule import ResourceRule, Rule, StackRule
from guardrails.pack import RULES
from tests.policy.coverage.decisions import CHECKOV, CHECKOV_NOT, FSBP_NOT

FOLDER = Path(__file__).parent
CHECKS: Mapping[str, Mapping[str, Any]] = json.loads((FOLDER / "checkov.json").read_text(encoding="utf-8"))
"""Check -> its name and the Terraform types that it is about (`*`: all)."""
CONTROLS: Mapping[str, str] = json.loads((FOLDER / "fsbp.json").read_text(encoding="utf-8"))
"""Control -> its title. Source: https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html"""

SERVICES = frozenset(
    {
        "Account",
        "ACM",
        "APIGateway",
        "Athena",
        "CloudFront",
        "CloudTrail",
        "Cognito",
        "Config",
        "DataFirehose",
        "DynamoDB",
        "EC2",
        "ECR",
        "ECS",
        "EKS",
        "ELB",
        "EventBridge",
        "Glue",
        "GuardDuty",
        "IAM",
        "Inspector",
        "Kinesis",
        "KMS",
        "Lambda",
        "Opensearch",
        "RedshiftServerless",
        "Route53",
        "S3",
        "SecretsManager",
        "SNS",
        "SQS",
        "SSM",
        "WAF",
    }
)
"""The services of FSBP that the program uses."""

_TERRAFORM = {
    "apigateway": "api_gateway",
    "amp": "prometheus",
    "cfg": "config",
    "costexplorer": "ce",
    "directconnect": "dx",
    "ec2transitgateway": "ec2_transit_gateway",
    "rds": "db",
}
"""Modules of Pulumi whose Terraform prefix is another; those of `ec2` have none."""


@dataclass(frozen=True)
class Row:
    """A check or control of theirs: what ours has instead, or why it has nothing."""

    check: str
    name: str
    rules: tuple[str, ...]
    reason: str

    @property
    def decided(self) -> bool:
        """Whether anybody has thought about it."""
        return bool(self.rules or self.reason)


def checkov_rows() -> list[Row]:
    """A row for each of checkov's checks."""
    return [
        Row(check, facts["name"], tuple(CHECKOV.get(check, "").split()), CHECKOV_NOT.get(check, ""))
        for check, facts in CHECKS.items()
    ]


def fsbp_rows() -> list[Row]:
    """A row for each FSBP control of a service in use; our rules say which of them they cover."""
    ours: dict[str, list[str]] = {}
    for rule in RULES:
        for control in dict.fromkeys(_controls(rule)):
            ours.setdefault(control, []).append(rule.name)
    return [
        Row(control, title, tuple(ours.get(control, ())), FSBP_NOT.get(control, ""))
        for control, title in CONTROLS.items()
        if control.partition(".")[0] in SERVICES and control not in NOT_IN_FSBP
    ]


def _controls(rule: Rule) -> Iterator[str]:
    yield from rule.controls
    if isinstance(rule, ResourceRule | StackRule):
        yield from (row.control for row in rule.table if getattr(row, "control", ""))


def terraform_names(token: str) -> set[str]:
    """What Terraform may call a type of Pulumi's AWS provider, which is built on Terraform's."""
    _, path, name = token.split(":")
    service = path.partition("/")[0]
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
    prefixes = {service, _TERRAFORM.get(service, service), *(("",) if service in ("ec2", "vpc") else ())}
    return {"_".join(part for part in ("aws", prefix, snake) if part) for prefix in prefixes}


def concerned(tokens: Iterator[str] | tuple[str, ...]) -> set[str]:
    """The checks of checkov that are about any of these types."""
    names = {name for token in tokens for name in terraform_names(token)}
    return {check for check, facts in CHECKS.items() if names & set(facts["on"])}
