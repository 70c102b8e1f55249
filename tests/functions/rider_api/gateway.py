"""API Gateway in front of the functions' handlers: tokens become claims, requests become proxy events."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from types import ModuleType
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import parse_qs, unquote, urlencode

from botocore.exceptions import ClientError

import gbfs_feed.handler
import rider_api.handler
from ev_rental.rental.command import Command
from http_api.iot_commands import IotCommandSender
from pages.openapi import api_document
from tests.functions.described import Described
from tests.functions.rental.world import World

DOMAIN = "api.example.com"
RIDER = "rider-1"
ENVIRONMENT = {
    "MARKET": "sg",
    "RENTAL_TABLE": "rental",
    "VEHICLE_STATE_TABLE": "vehicle-state",
    "TABLES_REGION": "ap-southeast-1",
    "IOT_REGION": "ap-southeast-1",
    "WRITES_ENABLED": "true",
    "WRITER_EPOCH": "1",
}
CLAIMS: Mapping[str, dict[str, str]] = {
    "staff": {"sub": "staff-1", "token_use": "access", "scope": "staff/operate"},
    "id": {"sub": "rider-1", "token_use": "id", "scope": "rental/ride"},
    "scopeless": {"sub": "rider-1", "token_use": "access"},
    "nearly": {"sub": "rider-1", "token_use": "access", "scope": "rental/ride-along"},
    "nobody": {"sub": "", "token_use": "access", "scope": "rental/ride"},
}
"""Tokens that the pool signed and that are still not a rider's access token."""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any
    text: str


class FakeIot:
    """boto's `iot-data`: keeps what is published; the broker is down while `broken`."""

    def __init__(self) -> None:
        self.published: list[tuple[str, int, dict[str, Any]]] = []
        self.broken = False

    def publish(self, *, topic: str, qos: int, payload: bytes) -> Any:
        if self.broken:
            error: Any = {"Error": {"Code": "InternalFailureException", "Message": ""}}
            raise ClientError(error, "Publish")
        self.published.append((topic, qos, json.loads(payload)))
        return {}


class Gateway:
    """`call` goes through the handlers, over a World's tables."""

    def __init__(self, world: World, iot: FakeIot) -> None:
        self.world = world
        self.iot = iot
        self._keys = count()

    def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = RIDER,
        body: Any = None,
        key: str | None = "",
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`token`: a rider's id, a name of CLAIMS, or None. `key`: a new one when empty, none when None."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if method == "POST" and key is not None:
            sent["Idempotency-Key"] = key or f"key-{next(self._keys)}"
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if content:
            sent.setdefault("Content-Type", "application/json")
        return self.request(method, path, urlencode(query or {}, doseq=True), sent, content)

    def request(
        self, method: str, path: str, query: str, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        given = {name.lower(): value for name, value in headers.items()}
        token = given.get("authorization", "").removeprefix("Bearer ")
        event = proxy_event(method, path, query, headers, content, claims_of(token))
        module: ModuleType = gbfs_feed.handler if path.startswith("/gbfs") else rider_api.handler
        answer = json.loads(json.dumps(module.handler(event, None)))  # Lambda's own encoding
        assert not answer["isBase64Encoded"]
        assert all(len(values) == 1 for values in answer["multiValueHeaders"].values())
        sent = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
        text = answer["body"] or ""
        body = json.loads(text) if text else None
        described().check(method, path, answer["statusCode"], sent, body)
        return Answer(answer["statusCode"], sent, body, text)

    def command(self, answer: Answer) -> Command:
        """The command that an answer tells of."""
        command = self.world.store.command(answer.body["commandId"])
        assert command is not None
        return command

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """The same as a WSGI application, for tools that speak it."""
        headers = {
            name[5:].replace("_", "-").title(): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        if environ.get("CONTENT_TYPE"):
            headers["Content-Type"] = environ["CONTENT_TYPE"]
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        answer = self.request(
            environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], headers, environ["wsgi.input"].read()
        )
        start_response(f"{answer.status} -", list(answer.headers.items()))
        return [answer.text.encode()]


@cache
def described() -> Described:
    """The API's document, to hold answers against."""
    return Described(api_document())


def claims_of(token: str) -> dict[str, str] | None:
    """What the authorizer passes on; a token that is expired or forged never gets claims."""
    if token in CLAIMS:
        return CLAIMS[token]
    if token.startswith("rider-"):
        return {"sub": token, "token_use": "access", "scope": "openid rental/ride", "client_id": "app"}
    return None


def proxy_event(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    content: bytes,
    claims: dict[str, str] | None,
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html"""
    parameters = parse_qs(query, keep_blank_values=True)
    try:
        body, encoded = content.decode(), False
    except UnicodeDecodeError:
        body, encoded = base64.b64encode(content).decode(), True
    context: dict[str, Any] = {
        "requestId": "request-1",
        "stage": "live",
        "path": f"/live{path}",
        "domainName": DOMAIN,
        "httpMethod": method,
    }
    if claims is not None:
        context["authorizer"] = {"claims": claims}
    return {
        "resource": path,
        "path": unquote(path),
        "httpMethod": method,
        "headers": dict(headers) or None,
        "multiValueHeaders": {name: [value] for name, value in headers.items()} or None,
        "queryStringParameters": {name: values[-1] for name, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": context,
        "body": body or None,
        "isBase64Encoded": encoded,
    }


@contextmanager
def gateway(world: World, *, writes_enabled: bool = True) -> Iterator[Gateway]:
    """The handlers as in Lambda, at a cold start, with the world's tables in place of AWS's."""
    iot = FakeIot()
    parts = {
        "market": world.market,
        "store": world.store,
        "clock": world.clock,
        "new_id": lambda: "unused",
        "writes_enabled": writes_enabled,
    }
    modules: tuple[Any, ...] = (rider_api.handler, gbfs_feed.handler)
    with (
        patch.dict("os.environ", ENVIRONMENT),
        patch.object(rider_api.handler, "connect", lambda _: parts),
        patch.object(gbfs_feed.handler, "connect", lambda _: parts),
        patch.object(IotCommandSender, "in_region", lambda _: IotCommandSender(lambda: iot)),
    ):
        for module in modules:
            module.router.cache_clear()
        try:
            yield Gateway(world, iot)
        finally:
            for module in modules:
                module.router.cache_clear()
