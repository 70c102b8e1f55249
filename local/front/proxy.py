"""Lambda proxy integrations: the event of a request (payload 1.0), and the response of a function's answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from local.web import Request, Response

_HEADER_END = ("\r", "\n")


class Call(NamedTuple):
    """One request on its way through an API. `path`: values of the template's parameters."""

    request_id: str
    api_id: str
    stage: str
    account: str
    resource: str
    path: Mapping[str, str]
    claims: Mapping[str, Any] | None = None
    at_ms: int = 0


class MalformedError(Exception):
    """A function's answer is none of a proxy integration; the message says what is wrong with it."""


def authorizer_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """Claims as the Cognito authorizer passes them on: every value is text, a list is joined by commas."""
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else _text(value)
        for name, value in claims.items()
    }


def is_binary(content_type: str, kinds: Sequence[str]) -> bool:
    """Whether a content type is one of the API's binary media types."""
    kind = content_type.partition(";")[0].strip().lower()
    return any(
        known in ("*/*", kind) or (known.endswith("/*") and kind.startswith(known[:-1])) for known in kinds
    )


def proxy_event(request: Request, call: Call, *, body: bytes, binary: bool) -> dict[str, Any]:
    """The event. `binary`: whether the body is handed over in base64."""
    parameters = parse_qs(request.query, keep_blank_values=True)
    text = base64.b64encode(body).decode() if binary else body.decode("utf-8", "replace")
    context: dict[str, Any] = {
        "accountId": call.account,
        "apiId": call.api_id,
        "requestId": call.request_id,
        "extendedRequestId": call.request_id,
        "stage": call.stage,
        "path": request.path,  # of a custom domain; the stage is in that of execute-api only
        "resourcePath": call.resource,
        "domainName": request.headers.get("host", ""),
        "httpMethod": request.method,
        "protocol": "HTTP/1.1",
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(call.at_ms / 1_000)),
        "requestTimeEpoch": call.at_ms,
        "identity": {"sourceIp": "127.0.0.1", "userAgent": request.headers.get("user-agent", "")},
    }
    if call.claims is not None:
        context["authorizer"] = {"claims": authorizer_claims(call.claims)}
    return {
        "resource": call.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(request.headers),
        "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": dict(call.path) or None,
        "stageVariables": None,
        "requestContext": context,
        "body": text or None,
        "isBase64Encoded": binary and bool(body),
    }


def proxy_response(answer: object) -> Response:
    """The response. Raises MalformedError."""
    if not isinstance(answer, Mapping):
        raise MalformedError(f"it is {_kind(answer)}, not an object with statusCode")
    status = answer.get("statusCode")
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise MalformedError(f"statusCode is {status!r}: a number of 200 to 599 is expected")
    body = answer.get("body")
    if body is not None and not isinstance(body, str):
        raise MalformedError(f"body is {_kind(body)}, not a string: serialize it")
    encoded = answer.get("isBase64Encoded") is True
    try:
        content = base64.b64decode(body or "", validate=True) if encoded else (body or "").encode()
    except (binascii.Error, ValueError):
        raise MalformedError("isBase64Encoded is true and body is no base64") from None
    return Response(status, _headers(answer), content)


def _headers(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    several = answer.get("multiValueHeaders") or {}
    single = answer.get("headers") or {}
    if not isinstance(several, Mapping) or not isinstance(single, Mapping):
        raise MalformedError("headers and multiValueHeaders have to be objects")
    found = {name.lower() for name in several}
    pairs = [(name, value) for name, values in several.items() for value in _listed(name, values)]
    pairs += [(name, value) for name, value in single.items() if name.lower() not in found]
    made = [(str(name), _text(value)) for name, value in pairs if value is not None]
    for name, value in made:
        if not name.isascii() or any(end in name or end in value for end in _HEADER_END):
            raise MalformedError(f"the header {name!r} has a line break, or no ASCII name")
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            raise MalformedError(f"the header {name!r} has characters that no header can") from None
    return made


def _listed(name: str, values: object) -> list[Any]:
    if not isinstance(values, list):
        raise MalformedError(f"multiValueHeaders has {_kind(values)} for {name!r}, not a list")
    return values


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__
