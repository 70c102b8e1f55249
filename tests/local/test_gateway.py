"""The gateway in front of a function: tokens, scopes, CORS, events."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import jwt
import pytest

from local.gateway import Gateway, authorizer_claims
from local.web import Request

ORIGIN = "http://127.0.0.1:8000"
SECURED = {"security": [{"cognito": ["backoffice/staff"]}]}
DOCUMENT = {
    "paths": {
        "/v1/cars/{carId}": {"get": SECURED, "post": SECURED},
        "/v1/open": {"get": {"security": []}},
    }
}


class Function:
    """Answers 200 with what it was asked."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {
            "statusCode": 200,
            "multiValueHeaders": {"Content-Type": ["application/json"]},
            "body": "{}",
            "isBase64Encoded": False,
        }

    def __call__(self, event: dict[str, Any], _: object) -> dict[str, Any]:
        self.events.append(event)
        return self.answer


def claims(token: str) -> Mapping[str, Any]:
    if token == "old":
        raise jwt.ExpiredSignatureError
    if not token.startswith("good"):
        raise jwt.InvalidTokenError
    scope = "openid" if token == "good-but-scopeless" else "openid backoffice/staff"
    return {"sub": "s-1", "scope": scope, "cognito:groups": ["admin", "operations"], "exp": 5}


@pytest.fixture
def function() -> Function:
    return Function()


@pytest.fixture
def gateway(function: Function) -> Gateway:
    return Gateway(DOCUMENT, function, claims=claims, allowed_origin=ORIGIN)


def test_a_request_reaches_the_function_as_a_proxy_event(gateway: Gateway, function: Function) -> None:
    request = Request(
        method="POST",
        path="/v1/cars/SG 1",
        query="a=1&a=2&b=",
        headers={"authorization": "Bearer good", "content-type": "application/json"},
        body=b'{"x": "\xc3\xa9"}',
    )
    answer = gateway.app(request)
    assert (answer.status, answer.body) == (200, b"{}")
    (event,) = function.events
    assert (event["resource"], event["pathParameters"]) == ("/v1/cars/{carId}", {"carId": "SG 1"})
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert event["queryStringParameters"] == {"a": "2", "b": ""}
    assert (event["body"], event["isBase64Encoded"]) == ('{"x": "\u00e9"}', False)
    assert event["requestContext"]["authorizer"]["claims"] == {
        "sub": "s-1",
        "scope": "openid backoffice/staff",
        "cognito:groups": "admin,operations",
        "exp": "5",
    }


def test_bytes_are_handed_over_and_back_in_base64(gateway: Gateway, function: Function) -> None:
    function.answer |= {"body": base64.b64encode(b"\xff\x00").decode(), "isBase64Encoded": True}
    answer = gateway.app(Request("POST", "/v1/cars/1", "", {"authorization": "Bearer good"}, b"\xff\xfe"))
    assert answer.body == b"\xff\x00"
    assert base64.b64decode(function.events[0]["body"]) == b"\xff\xfe"


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [
        ("GET", "/v1/cars/1", None, 401),
        ("GET", "/v1/cars/1", "forged", 401),
        ("GET", "/v1/cars/1", "old", 401),
        ("GET", "/v1/cars/1", "good-but-scopeless", 403),
        ("DELETE", "/v1/cars/1", "good", 403),
        ("GET", "/v1/cars/1/more", "good", 403),
        ("GET", "/v2", "good", 403),
    ],
)
def test_what_the_gateway_refuses_itself_a_page_can_read(
    gateway: Gateway, function: Function, method: str, path: str, token: str | None, status: int
) -> None:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    answer = gateway.app(Request(method, path, "", headers))
    assert (answer.status, function.events) == (status, [])
    assert json.loads(answer.body)["status"] == status
    told = dict(answer.headers)
    assert told["Content-Type"] == "application/problem+json"
    assert told["Access-Control-Allow-Origin"] == ORIGIN


def test_a_functions_own_answers_are_its_own_to_mark(gateway: Gateway) -> None:
    answer = gateway.app(Request("GET", "/v1/open"))
    assert answer.status == 200
    assert "Access-Control-Allow-Origin" not in dict(answer.headers)


def test_a_preflight_needs_no_token(gateway: Gateway, function: Function) -> None:
    answer = gateway.app(Request("OPTIONS", "/v1/cars/1", "", {"origin": ORIGIN}))
    told = dict(answer.headers)
    assert (answer.status, function.events) == (204, [])
    assert told["Access-Control-Allow-Origin"] == ORIGIN
    assert {"Authorization", "Idempotency-Key", "If-None-Match"} <= set(
        told["Access-Control-Allow-Headers"].split(", ")
    )


def test_every_claim_is_text() -> None:
    assert authorizer_claims({"a": 1, "b": ["x", "y"], "c": "z"}) == {"a": "1", "b": "x,y", "c": "z"}
