"""The public feeds: as GBFS 3.0 has them, of this very moment, and telling nothing of who drives where."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

import gbfs_feed.handler
from ev_rental.rental.command import Command
from ev_rental.rental.service import EndRequest, HoldRequest
from ev_rental.rental.vocabulary import VehicleEvent
from ev_rental.vocabulary import Market, RentalState
from gbfs_feed.routes import routes
from tests.functions.front import Answer
from tests.functions.gbfs_feed.schemas import SCHEMAS
from tests.functions.rental.world import MINUTE, NOON, World
from tests.functions.rider_api.gateway import Gateway, gateway

CAR = "SG-EV-000001"
MARKETS = list(Market)


@pytest.fixture
def world() -> World:
    return World(cars=3, riders=1, parked=True)


@pytest.fixture
def api(world: World) -> Iterator[Gateway]:
    with gateway(world) as made:
        yield made


def get(api: Gateway, name: str, **more: Any) -> Answer:
    return api.call("GET", f"/gbfs/3/{name}.json", by=None, **more)


def vehicles(api: Gateway) -> dict[str, dict[str, Any]]:
    return {one["vehicle_id"]: one for one in get(api, "vehicle_status").body["data"]["vehicles"]}


def public_id(api: Gateway, car: str = CAR) -> str:
    return api.world.service.vehicle(car).public_id


def drive(world: World) -> Command:
    """Holds the car and starts a trip; then asks for its end."""
    booking = world.service.hold("rider-1", "hold", HoldRequest(vehicle_id=CAR))
    started = world.service.start("rider-1", "start", booking.booking_id)
    world.operations.acknowledge(world.answer(started))
    world.clock.now += 20 * MINUTE
    for car in world.cars:
        world.see(car)
    return world.service.end("rider-1", "end", EndRequest(booking_id=booking.booking_id, bay=world.bay(5)))


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_file_is_as_the_specification_says(name: str, market: Market) -> None:
    world = World(market, cars=2, parked=True)
    world.see("SG-EV-000002", soc=None, position=None, odometer=None)
    with gateway(world) as api:
        answer = get(api, name)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    errors = [error.message for error in Draft202012Validator(SCHEMAS[name]).iter_errors(answer.body)]
    assert errors == []
    assert answer.body["last_updated"] == datetime.fromtimestamp(NOON / 1000, UTC).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("vehicle_status", {"vehicles": [{"vehicle_id": "a", "is_reserved": False, "is_disabled": False}]}),
        ("station_status", {"stations": [{"station_id": "a"}]}),
        ("gbfs", {"feeds": [{"name": "free_bike_status", "url": "https://a.example/b"}]}),
        ("system_information", {}),
    ],
)
def test_the_schemas_find_what_is_not_of_the_specification(
    api: Gateway, name: str, change: dict[str, Any]
) -> None:
    validator = Draft202012Validator(SCHEMAS[name])
    assert not validator.is_valid({**get(api, name).body, "data": change})
    assert not validator.is_valid({**get(api, name).body, "version": "2.3"})
    assert not validator.is_valid({**get(api, name).body, "last_updated": NOON // 1000})


def test_discovery_lists_every_file_and_each_is_there(api: Gateway) -> None:
    dataset = get(api, "manifest").body["data"]["datasets"][0]
    (version,) = dataset["versions"]
    assert version["url"] == "https://api.example.com/live/gbfs/3/gbfs.json"
    feeds = {feed["name"]: feed["url"] for feed in get(api, "gbfs").body["data"]["feeds"]}
    assert set(feeds) == set(SCHEMAS) - {"manifest"}
    for url in feeds.values():
        path = url.removeprefix("https://api.example.com/live")
        assert api.call("GET", path, by=None).status == 200
    system = get(api, "system_information").body["data"]
    assert system["system_id"] == dataset["system_id"]
    assert system["manifest_url"] == "https://api.example.com/live/gbfs/3/manifest.json"
    assert len(routes.all) == len(SCHEMAS)


def test_links_have_no_stage_behind_a_domain_of_ours(world: World) -> None:
    event: dict[str, Any] = {
        "path": "/gbfs/3/gbfs.json",
        "httpMethod": "GET",
        "headers": None,
        "requestContext": {
            "path": "/gbfs/3/gbfs.json",
            "domainName": "rent.example.com",
            "stage": "live",
            "requestId": "request-1",
        },
    }
    with gateway(world):
        answer = gbfs_feed.handler.handler(event, None)  # type: ignore[arg-type]  # the context is not used
    feeds = json.loads(answer["body"])["data"]["feeds"]
    assert all(feed["url"].startswith("https://rent.example.com/gbfs/3/") for feed in feeds)


def test_nobodys_name_for_a_car_is_in_a_feed(api: Gateway) -> None:
    for name in SCHEMAS:
        assert "SG-EV-" not in get(api, name).text


def test_a_car_says_where_it_is_and_how_far_it_goes(api: Gateway, world: World) -> None:
    world.see(CAR, soc=80, position=(1.30123456789, 103.85))
    shown = vehicles(api)[public_id(api)]
    assert (shown["lat"], shown["lon"]) == (1.301235, 103.85)
    assert shown["station_id"] == world.station.station_id
    assert shown["current_fuel_percent"] == 0.8
    assert shown["current_range_meters"] == 0.8 * 340_000
    assert not shown["is_reserved"]
    assert not shown["is_disabled"]


def test_a_held_car_is_gone_at_the_next_read(api: Gateway, world: World) -> None:
    before = public_id(api)
    assert before in vehicles(api)
    booking = world.service.hold("rider-1", "hold", HoldRequest(vehicle_id=CAR))
    assert before not in vehicles(api)
    assert len(vehicles(api)) == 2
    world.service.cancel("rider-1", "cancel", booking.booking_id)
    assert before in vehicles(api)


def test_a_car_on_a_trip_does_not_appear_and_comes_back_under_another_id(api: Gateway, world: World) -> None:
    before = public_id(api)
    others = set(vehicles(api)) - {before}
    end = drive(world)
    assert set(vehicles(api)) == others
    world.operations.acknowledge(world.answer(end))
    after = set(vehicles(api))
    assert len(after) == 3
    assert others < after
    assert before not in after


def test_a_car_that_the_index_shows_in_two_states_is_not_offered(
    api: Gateway, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    car = world.service.vehicle(CAR)
    other = world.service.vehicle("SG-EV-000002")
    in_workshop = msgspec.structs.replace(car, state=RentalState.NON_OPERATIONAL)
    monkeypatch.setattr(world.store, "vehicles", lambda _: iter([car, other, in_workshop]))
    assert set(vehicles(api)) == {other.public_id}


@pytest.mark.parametrize(
    "fault", [{"soc": 10.0}, {"blocking": ("collision",)}, {"seen": NOON - 3_600_000}], ids=str
)
def test_a_car_that_may_not_be_booked_is_disabled(api: Gateway, world: World, fault: dict[str, Any]) -> None:
    world.see(CAR, **fault)
    assert vehicles(api)[public_id(api)]["is_disabled"]


def test_a_car_in_the_workshop_is_disabled_and_a_removed_one_gone(api: Gateway, world: World) -> None:
    world.operations.change_vehicle(CAR, VehicleEvent.SERVICE_END)
    assert vehicles(api)[public_id(api)]["is_disabled"]
    world.operations.change_vehicle(CAR, VehicleEvent.DECOMMISSIONED)
    assert public_id(api) not in vehicles(api)


def test_a_car_that_nobody_knows_the_place_of_does_not_appear() -> None:
    world = World(cars=1)
    world.see(CAR, position=None)
    with gateway(world) as api:
        assert vehicles(api) == {}


def test_a_station_counts_its_cars_and_free_bays(api: Gateway, world: World) -> None:
    def here() -> dict[str, Any]:
        stations = get(api, "station_status").body["data"]["stations"]
        return next(one for one in stations if one["station_id"] == world.station.station_id)

    def counts() -> tuple[int, int, int]:
        shown = here()
        assert {one["vehicle_type_id"]: one["count"] for one in shown["vehicle_types_available"]} == {
            "compact": shown["num_vehicles_available"],
            "family": 0,
        }
        return (
            shown["num_vehicles_available"],
            shown["num_vehicles_disabled"],
            shown["num_docks_available"],
        )

    assert counts() == (3, 0, 3)
    world.see("SG-EV-000002", soc=5)
    assert counts() == (2, 1, 3)
    world.service.hold("rider-1", "hold", HoldRequest(vehicle_id=CAR, destination=world.bay(5)))
    assert counts() == (1, 1, 2)
    assert here()["is_installed"]


def test_a_station_that_nobody_set_up_is_not_installed(api: Gateway, world: World) -> None:
    stations = get(api, "station_status").body["data"]["stations"]
    others = [one for one in stations if one["station_id"] != world.station.station_id]
    assert others
    assert not any(one["is_installed"] or one["is_returning"] for one in others)


def test_the_price_of_a_minute_is_that_of_now(api: Gateway, world: World) -> None:
    def plan() -> dict[str, Any]:
        plans: list[dict[str, Any]] = get(api, "system_pricing_plans").body["data"]["plans"]
        return plans[0]

    at_noon = plan()
    assert (at_noon["currency"], at_noon["price"], at_noon["is_taxable"]) == ("SGD", 1.0, False)
    assert at_noon["per_min_pricing"] == [
        {"start": 0, "rate": 4.275, "interval": 0},
        {"start": 15, "rate": 0.285, "interval": 1},
    ]
    world.clock.now += 6 * 60 * MINUTE  # 18:00, the peak
    assert plan()["per_min_pricing"][1]["rate"] == 0.355


def test_the_zone_is_the_fence_and_cars_are_left_at_stations(api: Gateway) -> None:
    data = get(api, "geofencing_zones").body["data"]
    (zone,) = data["geofencing_zones"]["features"]
    ring = zone["geometry"]["coordinates"][0][0]
    assert ring[0] == ring[-1]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    assert area > 0, "counter-clockwise, RFC 7946"
    assert zone["properties"]["rules"][0]["station_parking"]
    assert not data["global_rules"][0]["ride_end_allowed"]
    assert data["global_rules"][0]["ride_through_allowed"]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_what_has_not_changed_is_not_sent_again(api: Gateway, world: World, name: str) -> None:
    first = get(api, name)
    tag = first.headers["etag"]
    world.clock.now += 60_000  # only `last_updated` changes
    again = get(api, name, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status, again.text) == (304, "")
    assert again.headers["etag"] == tag
    assert again.headers["cache-control"] == f"public, max-age={first.body['ttl']}"
    assert get(api, name, headers={"if-none-match": "*"}).status == 304
    assert get(api, name, headers={"If-None-Match": '"other"'}).status == 200


def test_a_change_has_another_tag(api: Gateway, world: World) -> None:
    tag = get(api, "vehicle_status").headers["etag"]
    world.service.hold("rider-1", "hold", HoldRequest(vehicle_id=CAR))
    changed = get(api, "vehicle_status", headers={"If-None-Match": tag})
    assert changed.status == 200
    assert changed.headers["etag"] != tag


def test_nothing_that_is_live_is_kept_longer_than_five_minutes(api: Gateway) -> None:
    for name in ("vehicle_status", "station_status", "system_pricing_plans"):
        assert get(api, name).body["ttl"] <= 300


def test_a_feed_that_cannot_be_read_is_a_problem(api: Gateway, world: World) -> None:
    world.db.fault = lambda _: "throttled"
    answer = get(api, "vehicle_status")
    assert answer.status == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


def test_a_file_that_does_not_exist_is_said_so(api: Gateway) -> None:
    assert get(api, "free_bike_status").status == 404
    assert api.call("POST", "/gbfs/3/gbfs.json", by=None).status == 405
