"""The pack: every rule as a policy of the Pulumi SDK, with waivers applied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TypedDict

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from . import (
    cost,
    dead,
    encryption,
    events,
    exposure,
    hardening,
    iam,
    logs,
    protection,
    residency,
    tags,
    tls,
    waf,
)
from .core.frameworks import fsbp
from .core.rule import Outcome, Resource, ResourceRule, Rule, StackRule, unique
from .core.server import TypedPolicy
from .core.waivers import SCHEMA, Ledger, today_utc

NAME = "guardrails"

GROUPS = (
    encryption,
    tls,
    waf,
    exposure,
    iam,
    logs,
    protection,
    tags,
    residency,
    dead,
    events,
    cost,
    hardening,
)
RULES: tuple[Rule, ...] = unique(rule for group in GROUPS for rule in group.RULES)
"""Every rule that a waiver may name."""

WAIVERS = Rule(
    name="waivers",
    group="the pack itself",
    description="Every waiver names a rule and resources, gives a reason, and has not expired.",
    remediation="Correct or remove the waiver in the pack's configuration. Until then it waives nothing.",
    severity=Severity.HIGH,
    url="https://www.pulumi.com/docs/iac/crossguard/configuration/",
    settings=SCHEMA,
)
WAIVED = Rule(
    name="waivers-in-use",
    group="the pack itself",
    description="What is waived at present, and which waivers match no resource.",
    remediation="Remove waivers that match nothing, and solve what is waived before its last day.",
    severity=Severity.LOW,
    url=WAIVERS.url,
    level=EnforcementLevel.ADVISORY,
)
ALL_RULES: tuple[Rule, ...] = unique((WAIVERS, *RULES, WAIVED))
"""Every rule that configuration may name, in the order they run."""

STACK_TYPE = "pulumi:pulumi:Stack"


def build_policies(today: Callable[[], date] = today_utc) -> list[Policy]:
    """The policies for `PolicyPack`. `today` is the date that waivers are held against."""
    ledger = Ledger((rule.name for rule in RULES), today)
    # First, because it loads the waivers that the others ask for.
    policies: list[Policy] = [_waivers_policy(ledger)]
    for rule in RULES:
        if isinstance(rule, ResourceRule):
            policies.append(_resource_policy(rule, ledger))
        elif isinstance(rule, StackRule):
            policies.append(_stack_policy(rule, ledger))
    policies.append(_waived_policy(ledger))
    return policies


class _Metadata(TypedDict):
    name: str
    description: str
    enforcement_level: EnforcementLevel
    severity: Severity
    framework: PolicyComplianceFramework | None
    tags: list[str]
    remediation_steps: str
    url: str
    config_schema: PolicyConfigSchema | None


def _metadata(rule: Rule) -> _Metadata:
    return {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": rule.level,
        "severity": rule.severity,
        "framework": fsbp(rule.controls),
        "tags": [rule.group],
        "remediation_steps": rule.remediation,
        "url": rule.url,
        "config_schema": _schema(rule),
    }


def _schema(rule: Rule) -> PolicyConfigSchema | None:
    settings = {name: dict(schema) for name, schema in rule.settings.items()}
    return PolicyConfigSchema(properties=settings) if settings else None


def _resource_policy(rule: ResourceRule, ledger: Ledger) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if not rule.concerns(args.resource_type):
            return
        provider = args.provider.props if args.provider is not None else {}
        resource = Resource(args.resource_type, args.urn, args.props, provider, args.get_config())
        failures = [verdict for verdict in rule.judge(resource) if verdict.outcome is Outcome.FAIL]
        if not failures:
            return
        waiver = ledger.find(rule.name, args.urn)
        if waiver is not None:
            args.not_applicable(f"waived until {waiver.expires}: {waiver.reason}")
        for verdict in failures:
            report(verdict.message, args.urn)

    return TypedPolicy(rule.concerns, validate=validate, **_metadata(rule))


def _stack_policy(rule: StackRule, ledger: Ledger) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for found in rule.judge(args.resources):
            if found.verdict.outcome is Outcome.FAIL and ledger.find(rule.name, found.urn) is None:
                report(found.verdict.message, found.urn)

    return StackValidationPolicy(validate=validate, **_metadata(rule))


def _waivers_policy(ledger: Ledger) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        parsed = ledger.load(args.get_config())
        if args.resource_type == STACK_TYPE:  # once a run, before anything is created
            for fault in parsed.faults:
                report(fault, args.urn)

    return ResourceValidationPolicy(validate=validate, **_metadata(WAIVERS))


def _waived_policy(ledger: Ledger) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for waiver in ledger.parsed.waivers:
            covered = [
                resource.urn for resource in args.resources if waiver.covers(waiver.rule, resource.urn)
            ]
            for urn in covered:
                report(f"{waiver.rule} is waived here until {waiver.expires}: {waiver.reason}", urn)
            if not covered:
                report(
                    f"The waiver of {waiver.rule} for {waiver.urn!r} matches no resource. Remove it.", None
                )

    return StackValidationPolicy(validate=validate, **_metadata(WAIVED))
