"""The container's rider API over the function's handler: the same answers, nobody mistaken for another."""

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, strategies as st

import rider_api.handler
from containers.rider_api.application import Application
from containers.rider_api.proxy import MAX_BODY_BYTES, MAX_PARAMETERS, answer_of, proxy_event
from tests.containers.issuing import NOW, Pool, ask, request, token, verifier
from tests.functions.front import proxy_event as event_of_api_gateway
from tests.functions.rental.world import World
from tests.functions.rider_api.gateway import Gateway, gateway

CAR = "SG-EV-000001"


@pytest.fixture
def world() -> World:
    return World(cars=3, riders=2, parked=True)


@pytest.fixture
def beside(world: World) -> Iterator[Gateway]:
    """The same tables behind API Gateway."""
    with gateway(world) as made:
        yield made


@pytest.fixture
def api(beside: Gateway) -> Application:
    """The container over the world's tables."""
    assert beside
    return application(rider_api.handler.handler)


def application(handler: Any, pool: Pool | None = None) -> Application:
    numbers = count(1)
    return Application(
        handler, verifier(pool), clock=lambda: NOW * 1_000, new_id=lambda: f"request-{next(numbers)}"
    )


def signed(rider: str = "rider-1", **changes: Any) -> dict[str, Any]:
    return {"HTTP_AUTHORIZATION": f"Bearer {token(sub=rider, **changes)}"}


def nobody(*_: Any) -> Any:
    """A handler that must not be asked."""
    raise AssertionError("the handler was asked")


def hold(rider: str, key: str, car: str = CAR) -> dict[str, Any]:
    content = json.dumps({"vehicleId": car}).encode()
    return request("POST", "/v1/bookings", content=content, HTTP_IDEMPOTENCY_KEY=key, **signed(rider))


def test_a_rider_holds_a_car_and_both_ways_tell_of_it(api: Application, beside: Gateway) -> None:
    held = ask(api, hold("rider-1", "key-1"))
    assert held.status == 201
    assert held.body["state"] == "HELD"
    path = held.headers["location"]
    assert path == f"/v1/bookings/{held.body['bookingId']}"
    assert ask(api, request("GET", path, **signed())).body == held.body
    assert beside.call("GET", path, by="rider-1").body == held.body
    assert ask(api, hold("rider-1", "key-1")).body == held.body  # the same key, the same answer
    others = ask(api, request("GET", path, **signed("rider-2")))
    assert (others.status, others.body["code"]) == (404, "booking_not_found")


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/v1/stations", {}),
        ("GET", "/v1/vehicles", {"latitude": "1.3", "longitude": "103.85"}),
        ("GET", "/v1/vehicles", {"latitude": "91", "longitude": "103.85"}),
        ("GET", "/v1/quote", {"minutes": "30"}),
        ("GET", "/v1/bookings", {"cursor": "not a cursor"}),
        ("GET", "/v1/bookings/unknown", {}),
        ("DELETE", "/v1/bookings", {}),
        ("GET", "/v2/nothing", {}),
        ("POST", "/v1/bookings", {}),
    ],
)
def test_the_answer_is_api_gateways(
    api: Application, beside: Gateway, method: str, path: str, query: Mapping[str, str]
) -> None:
    here = ask(api, request(method, path, query=urlencode(query), **signed()))
    there = beside.request(method, path, urlencode(query), {"Authorization": "Bearer rider-1"}, b"")
    assert here.status == there.status
    without_instance = {**here.body, "instance": there.body.get("instance")}
    assert there.body in (here.body, without_instance)
    assert here.headers["content-type"] == there.headers["content-type"]
    assert here.headers["content-length"] == str(len(here.content))


def test_without_a_good_token_a_rider_gets_in_nowhere(api: Application) -> None:
    for headers in ({}, {"HTTP_AUTHORIZATION": "Bearer x"}, signed(exp=NOW)):
        refused = ask(api, request("GET", "/v1/stations", **headers))
        assert (refused.status, refused.body["code"]) == (401, "unauthenticated")
        assert refused.headers["www-authenticate"] == "Bearer"
    wrong_scope = ask(api, request("GET", "/v1/stations", **signed(scope="staff/operate")))
    assert (wrong_scope.status, wrong_scope.body["code"]) == (403, "insufficient_scope")


def test_health_needs_no_token_and_asks_nobody() -> None:
    pool = Pool()
    pool.broken = True
    healthy = ask(application(nobody, pool), request("GET", "/health"))
    assert (healthy.status, healthy.body) == (200, {"status": "ok"})
    assert pool.asked == 0


def test_when_the_pools_keys_cannot_be_had_a_rider_is_asked_to_try_again(beside: Gateway) -> None:
    assert beside
    pool = Pool("one")
    pool.broken = True
    answer = ask(application(rider_api.handler.handler, pool), request("GET", "/v1/stations", **signed()))
    assert (answer.status, answer.body["code"]) == (503, "try_again")
    assert answer.headers["retry-after"] == "1"


def test_a_fault_gives_a_definite_answer_and_says_nothing_of_it() -> None:
    def fail(*_: Any) -> Any:
        raise RuntimeError("secret of rider-1")

    answer = ask(application(fail), request("GET", "/v1/stations", **signed()))
    assert (answer.status, answer.body["code"]) == (500, "internal_error")
    assert b"secret" not in answer.content


class Gate:
    """A lock that tells whether it is held."""

    def __init__(self) -> None:
        self.held = False

    def __enter__(self) -> None:
        assert not self.held
        self.held = True

    def __exit__(self, *_: object) -> None:
        self.held = False


def test_the_handler_is_asked_behind_a_lock_that_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, held = Gate(), []
    monkeypatch.setattr("containers.rider_api.application.Lock", lambda: gate)

    def look(*_: Any) -> dict[str, Any]:
        held.append(gate.held)
        if len(held) == 2:
            raise RuntimeError
        return {"statusCode": 204}

    served = application(look)
    statuses = [ask(served, request("GET", "/v1/bookings", **signed())).status for _ in range(3)]
    assert (statuses, held, gate.held) == ([204, 500, 204], [True] * 3, False)


# ---- requests and events -----------------------------------------------------------------------------------

names = st.text("abcdefghij", min_size=1, max_size=8)
values = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)


@given(
    st.sampled_from(["GET", "POST", "DELETE"]),
    st.lists(values, max_size=3).map(lambda parts: "/v1/" + "/".join(parts)),
    st.lists(st.tuples(names, values), max_size=5),
    st.binary(max_size=40),
)
def test_an_event_is_what_api_gateway_would_have_made(
    method: str, path: str, query: list[tuple[str, str]], content: bytes
) -> None:
    text = urlencode(query)
    environ = request(method, path, query=text, content=content)
    made = proxy_event(environ, request_id="request-1", now_ms=1, claims={"sub": "rider-1"})
    headers = {"host": "api.example.com"}
    if content:
        headers |= {"content-type": "application/json", "content-length": str(len(content))}
    wanted = event_of_api_gateway(method, quote(path), text, headers, content, {"sub": "rider-1"})
    for field in (
        *("path", "httpMethod", "queryStringParameters", "multiValueQueryStringParameters"),
        *("headers", "multiValueHeaders", "body", "isBase64Encoded", "pathParameters"),
    ):
        assert made[field] == wanted[field], field
    for field in ("requestId", "httpMethod", "domainName", "authorizer"):
        assert made["requestContext"][field] == wanted["requestContext"][field], field


def test_a_path_that_is_no_utf_8_is_a_path_all_the_same() -> None:
    environ = {**request("GET", "/"), "PATH_INFO": "/v1/\xff"}
    assert proxy_event(environ, request_id="r", now_ms=1, claims=None)["path"] == "/v1/\ufffd"


def test_who_called_is_the_load_balancers_word() -> None:
    environ = request(HTTP_X_FORWARDED_FOR="1.2.3.4, 10.64.0.9")
    made = proxy_event(environ, request_id="r", now_ms=1, claims=None)
    assert made["requestContext"]["identity"]["sourceIp"] == "10.64.0.9"
    direct = proxy_event(request(), request_id="r", now_ms=1, claims=None)
    assert direct["requestContext"]["identity"]["sourceIp"] == "10.10.0.9"


def test_no_header_makes_claims() -> None:
    environ = request(HTTP_REQUESTCONTEXT='{"authorizer": {}}', HTTP_AUTHORIZER="rider-1")
    made = proxy_event(environ, request_id="r", now_ms=1, claims=None)
    assert "authorizer" not in made["requestContext"]


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"CONTENT_LENGTH": str(MAX_BODY_BYTES + 1)}, "at most"),
        ({"CONTENT_LENGTH": "-1"}, "a number of bytes"),
        ({"CONTENT_LENGTH": "1e3"}, "a number of bytes"),
        ({"QUERY_STRING": "&".join(f"a{n}=1" for n in range(MAX_PARAMETERS + 1))}, "parameters"),
    ],
)
def test_what_is_too_much_or_no_request_is_refused(environ: dict[str, Any], reason: str) -> None:
    refused = ask(application(nobody), request("POST", "/v1/bookings", **environ))
    assert (refused.status, refused.body["code"]) == (400, "invalid_request")
    assert reason in refused.body["detail"]


def test_a_body_without_a_length_is_read_only_where_its_end_is_marked() -> None:
    bodies: list[str | None] = []

    def keep(event: dict[str, Any], _: Any) -> dict[str, Any]:
        bodies.append(event["body"])
        return {"statusCode": 204}

    for marked, content in ((True, b"{}"), (False, b"{}"), (True, b"x" * (MAX_BODY_BYTES + 1))):
        environ = request("POST", "/v1/bookings", content=content)
        environ |= {"CONTENT_LENGTH": "", "wsgi.input_terminated": marked}
        answer = ask(application(keep), environ)
        assert answer.status == (400 if len(content) > 2 else 204)
    assert bodies == ["{}", None]


def test_an_answer_in_base64_is_sent_as_bytes() -> None:
    line, headers, content = answer_of(
        {"statusCode": 299, "headers": {"X-One": "1"}, "body": "/wA=", "isBase64Encoded": True}
    )
    assert (line, content) == ("299 Unknown", b"\xff\x00")
    assert headers == [("X-One", "1"), ("Content-Length", "2")]
