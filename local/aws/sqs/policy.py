"""Whether a queue's policy lets another service send to it: what a forgotten policy would break in AWS."""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

_SEND = "sqs:sendmessage"


def may_send(policy: str | None, service: str, source_arn: str, queue_arn: str) -> bool:
    """Whether `service` (`events`, `sns`, `s3`) may send for the resource of `source_arn`.

    A denial that applies wins. A condition of a kind or key that is not known here does not hold.
    """
    if not policy:
        return False
    account = source_arn.split(":")[4] if source_arn.count(":") >= 5 else ""
    context = {"aws:sourcearn": source_arn, "aws:sourceaccount": account, "aws:securetransport": "true"}
    effects = {
        statement.get("Effect")
        for statement in _listed(json.loads(policy).get("Statement"))
        if _applies(statement, f"{service}.amazonaws.com", queue_arn, context)
    }
    return "Allow" in effects and "Deny" not in effects


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [] if value is None else [value]


def _applies(
    statement: Mapping[str, Any], principal: str, queue_arn: str, context: Mapping[str, str]
) -> bool:
    who = statement.get("Principal")
    named = _listed(who.get("Service")) + _listed(who.get("AWS")) if isinstance(who, dict) else _listed(who)
    return (
        ("*" in named or principal in named)
        and any(fnmatchcase(_SEND, str(action).lower()) for action in _listed(statement.get("Action")))
        and any(fnmatchcase(queue_arn, str(resource)) for resource in _listed(statement.get("Resource")))
        and all(
            _holds(test, key.lower(), [str(value) for value in _listed(values)], context)
            for test, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(test: str, key: str, values: list[str], context: Mapping[str, str]) -> bool:
    actual = context.get(key)
    if actual is None:
        return False
    match test:
        case "ArnEquals" | "ArnLike" | "StringLike":
            return any(fnmatchcase(actual, value) for value in values)
        case "StringEquals":
            return actual in values
        case "Bool":
            return actual in [value.lower() for value in values]
    return False
