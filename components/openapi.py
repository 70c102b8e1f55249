"""An OpenAPI document as API Gateway serves it: integrations, authorizer, validation, CORS, its own answers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]+)?")
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
SECURITY_SCHEME = "cognito"
VALIDATOR = "all"
INTEGRATION_TIMEOUT_MS = 29_000  # the most that API Gateway waits
# RFC 9457 for what API Gateway answers itself: no authorization, wrong request, too many requests.
_GATEWAY_PROBLEM = (
    '{"type":"about:blank","title":$context.error.messageString,'
    '"status":$context.status,"instance":"urn:request:$context.requestId"}'
)


class OpenApiError(ValueError):
    """The OpenAPI document cannot be served as it is."""


@dataclass(frozen=True)
class Cors:
    """The one web page that may call the API from a browser: `origin` such as `https://backoffice.example.com`.

    API Gateway answers preflights itself and puts the headers on what it refuses itself; without them a
    browser takes an expired token for a broken network. A function's own answers are the function's to mark.
    """

    origin: str
    request_headers: tuple[str, ...] = (
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
    )
    exposed_headers: tuple[str, ...] = ("ETag", "Location", "Retry-After")
    max_age_seconds: int = 600

    def __post_init__(self) -> None:
        if not _ORIGIN.fullmatch(self.origin):
            raise ValueError(
                f"the origin {self.origin!r} is none: use https:// and a host, nothing after it; '*' would "
                "let any web page call the API"
            )


def operations(document: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every (path, method, operation) of an OpenAPI document."""
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def served_document(
    document: Mapping[str, Any],
    *,
    user_pool_arn: str,
    invoke_arns: Mapping[str, str],
    cors: Cors | None = None,
) -> str:
    """The document with API Gateway's extensions: integrations, authorizer, validation, its own answers."""
    served = copy.deepcopy(dict(document))
    served["components"]["securitySchemes"][SECURITY_SCHEME] = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [user_pool_arn]},
    }
    served["x-amazon-apigateway-request-validators"] = {
        VALIDATOR: {"validateRequestBody": True, "validateRequestParameters": True}
    }
    served["x-amazon-apigateway-request-validator"] = VALIDATOR
    served["x-amazon-apigateway-gateway-responses"] = {
        kind: {
            "responseTemplates": {"application/json": _GATEWAY_PROBLEM},
            "responseParameters": {
                "gatewayresponse.header.Content-Type": "'application/problem+json'",
                **(_headers("gatewayresponse.header", _cors_headers(cors)) if cors else {}),
            },
        }
        for kind in ("DEFAULT_4XX", "DEFAULT_5XX")
    }
    for path, _, operation in operations(served):
        prefix = max((p for p in invoke_arns if path.startswith(p)), key=len)
        operation["x-amazon-apigateway-integration"] = {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": invoke_arns[prefix],
            "timeoutInMillis": INTEGRATION_TIMEOUT_MS,
        }
    if cors:
        for item in served["paths"].values():
            item["options"] = _preflight(cors, [method for method in item if method in METHODS])
    return json.dumps(served, sort_keys=True)


def _cors_headers(cors: Cors) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": cors.origin,
        "Access-Control-Expose-Headers": ", ".join(cors.exposed_headers),
    }


def _preflight(cors: Cors, methods: list[str]) -> dict[str, Any]:
    """An operation that API Gateway answers without a function and without a token."""
    headers = {
        "Access-Control-Allow-Origin": cors.origin,
        "Access-Control-Allow-Methods": ", ".join(sorted(method.upper() for method in methods)),
        "Access-Control-Allow-Headers": ", ".join(cors.request_headers),
        "Access-Control-Max-Age": str(cors.max_age_seconds),
    }
    return {
        "summary": "Whether a web page may call this path",
        "security": [],
        "responses": {
            "204": {
                "description": "It may",
                "headers": {name: {"schema": {"type": "string"}} for name in headers},
            }
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "passthroughBehavior": "when_no_templates",
            "requestTemplates": {"application/json": '{"statusCode": 204}'},
            "responses": {
                "default": {
                    "statusCode": "204",
                    "responseParameters": _headers("method.response.header", headers),
                }
            },
        },
    }


def _headers(where: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as API Gateway maps them; a constant is in single quotes."""
    return {f"{where}.{name}": f"'{value}'" for name, value in headers.items()}
