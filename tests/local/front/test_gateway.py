"""The gateway in front of a function: tokens, scopes, CORS, events."""

import base64
import gzip
import json
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from hypothesis import given, strategies as st

from components.openapi import Cors, served_document
from local.front.functions import (
    AwayError,
    FunctionFailedError,
    InvokeError,
    ThrottledError,
    TooSlowError,
)
from local.front.gateway import Gateway, Settings
from local.front.operations import NotServedError
from local.front.proxy import authorizer_claims
from local.front.throttle import Limit
from local.web import MAX_BODY, Request

ORIGIN = "http://127.0.0.1:8000"
SECURED = {"security": [{"cognito": ["backoffice/staff"]}]}
ARN = "arn:aws:lambda:ap-southeast-1:111122223333:function:cars:live"
URI = f"arn:aws:apigateway:ap-southeast-1:lambda:path/2015-03-31/functions/{ARN}/invocations"
PLAIN: dict[str, Any] = {
    "paths": {
        "/v1/cars/{carId}": {
            "get": SECURED,
            "post": {
                **SECURED,
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Car"}}},
                },
            },
        },
        "/v1/cars/new": {"get": {"security": []}},
        "/v1/open": {
            "get": {
                "security": [],
                "parameters": [
                    {"name": "near", "in": "query", "required": True, "schema": {"type": "string"}},
                    {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
                ],
            },
            "post": {
                "security": [],
                "parameters": [{"name": "Idempotency-Key", "in": "header", "required": True}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Car"}}}
                },
            },
        },
    },
    "components": {
        "securitySchemes": {"cognito": {}},
        "schemas": {
            "Car": {
                "type": "object",
                "properties": {"x": {"$ref": "#/components/schemas/Name"}},
                "required": ["x"],
            },
            "Name": {"type": "string", "minLength": 1},
        },
    },
}
DEPLOYED_PAGE = "https://backoffice.example.com"
DOCUMENT: dict[str, Any] = json.loads(
    served_document(PLAIN, user_pool_arn="pool", invoke_arns={"/": URI}, cors=Cors(origin=DEPLOYED_PAGE))
)


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
        self.fault: InvokeError | None = None
        self.called: list[tuple[str, float]] = []

    def __call__(self, function: str, event: dict[str, Any], seconds: float) -> object:
        self.events.append(event)
        self.called.append((function, seconds))
        if self.fault:
            raise self.fault
        return self.answer


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


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
    return made(function)


def made(function: Function, *, clock: Clock | None = None, **settings: Any) -> Gateway:
    return Gateway(
        DOCUMENT,
        function,
        claims=claims,
        settings=Settings(origins={DEPLOYED_PAGE: ORIGIN}, **settings),
        clock=clock or Clock(),
    )


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


def test_bytes_of_a_binary_media_type_are_handed_over_and_back_in_base64(function: Function) -> None:
    function.answer |= {"body": base64.b64encode(b"\xff\x00").decode(), "isBase64Encoded": True}
    gateway = made(function, binary_types=("image/*",))
    headers = {"authorization": "Bearer good", "content-type": "image/png"}
    answer = gateway.app(Request("POST", "/v1/cars/1", "", headers, b"\xff\xfe"))
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
    answer = gateway.app(Request("GET", "/v1/open", "near=1"))
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
    assert authorizer_claims({"a": 1, "b": ["x", "y"], "c": "z", "d": True}) == {
        "a": "1",
        "b": "x,y",
        "c": "z",
        "d": "true",
    }


def test_the_function_of_the_integration_is_called_and_given_its_time(
    gateway: Gateway, function: Function
) -> None:
    gateway.app(Request("GET", "/v1/cars/new"))
    assert function.called == [(ARN, 29.0)]
    assert function.events[0]["resource"] == "/v1/cars/new", "a fixed part goes before a parameter"
    assert function.events[0]["requestContext"]["requestTimeEpoch"] == 1_800_000_000_000


@pytest.mark.parametrize(
    ("request_", "title"),
    [
        (Request("GET", "/v1/open"), "Missing required request parameters: [near]"),
        (Request("GET", "/v1/open", "near="), "Missing required request parameters: [near]"),
        (Request("POST", "/v1/open"), "Missing required request parameters: [Idempotency-Key]"),
        (Request("POST", "/v1/open", "", {"idempotency-key": "1"}, b"{}"), "Invalid request body"),
        (Request("POST", "/v1/open", "", {"idempotency-key": "1"}, b'{"x":""}'), "Invalid request body"),
        (Request("POST", "/v1/open", "", {"idempotency-key": "1"}, b'{"x":'), "Invalid request body"),
        (Request("POST", "/v1/open", "", {"idempotency-key": "1"}, b'{"x":NaN}'), "Invalid request body"),
        (Request("POST", "/v1/open", "", {"idempotency-key": "1"}, b"\xff"), "Invalid request body"),
        (Request("POST", "/v1/open", "", {"idempotency-key": "1"}, b"[" * 9_999), "Invalid request body"),
        (
            Request(
                "POST",
                "/v1/open",
                "",
                {"idempotency-key": "1", "content-type": "Application/JSON; charset=utf-8"},
                b"[]",
            ),
            "Invalid request body",
        ),
        (Request("POST", "/v1/cars/1", "", {"authorization": "Bearer good"}), "Invalid request body"),
    ],
)
def test_a_request_that_the_document_forbids_reaches_no_function(
    gateway: Gateway, function: Function, request_: Request, title: str
) -> None:
    answer = gateway.app(request_)
    assert (answer.status, function.events) == (400, [])
    assert json.loads(answer.body)["title"] == title


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b'{"x": "1"}'),
        ({}, b""),
        ({"content-type": "text/csv"}, b"1,2"),
    ],
)
def test_a_request_that_the_document_allows_reaches_the_function(
    gateway: Gateway, function: Function, headers: dict[str, str], body: bytes
) -> None:
    asked = Request("POST", "/v1/open", "", {"idempotency-key": "1", **headers}, body)
    assert gateway.app(asked).status == 200
    assert (function.events[0]["body"] or "") == body.decode()


def test_a_method_takes_its_burst_and_then_its_rate(function: Function) -> None:
    clock = Clock()
    gateway = made(function, clock=clock, limit=Limit(rate=2, burst=3))
    asked = Request("GET", "/v1/open", "near=1")
    assert [gateway.app(asked).status for _ in range(5)] == [200, 200, 200, 429, 429]
    assert gateway.app(Request("GET", "/v1/cars/new")).status == 200, "another method has its own"
    clock.now += 1
    assert [gateway.app(asked).status for _ in range(3)] == [200, 200, 429]
    clock.now += 3600
    assert [gateway.app(asked).status for _ in range(4)] == [200, 200, 200, 429]
    assert gateway.counts == {"requests": 13, "4xx": 4, "5xx": 0, "throttled": 4}


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (TooSlowError("slow"), 504),
        (AwayError("away"), 503),
        (ThrottledError("busy"), 500),
        (FunctionFailedError("ValueError", "secret words"), 502),
        (FunctionFailedError("RequestTooLargeException", "6 MB"), 413),
    ],
)
def test_a_function_without_an_answer_is_told_from_a_wrong_request(
    gateway: Gateway, function: Function, fault: InvokeError, status: int
) -> None:
    function.fault = fault
    answer = gateway.app(Request("GET", "/v1/open", "near=1"))
    assert (answer.status, json.loads(answer.body)["status"]) == (status, status)
    assert b"secret" not in answer.body
    assert dict(answer.headers)["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        {},
        {"statusCode": "many"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"X": "1\r\nSet-Cookie: a=b"}},
        {"statusCode": 200, "headers": {"X": "\u4e00"}},
        {"statusCode": 200, "multiValueHeaders": {"X": "1"}},
    ],
)
def test_a_malformed_answer_is_a_502(
    gateway: Gateway, function: Function, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    function.answer = answer
    assert gateway.app(Request("GET", "/v1/open", "near=1")).status == 502
    assert "malformed answer" in caplog.text


def test_headers_of_a_function_are_sent_on_and_its_page_is_the_one_here(
    gateway: Gateway, function: Function
) -> None:
    function.answer = {
        "statusCode": 201,
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        "headers": {"set-cookie": "c=3", "Access-Control-Allow-Origin": DEPLOYED_PAGE, "Age": 5},
    }
    answer = gateway.app(Request("GET", "/v1/open", "near=1"))
    assert [value for name, value in answer.headers if name.lower() == "set-cookie"] == ["a=1", "b=2"]
    told = dict(answer.headers)
    assert (told["Access-Control-Allow-Origin"], told["Age"]) == (ORIGIN, "5")
    assert told["x-amzn-RequestId"] == function.events[0]["requestContext"]["requestId"]
    assert told["x-amz-apigw-id"]


def test_links_of_an_api_to_itself_lead_here(gateway: Gateway, function: Function) -> None:
    function.answer["body"] = '["https://127.0.0.1:8600/gbfs", "https://example.com/"]'
    asked = Request("GET", "/v1/open", "near=1", {"host": "127.0.0.1:8600"})
    assert json.loads(gateway.app(asked).body) == ["http://127.0.0.1:8600/gbfs", "https://example.com/"]
    assert function.events[0]["requestContext"]["path"] == "/v1/open"


def test_a_long_answer_is_compressed_for_who_takes_it(function: Function) -> None:
    gateway = made(function, compress_from=100)
    asked = Request("GET", "/v1/open", "near=1", {"accept-encoding": "br, gzip"})
    function.answer["body"] = "x" * 99
    assert gateway.app(asked).body == b"x" * 99
    function.answer["body"] = "x" * 100
    answer = gateway.app(asked)
    assert dict(answer.headers)["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body) == b"x" * 100
    assert gateway.app(Request("GET", "/v1/open", "near=1")).body == b"x" * 100


def test_a_compressed_body_is_unpacked_before_it_is_checked(function: Function) -> None:
    gateway = made(function, compress_from=0)
    headers = {"idempotency-key": "1", "content-encoding": "gzip"}
    good = Request("POST", "/v1/open", "", headers, gzip.compress(b'{"x": "1"}'))
    assert gateway.app(good).status == 200
    assert function.events[0]["body"] == '{"x": "1"}'
    assert gateway.app(Request("POST", "/v1/open", "", headers, b"no gzip")).status == 400
    bomb = gzip.compress(b" " * (MAX_BODY + 1))
    assert gateway.app(Request("POST", "/v1/open", "", headers, bomb)).status == 413


def test_a_body_above_ten_megabytes_is_refused_in_the_documents_words(gateway: Gateway) -> None:
    answer = gateway.too_large(Request("POST", "/v1/open"))
    assert (answer.status, json.loads(answer.body)["status"]) == (413, 413)


def test_an_integration_that_is_not_served_is_named() -> None:
    document = {"paths": {"/v1": {"get": {"x-amazon-apigateway-integration": {"type": "http", "uri": "x"}}}}}
    with pytest.raises(NotServedError, match="GET /v1: its integration is 'http' of 'x'"):
        Gateway(document, Function(), claims=claims)


_texts = st.text(max_size=20)
_paths = st.one_of(
    st.sampled_from(["/v1/open", "/v1/cars/1", "/v1/cars/new", "/"]), _texts.map(lambda text: f"/{text}")
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=10,
).map(lambda value: json.dumps(value).encode())


@given(
    method=st.sampled_from(["GET", "POST", "OPTIONS", "DELETE", "HEAD", "BREW"]),
    path=_paths,
    query=st.sampled_from(["near=1", ""]) | _texts,
    headers=st.dictionaries(
        st.sampled_from(
            [
                "authorization",
                "content-type",
                "content-encoding",
                "idempotency-key",
                "accept-encoding",
                "host",
            ]
        ),
        st.sampled_from(["Bearer good", "application/json", "gzip", "deflate", "1"]) | _texts,
    ),
    body=st.binary(max_size=200) | _json,
)
def test_no_request_makes_the_gateway_itself_fail(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes
) -> None:
    function = Function()
    gateway = made(function, compress_from=1)
    answer = gateway.app(Request(method, path, query, headers, body))
    assert answer.status in ((200,) if function.events else (204, 400, 401, 403, 413))
    if function.events:
        json.dumps(function.events[0]).encode()
    elif answer.status != 204:
        text = gzip.decompress(answer.body) if ("Content-Encoding", "gzip") in answer.headers else answer.body
        assert json.loads(text)["status"] == answer.status
