"""An API's operations, read from the OpenAPI document that was deployed, extensions of API Gateway included.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
_INTEGRATION: Final = "x-amazon-apigateway-integration"
_FUNCTION: Final = re.compile(r":lambda:path/2015-03-31/functions/(?P<arn>[^/]+)/invocations$")
_MOST_MS: Final = 29_000
Document = Mapping[str, Any]


class NotServedError(Exception):
    """The document asks for something that is not done here; the message names it."""


@dataclass(frozen=True)
class Checks:
    """What is checked before a function is called: required (place, name) pairs, and the body's schema."""

    parameters: tuple[tuple[str, str], ...] = ()
    schemas: Mapping[str, Mapping[str, Any]] | None = None
    """By content type; None: no body is checked."""
    body_required: bool = False


@dataclass(frozen=True)
class Operation:
    """`resource`: the path's template. `scopes`: None when anybody may; else one of them is needed, or any
    token if there is none. `function`: its ARN; None when the gateway answers with `mock` itself.
    """

    resource: str
    method: str
    scopes: tuple[str, ...] | None
    checks: Checks
    function: str | None
    timeout_seconds: float
    mock: tuple[int, tuple[tuple[str, str], ...]] = (200, ())


def operations(document: Document) -> Iterator[Operation]:
    """Every operation. Raises NotServedError, naming it, for an integration of a kind that is not done."""
    for path, item in document["paths"].items():
        for method, said in item.items():
            if method.upper() in METHODS:
                yield _operation(document, path, method.upper(), item, said)


def pattern(path: str) -> re.Pattern[str]:
    """Matches the paths of a template; the n-th group is the n-th parameter of `names`."""
    parts = re.split(r"(\{[^{}]+\})", path)
    made = "".join(_group(part) if part.startswith("{") else re.escape(part) for part in parts)
    return re.compile(made, re.DOTALL)


def names(path: str) -> tuple[str, ...]:
    """The names of a template's parameters, in order."""
    return tuple(name.removesuffix("+") for name in re.findall(r"\{([^{}]+)\}", path))


def specificity(path: str) -> tuple[tuple[int, str], ...]:
    """Sorts templates so that the one that API Gateway takes comes first: fixed parts before parameters."""
    return tuple(
        (2 if part.endswith("+}") else 1 if part.startswith("{") else 0, part) for part in path.split("/")
    )


def function_arn(uri: str) -> str | None:
    """The ARN in an integration's URI."""
    found = _FUNCTION.search(uri)
    return found["arn"] if found else None


def _group(part: str) -> str:
    return "(.+)" if part.endswith("+}") else "([^/]+)"


def _operation(
    document: Document, path: str, method: str, item: Mapping[str, Any], said: Mapping[str, Any]
) -> Operation:
    integration = said.get(_INTEGRATION, {})
    kind = integration.get("type", "")
    arn = function_arn(str(integration.get("uri", "")))
    if kind.lower() not in ("aws_proxy", "mock") or (kind.lower() == "aws_proxy" and arn is None):
        raise NotServedError(
            f"{method} {path}: its integration is {kind or 'missing'!r} of {integration.get('uri')!r}; "
            "aws_proxy of a function and mock are served here"
        )
    return Operation(
        resource=path,
        method=method,
        scopes=_scopes(said.get("security", document.get("security", []))),
        checks=_checks(document, [*item.get("parameters", ()), *said.get("parameters", ())], said),
        function=arn,
        timeout_seconds=min(int(integration.get("timeoutInMillis", _MOST_MS)), _MOST_MS) / 1_000,
        mock=_mock(integration) if arn is None else (200, ()),
    )


def _scopes(required: list[Mapping[str, list[str]]]) -> tuple[str, ...] | None:
    if not required:
        return None
    return tuple(scope for alternative in required for scopes in alternative.values() for scope in scopes)


def _checks(document: Document, parameters: list[Mapping[str, Any]], said: Mapping[str, Any]) -> Checks:
    key = "x-amazon-apigateway-request-validator"
    name = said.get(key, document.get(key))
    asked = document.get(f"{key}s", {}).get(name, {})
    required: tuple[tuple[str, str], ...] = ()
    if asked.get("validateRequestParameters"):
        required = tuple((str(p["in"]), str(p["name"])) for p in parameters if p.get("required"))
    body = said.get("requestBody")
    if body is None or not asked.get("validateRequestBody"):
        return Checks(required)
    schemas = {kind.lower(): media["schema"] for kind, media in body["content"].items() if "schema" in media}
    return Checks(required, schemas, bool(body.get("required")))


def _mock(integration: Mapping[str, Any]) -> tuple[int, tuple[tuple[str, str], ...]]:
    """(status, headers) of the answer that a mock integration gives."""
    answers = integration.get("responses", {})
    answer: Mapping[str, Any] = answers.get("default") or next(iter(answers.values()), {})
    prefix = "method.response.header."
    headers = tuple(
        (name.removeprefix(prefix), str(value).strip("'"))
        for name, value in answer.get("responseParameters", {}).items()
        if name.startswith(prefix)
    )
    return int(answer.get("statusCode", 200)), headers
