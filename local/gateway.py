"""API Gateway in front of a function: tokens are checked, requests become proxy events, answers are sent on.

What it serves, and which scope an operation needs, comes from the API's OpenAPI document; what it refuses
itself is worded like the gateway responses of `components/rest_api.py`.
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs
from uuid import uuid4

import jwt

from local.web import Request, Response

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
"""A Lambda handler of a proxy integration: (event, context) -> answer."""
Claims = Callable[[str], Mapping[str, Any]]
"""An access token -> its claims. Raises jwt.InvalidTokenError."""

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SHOWN_HEADERS: Final = "ETag, Location, Retry-After"
_TAKEN_HEADERS: Final = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match"


class _Route(NamedTuple):
    pattern: re.Pattern[str]
    resource: str
    methods: Mapping[str, list[str] | None]
    """Method -> the scopes of which one is needed; None: anybody may."""


class Gateway:
    """A REST API. `allowed_origin`: whose pages may call it."""

    def __init__(
        self, document: Mapping[str, Any], handler: Handler, *, claims: Claims, allowed_origin: str
    ) -> None:
        self._handler = handler
        self._claims = claims
        self._origin = allowed_origin
        self._routes = [
            _Route(
                _pattern(path), path, {m.upper(): _scopes(o) for m, o in item.items() if m.upper() in METHODS}
            )
            for path, item in document["paths"].items()
        ]

    def app(self, request: Request) -> Response:
        """The API as a web app."""
        if request.method == "OPTIONS":
            return Response(status=204, headers=self._preflight())
        return self._answer(request)

    def _answer(self, request: Request) -> Response:
        request_id = str(uuid4())
        found = [(route, match) for route in self._routes if (match := route.pattern.fullmatch(request.path))]
        if not found or request.method not in found[0][0].methods:
            return self._refused(HTTPStatus.FORBIDDEN, "Missing Authentication Token", request_id)
        route, match = found[0]
        scopes = route.methods[request.method]
        claims: Mapping[str, Any] | None = None
        if scopes is not None:
            try:
                claims = self._claims(request.headers.get("authorization", "").removeprefix("Bearer "))
            except jwt.ExpiredSignatureError:
                return self._refused(HTTPStatus.UNAUTHORIZED, "The incoming token has expired", request_id)
            except jwt.InvalidTokenError:
                return self._refused(HTTPStatus.UNAUTHORIZED, "Unauthorized", request_id)
            if scopes and not set(scopes) & set(str(claims.get("scope", "")).split()):
                return self._refused(HTTPStatus.FORBIDDEN, "Insufficient scope", request_id)
        event = proxy_event(request, route.resource, match.groupdict(), claims, request_id)
        answer = json.loads(json.dumps(self._handler(event, None)))  # Lambda's own encoding
        headers = [(name, values[0]) for name, values in (answer.get("multiValueHeaders") or {}).items()]
        headers += [(name, value) for name, value in (answer.get("headers") or {}).items()]
        text = answer.get("body") or ""
        body = base64.b64decode(text) if answer.get("isBase64Encoded") else text.encode()
        return Response(status=int(answer["statusCode"]), headers=headers, body=body)

    def _cors(self) -> list[tuple[str, str]]:
        return [
            ("Access-Control-Allow-Origin", self._origin),
            ("Access-Control-Expose-Headers", _SHOWN_HEADERS),
            ("Vary", "Origin"),
        ]

    def _refused(self, status: HTTPStatus, title: str, request_id: str) -> Response:
        """What the gateway answers itself; a function's own answers are the function's to mark for CORS."""
        problem = {
            "type": "about:blank",
            "title": title,
            "status": status.value,
            "instance": f"urn:request:{request_id}",
        }
        return Response(
            status=status.value,
            headers=[("Content-Type", "application/problem+json"), *self._cors()],
            body=json.dumps(problem).encode(),
        )

    def _preflight(self) -> list[tuple[str, str]]:
        return [
            *self._cors(),
            ("Access-Control-Allow-Methods", ", ".join(METHODS)),
            ("Access-Control-Allow-Headers", _TAKEN_HEADERS),
            ("Access-Control-Max-Age", "600"),
        ]


def authorizer_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """Claims as the Cognito authorizer passes them on: every value is text, a list is joined by commas."""
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in claims.items()
    }


def proxy_event(
    request: Request,
    resource: str,
    path_parameters: Mapping[str, str],
    claims: Mapping[str, Any] | None,
    request_id: str,
) -> dict[str, Any]:
    """The event of a proxy integration, payload version 1.0."""
    parameters = parse_qs(request.query, keep_blank_values=True)
    try:
        body, encoded = request.body.decode(), False
    except UnicodeDecodeError:
        body, encoded = base64.b64encode(request.body).decode(), True
    context: dict[str, Any] = {
        "requestId": request_id,
        "stage": "live",
        "path": f"/live{request.path}",
        "domainName": request.headers.get("host", ""),
        "httpMethod": request.method,
        "identity": {"sourceIp": "127.0.0.1", "userAgent": request.headers.get("user-agent", "")},
    }
    if claims is not None:
        context["authorizer"] = {"claims": authorizer_claims(claims)}
    return {
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(request.headers),
        "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": dict(path_parameters) or None,
        "stageVariables": None,
        "requestContext": context,
        "body": body or None,
        "isBase64Encoded": encoded,
    }


def _pattern(path: str) -> re.Pattern[str]:
    escaped = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))
    return re.compile(escaped)


def _scopes(operation: Mapping[str, Any]) -> list[str] | None:
    required = operation.get("security", [])
    if not required:
        return None
    return [scope for alternative in required for scopes in alternative.values() for scope in scopes]
