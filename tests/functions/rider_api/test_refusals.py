"""Who may ask, what may be asked, and how a no is said."""

from collections.abc import Iterator
from typing import Any

import pytest

import rider_api.handler
from ev_rental.rental.errors import ERROR_KINDS, ErrorCode, ErrorKind
from http_api import router
from http_api.operations import Operation
from http_api.problems import PROBLEMS, ApiErrorCode
from rental_store.environment import SettingError
from rider_api.routes import routes
from tests.functions.front import Answer
from tests.functions.rental.world import World
from tests.functions.rider_api.gateway import CLAIMS, ENVIRONMENT, Gateway, gateway

CAR = "SG-EV-000001"
BODIES: dict[str, Any] = {
    "/v1/bookings": {"vehicleId": CAR},
    "/v1/reports": {"vehicleId": CAR, "category": "other", "text": "It rattles."},
}
QUERIES: dict[str, Any] = {
    "/v1/vehicles": {"latitude": 1.3, "longitude": 103.85},
    "/v1/quote": {"minutes": 10},
}
EVERY = pytest.mark.parametrize("operation", routes.all, ids=lambda operation: operation.name)
STATUS_OF_KIND = {
    ErrorKind.INVALID: 400,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.UNAVAILABLE: 503,
}


@pytest.fixture
def api() -> Iterator[Gateway]:
    with gateway(World(cars=2, riders=2, parked=True)) as made:
        yield made


def ask(api: Gateway, operation: Operation[Any], ids: dict[str, str] | None = None, **more: Any) -> Answer:
    """A good request of an operation."""
    path = operation.path
    for name in operation.path_parameters:
        path = path.replace(f"{{{name}}}", (ids or {}).get(name, "some-id"))
    wanted: dict[str, Any] = {"query": QUERIES.get(operation.path), "body": BODIES.get(operation.path)}
    return api.call(operation.method, path, **{**wanted, **more})


def is_problem(answer: Answer, status: int, code: str) -> bool:
    assert answer.status == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body["status"] == status
    assert answer.body["type"] == f"urn:bluehorizons:problem:{code}"
    assert answer.body["title"]
    assert answer.body["detail"]
    assert answer.body["instance"] == "urn:request:request-1"
    return bool(answer.body["code"] == code)


@EVERY
@pytest.mark.parametrize("token", [None, "expired", "nobody"])
def test_nobody_is_let_in_without_a_valid_token(
    api: Gateway, operation: Operation[Any], token: str | None
) -> None:
    before = len(api.world.db.calls)
    answer = ask(api, operation, by=token)
    assert is_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert len(api.world.db.calls) == before


@EVERY
@pytest.mark.parametrize("token", sorted(set(CLAIMS) - {"nobody"}))
def test_only_an_access_token_for_riding_is_let_in(
    api: Gateway, operation: Operation[Any], token: str
) -> None:
    before = len(api.world.db.calls)
    assert is_problem(ask(api, operation, by=token), 403, "insufficient_scope")
    assert len(api.world.db.calls) == before


@pytest.mark.parametrize(
    "operation",
    [one for one in routes.all if {"bookingId", "commandId"} & set(one.path_parameters)],
    ids=lambda operation: operation.name,
)
def test_another_riders_things_do_not_exist(api: Gateway, operation: Operation[Any]) -> None:
    held = api.call("POST", "/v1/bookings", body={"vehicleId": CAR})
    command = api.call("POST", f"/v1/bookings/{held.body['bookingId']}/start")
    ids = {"bookingId": held.body["bookingId"], "commandId": command.body["commandId"]}
    answer = ask(api, operation, ids, by="rider-2")
    assert answer.status == 404
    assert answer.body["code"].endswith("_not_found")
    own = api.call("GET", f"/v1/bookings/{held.body['bookingId']}").body
    assert (own["state"], own["commandId"]) == ("HELD", ids["commandId"])


@pytest.mark.parametrize(
    "path", ["/v1/bookings", "/v1/invoices", "/v1/vehicles", "/v1/stations/sg-marina-bay"]
)
def test_lists_have_nothing_of_another_rider(api: Gateway, path: str) -> None:
    held = api.call("POST", "/v1/bookings", body={"vehicleId": CAR})
    answer = api.call("GET", path, by="rider-2", query=QUERIES.get(path))
    assert answer.status == 200
    assert held.body["bookingId"] not in answer.text
    assert "rider-1" not in answer.text


def test_a_problem_is_not_filed_under_another_riders_booking(api: Gateway) -> None:
    held = api.call("POST", "/v1/bookings", body={"vehicleId": CAR})
    body = {**BODIES["/v1/reports"], "bookingId": held.body["bookingId"]}
    assert is_problem(api.call("POST", "/v1/reports", by="rider-2", body=body), 404, "booking_not_found")


@pytest.mark.parametrize(
    "operation", [one for one in routes.all if one.keyed], ids=lambda operation: operation.name
)
@pytest.mark.parametrize("key", [None, " ", "a b", "k" * 129, "schlüssel"])
def test_a_post_needs_a_key(api: Gateway, operation: Operation[Any], key: str | None) -> None:
    before = len(api.world.db.stream)
    assert is_problem(ask(api, operation, key=key), 400, "invalid_idempotency_key")
    assert len(api.world.db.stream) == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"vehicleId": 7}',
        b'{"vehicleId": null}',
        b'{"vehicleId": "a/b"}',
        b'{"vehicleId": "SG-EV-000001", "planId": null}',
        b'{"vehicleId": "SG-EV-000001", "destination": {"stationId": "sg-orchard"}}',
        b'{"vehicle_id": "SG-EV-000001"}',
        b'{"vehicleId": "\xff"}',
        b'{"vehicleId": "\xed\xa0\x80"}',
    ],
)
def test_a_body_that_is_not_what_the_document_says_is_refused(api: Gateway, body: bytes) -> None:
    assert is_problem(api.call("POST", "/v1/bookings", body=body), 400, "invalid_request")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"latitude": 1.3},
        {"latitude": 91, "longitude": 0},
        {"latitude": "nan", "longitude": 0},
        {"latitude": "here", "longitude": 0},
        {"latitude": 1.3, "longitude": 103.8, "limit": 0},
        {"latitude": 1.3, "longitude": 103.8, "radiusMetres": 20_001},
        {"latitude": [1.3, 1.4], "longitude": 103.8},
    ],
)
def test_a_query_that_is_not_what_the_document_says_is_refused(api: Gateway, query: dict[str, Any]) -> None:
    assert is_problem(api.call("GET", "/v1/vehicles", query=query), 400, "invalid_request")


def test_a_blank_report_is_refused(api: Gateway) -> None:
    body = {"vehicleId": CAR, "category": "other", "text": " \n "}
    assert is_problem(api.call("POST", "/v1/reports", body=body), 400, "invalid_request")


def test_a_body_that_is_not_json_is_refused(api: Gateway) -> None:
    answer = api.call(
        "POST", "/v1/bookings", body=b"vehicleId=SG-EV-000001", headers={"Content-Type": "text/plain"}
    )
    assert is_problem(answer, 415, "unsupported_media_type")


def test_json_with_a_charset_is_json(api: Gateway) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert api.call("POST", "/v1/bookings", body={"vehicleId": CAR}, headers=headers).status == 201


@pytest.mark.parametrize("path", ["/v1", "/v1/bikes", "/v1/bookings/a/b/c", "/v1/bookings/%2e%2e%2f/start"])
def test_a_path_that_does_not_exist_is_said_so(api: Gateway, path: str) -> None:
    assert is_problem(api.call("GET", path), 404, "no_such_path")


@pytest.mark.parametrize("name", ["a%20b", "a%2Fb", "%F0%9F%9A%97", "%C2%9B", "a_b", "x" * 65])
def test_an_id_that_cannot_be_one_is_not_looked_up(api: Gateway, name: str) -> None:
    before = len(api.world.db.calls)
    assert is_problem(api.call("GET", f"/v1/bookings/{name}"), 404, "no_such_path")
    assert len(api.world.db.calls) == before


def test_a_method_that_is_not_served_names_those_that_are(api: Gateway) -> None:
    answer = api.call("DELETE", "/v1/bookings")
    assert is_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"


def test_a_store_that_does_not_answer_is_not_our_last_word(api: Gateway) -> None:
    api.world.db.fault = lambda _: "throttled"
    answer = api.call("GET", "/v1/bookings/some-id")
    assert is_problem(answer, 503, "try_again")
    assert answer.headers["retry-after"] == "1"


def test_what_nobody_thought_of_is_a_problem_too(api: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    held_back = "a rider's secret"

    def fail(*_: Any) -> Any:
        raise KeyError(held_back)

    logged: list[Any] = []
    monkeypatch.setattr(api.world.store, "booking", fail)
    monkeypatch.setattr(router.logger, "error", lambda *what, **more: logged.append((what, more)))
    answer = api.call("GET", "/v1/bookings/some-id")
    assert is_problem(answer, 500, "internal_error")
    assert "secret" not in answer.text
    assert "secret" not in repr(logged)
    about = logged[0][1]["extra"]
    assert (about["error"], about["operation"]) == ("KeyError", "getBooking")
    assert any("service.py" in line for line in about["where"])


def test_a_riders_answers_are_in_nobodys_cache(api: Gateway) -> None:
    assert api.call("GET", "/v1/bookings").headers["cache-control"] == "no-store"


def test_every_code_has_a_row_and_the_status_of_its_kind() -> None:
    assert set(PROBLEMS) == {*ErrorCode, *ApiErrorCode}
    for code, kind in ERROR_KINDS.items():
        assert PROBLEMS[code].status == STATUS_OF_KIND[kind], code
        assert (PROBLEMS[code].retry_after is not None) == (kind is ErrorKind.UNAVAILABLE)


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv(name)
    rider_api.handler.router.cache_clear()
    with pytest.raises(SettingError, match=name):
        rider_api.handler.router()
