"""WSGI requests as the proxy events that the handler takes from API Gateway, and its answers back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

MAX_BODY_BYTES: Final = 256 * 1_024
MAX_PARAMETERS: Final = 50

Environ = dict[str, Any]


class RequestRefusedError(Exception):
    """The request is none that could be handed on; the message says why."""


def proxy_event(
    environ: Environ, *, request_id: str, now_ms: int, claims: Mapping[str, str] | None
) -> dict[str, Any]:
    """The event of a request (PEP 3333). `claims` of a checked token, or None.

    Raises RequestRefusedError.
    """
    headers = headers_of(environ)
    parameters = _parameters(environ)
    body, encoded = _body(environ)
    method, path = environ["REQUEST_METHOD"], path_of(environ)
    context: dict[str, Any] = {
        "requestId": request_id,
        "requestTimeEpoch": now_ms,
        "stage": "container",
        "path": path,
        "resourcePath": path,
        "httpMethod": method,
        "protocol": environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
        "domainName": headers.get("host", ""),
        "identity": {"sourceIp": source_ip(environ), "userAgent": headers.get("user-agent", "")},
    }
    if claims is not None:
        context["authorizer"] = {"claims": dict(claims)}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers or None,
        "multiValueHeaders": {name: [value] for name, value in headers.items()} or None,
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": encoded,
    }


def answer_of(response: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    """(status line, headers, body) of a proxy answer."""
    status = int(response["statusCode"])
    try:
        line = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        line = f"{status} Unknown"
    headers = [
        (name, str(value))
        for name, values in (response.get("multiValueHeaders") or {}).items()
        for value in values
    ]
    headers += [(name, str(value)) for name, value in (response.get("headers") or {}).items()]
    text: str = response.get("body") or ""
    content = base64.b64decode(text) if response.get("isBase64Encoded") else text.encode()
    return line, [*headers, ("Content-Length", str(len(content)))], content


def path_of(environ: Environ) -> str:
    """The decoded path; WSGI hands bytes over as Latin-1."""
    raw = str(environ.get("PATH_INFO") or "/")
    return raw.encode("latin-1").decode("utf-8", "replace")


def headers_of(environ: Environ) -> dict[str, str]:
    """Header fields by their lower-cased names."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = str(environ[name])
    return headers


def source_ip(environ: Environ) -> str:
    """Who called: of X-Forwarded-For only the last address is the load balancer's word."""
    forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
    return forwarded.rpartition(",")[2].strip() or str(environ.get("REMOTE_ADDR", ""))


def _parameters(environ: Environ) -> dict[str, list[str]]:
    try:
        return parse_qs(
            str(environ.get("QUERY_STRING", "")), keep_blank_values=True, max_num_fields=MAX_PARAMETERS
        )
    except ValueError:
        raise RequestRefusedError(f"the query string has more than {MAX_PARAMETERS} parameters") from None


def _body(environ: Environ) -> tuple[str | None, bool]:
    """The body, and whether it is in base64 because it is no UTF-8."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length and not (length.isascii() and length.isdigit()):
        raise RequestRefusedError(f"Content-Length is {length[:20]!r}: a number of bytes is expected")
    wanted = int(length) if length else MAX_BODY_BYTES + 1
    if wanted > MAX_BODY_BYTES and length:
        raise RequestRefusedError(f"the body has {wanted} bytes: at most {MAX_BODY_BYTES} are taken")
    # Without a length only a server that marks the end may be read to it, or the read never returns.
    readable = bool(length) or bool(environ.get("wsgi.input_terminated"))
    content: bytes = environ["wsgi.input"].read(wanted) if readable else b""
    if len(content) > MAX_BODY_BYTES:
        raise RequestRefusedError(f"the body has more than {MAX_BODY_BYTES} bytes")
    if not content:
        return None, False
    try:
        return content.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(content).decode(), True
