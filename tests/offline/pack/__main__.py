"""A pack for the tests of the policy runner: each rule looks at one thing that the runner must hand over."""

import os
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

THING = "demo:index:Thing"


def no_bad_word(args: ResourceValidationArgs, report: ReportViolation) -> None:
    word = args.get_config()["word"]
    if args.resource_type == THING and args.props.get("text") == word:
        report(f"the text is {word!r}", None)


def touches_unknown(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.name == "unknown" and args.props["target"] == "x":
        report("cannot be", None)


def sees_options_and_provider(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if args.name == "seen":
        region = args.provider.props.get("region") if args.provider else None
        seconds = args.opts.custom_timeouts.create_seconds
        report(f"{args.opts.protect} {seconds} {region} {args.opts.parent}", None)


def only_for_things(args: ResourceValidationArgs, _report: ReportViolation) -> None:
    if args.resource_type != THING:
        args.not_applicable("no thing")


def sees_the_graph(args: StackValidationArgs, report: ReportViolation) -> None:
    for resource in args.resources:
        targets = resource.property_dependencies.get("target", [])
        if resource.name == "unguarded" and not any(t.name == "guard" for t in targets):
            report(f"{os.environ['PULUMI_STACK']} has no guard", resource.urn)
        if resource.name == "reader" and targets and targets[0].props["arn"] == "x":
            report("an unknown output was known", resource.urn)


def explodes(args: ResourceValidationArgs, _report: ReportViolation) -> None:
    if args.name == "bomb":
        raise RuntimeError("the rule is broken")


def fixes(args: ResourceValidationArgs) -> Any:
    if args.name == "fixable" and args.props.get("text") != "fixed":
        return {**args.props, "text": "fixed"}
    return None


PolicyPack(
    name="demo-pack",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        ResourceValidationPolicy(
            name="no-bad-word",
            description="Texts are polite.",
            config_schema=PolicyConfigSchema(properties={"word": {"type": "string", "default": "bad"}}),
            validate=no_bad_word,
            severity=Severity.HIGH,
            remediation_steps="Write something else.",
            url="https://example.com/polite",
        ),
        ResourceValidationPolicy("touches-unknown", "Targets are known.", touches_unknown),
        ResourceValidationPolicy(
            "sees-options",
            "Options arrive.",
            sees_options_and_provider,
            enforcement_level=EnforcementLevel.ADVISORY,
        ),
        ResourceValidationPolicy("only-things", "Things only.", only_for_things),
        ResourceValidationPolicy("explodes", "A broken rule.", explodes),
        ResourceValidationPolicy(
            "fixes", "Texts are fixed.", remediate=fixes, enforcement_level=EnforcementLevel.REMEDIATE
        ),
        StackValidationPolicy("sees-graph", "Relations arrive.", sees_the_graph),
    ],
)
