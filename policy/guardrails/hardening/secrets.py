"""No secret is written where everybody who may look at a resource can read it.

PASS     variables and parameters that name where a secret is; secure parameters
FAIL     a variable of a function or build, a plain parameter, a stage variable or user data that holds what
         looks like a secret: by its name, or because it is an access key or a private key
UNKNOWN  never: what is unknown is no literal
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import Severity

from ..core.peek import peek, places
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .containers import holds_secret
from .settings import GROUP

MAPS: Mapping[str, str] = {
    "aws:lambda/function:Function": "environment.variables",
    "aws:apigateway/stage:Stage": "variables",
    "aws:apigateway/deployment:Deployment": "variables",
    "aws:apigatewayv2/stage:Stage": "stageVariables",
    "aws:glue/job:Job": "defaultArguments",
    "aws:synthetics/canary:Canary": "runConfig.environmentVariables",
}
"""Type token -> a block of names and values."""

TEXTS: Mapping[str, str] = {
    "aws:ec2/instance:Instance": "userData",
    "aws:ec2/launchTemplate:LaunchTemplate": "userData",
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": "userData",
}
"""Type token -> a text."""

_WAY_OUT = "Keep it in Secrets Manager or a secure parameter, and name it here"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on what one resource holds in plain."""
    block: object = resource.props
    for name in MAPS.get(resource.type, "").split("."):
        block = peek(block, name)
    if isinstance(block, Mapping):
        for name in block:
            if holds_secret(str(name).removeprefix("--"), peek(block, name)):
                reason = "holds what looks like a secret"
                yield Verdict(Outcome.FAIL, f"{MAPS[resource.type]}.{name}", reason, _WAY_OUT)
    if resource.type in TEXTS:
        for at, value in places(resource.props, TEXTS[resource.type]):
            if holds_secret("", value):
                yield Verdict(Outcome.FAIL, at, "holds what looks like a secret", _WAY_OUT)


RULE = ResourceRule(
    name="hardening-secrets",
    group=GROUP,
    description="No secret is written in plain into a variable or into user data.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.CRITICAL,
    url="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html",
    types=frozenset({*MAPS, *TEXTS}),
    judge=judge,
)
