"""Containers run without privileges, and have no secret in their environment.

PASS     an own user or the image's, a root file system that cannot be written, a log; secrets by reference
FAIL     privileged, root by name, a writable root file system, no log, a key or password in plain; or
         definitions that are no JSON list
UNKNOWN  the definitions, or a property of one, are known only at deployment
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import Severity

from ..core.documents import parsed
from ..core.peek import MISSING, UNKNOWN, elements, is_list, peek, text_of
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .settings import GROUP

TASK = "aws:ecs/taskDefinition:TaskDefinition"
_PATH = "containerDefinitions"
_WRITE = "Write the definitions as a JSON list of containers"
_ROOT_USERS = ("root", "0", "0:0", "root:root")
SECRET_NAME = re.compile(
    r"(?i)(?:^|_)(?:password|passwd|secret|token|api_?key|private_?key|access_?key)(?:$|_)"
)
"""Names of variables that hold secrets. One that ends in ARN, NAME or ID holds a reference to one."""
REFERENCE = re.compile(r"(?i)(?:_|^)(?:arn|arns|name|id|url|ttl|seconds|header|algorithm)$")


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on the containers of one task definition."""
    value = peek(resource.props, _PATH)
    if value is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, _PATH, "are known only at deployment", _WRITE)
        return
    containers = parsed(value)
    if not is_list(containers):
        reason = "are missing" if value is MISSING else "are no JSON list"
        yield Verdict(Outcome.FAIL, _PATH, reason, _WRITE)
        return
    for index, container in enumerate(elements(containers)):
        yield from _container(f"{_PATH}[{index}]", container)


def _container(at: str, container: object) -> Iterator[Verdict]:
    if text_of(peek(container, "privileged")) == "true":
        yield Verdict(Outcome.FAIL, f"{at}.privileged", "is true", "Leave it out", "ECS.4")
    if peek(container, "user") in _ROOT_USERS:
        yield Verdict(Outcome.FAIL, f"{at}.user", "is root", "Name another user", "ECS.1")
    read_only = text_of(peek(container, "readonlyRootFilesystem"))
    if read_only != "true":
        outcome = Outcome.UNKNOWN if read_only is UNKNOWN else Outcome.FAIL
        way_out = "Set it to true, and mount volumes where the program writes"
        yield Verdict(outcome, f"{at}.readonlyRootFilesystem", "is not true", way_out, "ECS.5")
    if peek(container, "logConfiguration") is MISSING:
        way_out = "Send the log to a log group by the awslogs or awsfirelens driver"
        yield Verdict(Outcome.FAIL, f"{at}.logConfiguration", "is missing", way_out, "ECS.9")
    for index, variable in enumerate(elements(peek(container, "environment"))):
        if holds_secret(peek(variable, "name"), peek(variable, "value")):
            reason = "holds what looks like a secret"
            way_out = "Give it by secrets, from Secrets Manager or a secure parameter"
            yield Verdict(Outcome.FAIL, f"{at}.environment[{index}]", reason, way_out, "ECS.8")


_KEY_TEXT = re.compile(
    r"(?:A3T[A-Z0-9]|AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|gh[pousr]_[A-Za-z0-9]{36,}"
)


def holds_secret(name: object, value: object) -> bool:
    """Whether a variable holds a secret in plain, by its name or by what its value looks like."""
    if not isinstance(value, str) or not value or value.startswith("arn:"):
        return False
    named = isinstance(name, str) and SECRET_NAME.search(name) and not REFERENCE.search(name)
    return bool(named) or _KEY_TEXT.search(value) is not None


RULE = ResourceRule(
    name="hardening-containers",
    group=GROUP,
    description="Containers run without privileges, on a file system they cannot write, with a log.",
    remediation="Take the privileges away, and give secrets by reference.",
    severity=Severity.HIGH,
    url="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security-tasks-containers.html",
    controls=("ECS.1", "ECS.4", "ECS.5", "ECS.8", "ECS.9"),
    types=frozenset({TASK}),
    judge=judge,
)
