"""Evaluates an IAM policy document for one request: explicit deny, then allow, else denied.

Only the grammar that our documents use; an operator or principal that it does not know is an error, so that a
document cannot pass by being misunderstood.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True)
class Request:
    """Who (`service`, or the ARN of an `aws` principal) does what to which resource, in which context."""

    action: str
    resource: str = "*"
    service: str | None = None
    aws: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)


def allows(document: str, request: Request) -> bool:
    """Whether the document alone allows the request."""
    statements = [s for s in json.loads(document)["Statement"] if _applies(s, request)]
    return bool(statements) and all(s["Effect"] == "Allow" for s in statements)


def statements(document: str) -> list[dict[str, Any]]:
    """The statements of a document."""
    return list(json.loads(document)["Statement"])


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    return (
        _principal_matches(statement.get("Principal"), request)
        and any(fnmatchcase(request.action.lower(), a.lower()) for a in statement["Action"])
        and any(fnmatchcase(request.resource, r) for r in statement.get("Resource", ["*"]))
        and all(
            _holds(operator, request.context.get(key), wanted)
            for operator, tests in statement.get("Condition", {}).items()
            for key, wanted in tests.items()
        )
    )


def _principal_matches(principal: object, request: Request) -> bool:
    if principal is None or principal == "*":
        return True
    assert isinstance(principal, dict)
    assert principal.keys() <= {"AWS", "Service"}
    return request.service in principal.get("Service", []) or request.aws in principal.get("AWS", [])


def _holds(operator: str, actual: str | None, wanted: list[str]) -> bool:
    match operator:
        case "StringEquals":
            return actual in wanted
        case "Null":
            return [str(actual is None).lower()] == wanted
        case "ForAllValues:StringEquals":
            return all(value in wanted for value in _values(actual))
        case "ForAllValues:StringLike":
            return all(any(fnmatchcase(value, w) for w in wanted) for value in _values(actual))
        case "Bool":
            return actual is not None and actual.lower() in wanted
        case "ArnLike" | "ArnEquals":
            return actual is not None and any(fnmatchcase(actual, pattern) for pattern in wanted)
        case _:
            raise AssertionError(f"condition operator {operator} is not known to the evaluator")


def _values(actual: str | None) -> list[str]:
    """The values of a key that may have several: they are written with commas between them."""
    return actual.split(",") if actual else []
