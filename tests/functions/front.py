"""An API in front of its handlers: tokens become claims, requests become API Gateway's events."""

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlencode

from botocore.exceptions import ClientError

from ev_rental.rental.command import Command
from tests.functions.described import Described
from tests.functions.rental.world import World

DOMAIN = "api.example.com"


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


class Front(ABC):
    """`call` goes through the handlers, over a World's tables; no answer is off the document.

    `caller`: who calls when a test does not say.
    """

    caller: str

    def __init__(self, world: World, iot: FakeIot, described: Described) -> None:
        self.world = world
        self.iot = iot
        self._described = described
        self._keys = count()

    @abstractmethod
    def claims_of(self, token: str) -> dict[str, str] | None:
        """What the authorizer passes on; a token that is expired or forged never gets claims."""

    @abstractmethod
    def handle(self, event: dict[str, Any]) -> Mapping[str, Any]:
        """What the handler of the event's path answers."""

    def call(
        self,
        method: str,
        path: str,
        *,
        by: str | None = "",
        body: Any = None,
        key: str | None = "",
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`by`: a token that `claims_of` knows; `caller` when empty, nobody when None. `key`: a new one when
        empty, none when None."""
        sent = dict(headers or {})
        if by is not None:
            sent["Authorization"] = f"Bearer {by or self.caller}"
        if method != "GET" and key is not None:
            sent["Idempotency-Key"] = key or f"key-{next(self._keys)}"
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if content:
            sent.setdefault("Content-Type", "application/json")
        return self.request(method, path, urlencode(query or {}, doseq=True), sent, content)

    def request(
        self, method: str, path: str, query: str, headers: Mapping[str, str], content: bytes
    ) -> Answer:
        given = {name.lower(): value for name, value in headers.items()}
        claims = self.claims_of(given.get("authorization", "").removeprefix("Bearer "))
        event = proxy_event(method, path, query, headers, content, claims)
        answer = json.loads(json.dumps(self.handle(event)))  # Lambda's own encoding
        assert not answer["isBase64Encoded"]
        assert all(len(values) == 1 for values in answer["multiValueHeaders"].values())
        sent = {name.lower(): values[0] for name, values in answer["multiValueHeaders"].items()}
        text = answer["body"] or ""
        body = json.loads(text) if text else None
        self._described.check(method, path, answer["statusCode"], sent, body)
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
        "identity": {"sourceIp": "203.0.113.7"},
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
