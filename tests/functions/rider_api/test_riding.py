"""A rider's way from the map to the invoice, and what is refused on it."""

from collections.abc import Iterator
from typing import Any

import pytest

from ev_rental.rental.vocabulary import AckResult
from ev_rental.vocabulary import RentalState
from tests.functions.front import Answer
from tests.functions.rental.world import MINUTE, World
from tests.functions.rider_api.gateway import Gateway, gateway

CAR = "SG-EV-000001"
HERE = {"latitude": 1.3, "longitude": 103.85}


@pytest.fixture
def world() -> World:
    return World(cars=3, riders=2, parked=True)


@pytest.fixture
def api(world: World) -> Iterator[Gateway]:
    with gateway(world) as made:
        yield made


def hold(api: Gateway, car: str = CAR, **more: Any) -> Answer:
    return api.call("POST", "/v1/bookings", body={"vehicleId": car}, **more)


def start(api: Gateway, booking_id: str, **more: Any) -> Answer:
    return api.call("POST", f"/v1/bookings/{booking_id}/start", **more)


def drive(api: Gateway) -> str:
    """Holds the car and starts the trip; its booking's id."""
    booking_id: str = hold(api).body["bookingId"]
    command = api.command(start(api, booking_id))
    api.world.operations.acknowledge(api.world.answer(command))
    return booking_id


def test_a_trip_from_the_map_to_the_invoice(api: Gateway, world: World) -> None:
    seen = api.call("GET", "/v1/vehicles", query=HERE).body["vehicles"]
    assert CAR in [vehicle["vehicleId"] for vehicle in seen]

    held = hold(api)
    assert held.status == 201
    assert held.body["state"] == "HELD"
    assert held.body["holdExpiresAt"] == world.clock.now + 15 * MINUTE
    assert api.call("GET", held.headers["location"]).body == held.body
    assert CAR not in [
        vehicle["vehicleId"] for vehicle in api.call("GET", "/v1/vehicles", query=HERE).body["vehicles"]
    ]

    asked = start(api, held.body["bookingId"])
    assert asked.status == 202
    assert asked.body["state"] == "SENT"
    assert asked.body["action"] == "unlock"
    topic, qos, sent = api.iot.published[-1]
    assert (topic, qos) == (f"bh/sg/{CAR}/commands", 1)
    assert sent == {
        "commandId": asked.body["commandId"],
        "action": "unlock",
        "issuedAt": asked.body["issuedAt"],
        "expiresAt": asked.body["expiresAt"],
    }
    poll = asked.headers["location"]
    assert api.call("GET", poll).body["state"] == "SENT"
    assert api.call("GET", held.headers["location"]).body["state"] == "HELD"

    world.operations.acknowledge(world.answer(api.command(asked)))
    assert api.call("GET", poll).body["state"] == "ACKNOWLEDGED"
    assert api.call("GET", held.headers["location"]).body["state"] == "ACTIVE"

    world.clock.now += 17 * MINUTE
    world.see(CAR, odometer=1_006_200)
    bay = world.bay(5)
    ended = api.call(
        "POST",
        f"/v1/bookings/{held.body['bookingId']}/end",
        body={"bay": {"stationId": bay.station_id, "bayId": bay.bay_id}},
    )
    assert ended.status == 202
    assert ended.body["action"] == "lock"
    world.operations.acknowledge(world.answer(api.command(ended)))
    booking = api.call("GET", held.headers["location"]).body
    assert booking["state"] == "COMPLETED"
    assert booking["metres"] == 6_200
    assert booking["endedAt"] - booking["startedAt"] == 17 * MINUTE

    invoice_path = f"/v1/bookings/{booking['bookingId']}/invoice"
    assert api.call("GET", invoice_path).body["code"] == "invoice_not_found"
    world.operations.issue_invoice(booking["bookingId"])
    invoice = api.call("GET", invoice_path).body
    assert invoice["price"]["currency"] == "SGD"
    assert sum(line["amount"] for line in invoice["price"]["lines"]) == invoice["price"]["gross"]
    assert api.call("GET", "/v1/invoices").body == {"invoices": [invoice]}
    listed = api.call("GET", "/v1/bookings").body["bookings"]
    assert [(one["bookingId"], one["state"]) for one in listed] == [(booking["bookingId"], "INVOICED")]


def test_the_quote_is_what_the_trip_costs(api: Gateway, world: World) -> None:
    query = {"minutes": 17, "metres": 6_200, "startsAt": world.clock.now}
    quoted = api.call("GET", "/v1/quote", query=query)
    assert quoted.status == 200
    assert quoted.body["billedMinutes"] == 17
    assert quoted.body["net"] + quoted.body["tax"] == quoted.body["gross"]
    assert api.call("GET", "/v1/quote", query={"minutes": 17, "metres": 6_200}).body == quoted.body
    other = api.call("GET", "/v1/quote", query={**query, "planId": "no-such-plan"})
    assert (other.status, other.body["code"]) == (400, "plan_unknown")


def test_a_car_that_does_not_answer_is_said_not_to_have(api: Gateway, world: World) -> None:
    booking_id = hold(api).body["bookingId"]
    asked = start(api, booking_id)
    world.clock.now = api.command(asked).gives_up_at
    world.operations.expire_commands()
    assert api.call("GET", asked.headers["location"]).body["state"] == "EXPIRED"
    assert api.call("GET", f"/v1/bookings/{booking_id}").body["state"] == "HELD"


def test_a_car_that_refuses_says_why(api: Gateway, world: World) -> None:
    asked = start(api, hold(api).body["bookingId"])
    world.operations.acknowledge(world.answer(api.command(asked), AckResult.REFUSED))
    polled = api.call("GET", asked.headers["location"]).body
    assert (polled["state"], polled["reason"]) == ("REFUSED", "door open")


def test_a_broker_that_is_down_is_asked_again_with_the_same_key(api: Gateway) -> None:
    booking_id = hold(api).body["bookingId"]
    api.iot.broken = True
    refused = start(api, booking_id, key="once")
    assert (refused.status, refused.body["code"]) == (503, "command_not_sent")
    assert int(refused.headers["retry-after"]) > 0
    api.iot.broken = False
    asked = start(api, booking_id, key="once")
    assert asked.status == 202
    assert [sent["commandId"] for _, _, sent in api.iot.published] == [asked.body["commandId"]]


def test_a_held_car_is_given_back(api: Gateway, world: World) -> None:
    booking_id = hold(api).body["bookingId"]
    cancelled = api.call("POST", f"/v1/bookings/{booking_id}/cancel")
    assert (cancelled.status, cancelled.body["state"]) == (200, "CANCELLED")
    assert world.service.vehicle(CAR).state is RentalState.AVAILABLE
    again = api.call("POST", f"/v1/bookings/{booking_id}/cancel")
    assert (again.status, again.body["code"]) == (409, "wrong_state")


def test_a_problem_is_reported_once(api: Gateway, world: World) -> None:
    told = {"vehicleId": CAR, "category": "damage", "text": "  A dent in the left door. "}
    first = api.call("POST", "/v1/reports", body=told, key="report")
    assert first.status == 201
    assert first.body["text"] == "A dent in the left door."
    assert api.call("POST", "/v1/reports", body=told, key="report").body == first.body
    assert len(world.db.items("REPORT")) == 1


def test_a_repeated_request_gets_the_first_answer(api: Gateway, world: World) -> None:
    first = hold(api, key="once")
    world.clock.now += MINUTE
    assert hold(api, key="once") == first
    assert len(world.db.items("BOOKING")) == 1


def test_a_key_is_good_for_one_request(api: Gateway) -> None:
    hold(api, key="once")
    other = hold(api, "SG-EV-000002", key="once")
    assert (other.status, other.body["code"]) == (409, "idempotency_key_reused")


def test_two_riders_do_not_share_keys(api: Gateway) -> None:
    assert hold(api, key="same").status == 201
    assert hold(api, "SG-EV-000002", key="same", by="rider-2").status == 201


def test_a_second_rider_does_not_get_the_same_car(api: Gateway) -> None:
    hold(api)
    late = hold(api, by="rider-2")
    assert (late.status, late.body["code"]) == (409, "vehicle_not_available")


def test_a_stranger_to_the_rental_is_told_to_sign_up(api: Gateway) -> None:
    refused = hold(api, by="rider-9")
    assert (refused.status, refused.body["code"]) == (403, "rider_not_registered")


def test_the_trip_is_ended_where_the_rider_said_at_the_hold(api: Gateway, world: World) -> None:
    bay = world.bay(5)
    destination = {"stationId": bay.station_id, "bayId": bay.bay_id}
    held = api.call("POST", "/v1/bookings", body={"vehicleId": CAR, "destination": destination})
    assert held.body["destination"] == destination
    world.operations.acknowledge(world.answer(api.command(start(api, held.body["bookingId"]))))
    ended = api.call("POST", f"/v1/bookings/{held.body['bookingId']}/end")
    assert ended.status == 202
    world.operations.acknowledge(world.answer(api.command(ended)))
    assert world.service.vehicle(CAR).bay == bay


def test_a_trip_without_a_bay_of_return_is_not_ended(api: Gateway) -> None:
    refused = api.call("POST", f"/v1/bookings/{drive(api)}/end", body={})
    assert (refused.status, refused.body["code"]) == (409, "return_bay_required")


def test_a_distance_that_is_not_known_is_left_out(api: Gateway, world: World) -> None:
    world.see(CAR, odometer=None)
    booking_id = drive(api)
    bay = {"stationId": world.station.station_id, "bayId": world.station.bays[5]}
    ended = api.call("POST", f"/v1/bookings/{booking_id}/end", body={"bay": bay})
    world.operations.acknowledge(world.answer(api.command(ended)))
    world.operations.issue_invoice(booking_id)
    assert "metres" not in api.call("GET", f"/v1/bookings/{booking_id}").body
    assert "metres" not in api.call("GET", f"/v1/bookings/{booking_id}/invoice").body["price"]


def test_cars_are_found_nearest_first_and_within_the_radius(api: Gateway, world: World) -> None:
    world.see("SG-EV-000001", position=(1.3100, 103.85))
    world.see("SG-EV-000002", position=(1.3010, 103.85))
    world.see("SG-EV-000003", position=(1.4000, 103.85))
    query = {**HERE, "radiusMetres": 2_000}
    found = api.call("GET", "/v1/vehicles", query=query).body["vehicles"]
    assert [vehicle["vehicleId"] for vehicle in found] == ["SG-EV-000002", "SG-EV-000001"]
    assert [vehicle["distanceMetres"] for vehicle in found] == pytest.approx([111, 1_112], abs=1)
    assert found[0]["make"] == "BYD"
    assert found[0]["stateOfCharge"] == 80
    nearest = api.call("GET", "/v1/vehicles", query={**query, "limit": 1}).body["vehicles"]
    assert nearest == found[:1]


def test_a_car_that_would_be_refused_is_not_shown(api: Gateway, world: World) -> None:
    world.see("SG-EV-000001", soc=10)
    world.see("SG-EV-000002", blocking=("collision",))
    world.see("SG-EV-000003", seen=world.clock.now - 3_600_000)
    assert api.call("GET", "/v1/vehicles", query=HERE).body == {"vehicles": []}
    assert api.call("GET", f"/v1/stations/{world.station.station_id}").body["vehicles"] == []


def test_a_car_without_a_fix_is_at_its_station(api: Gateway, world: World) -> None:
    world.see(CAR, position=None)
    around = {"latitude": world.station.latitude, "longitude": world.station.longitude, "limit": 100}
    found = {one["vehicleId"]: one for one in api.call("GET", "/v1/vehicles", query=around).body["vehicles"]}
    assert found[CAR]["distanceMetres"] == 0


def test_a_station_shows_its_free_bays_and_its_cars(api: Gateway, world: World) -> None:
    stations = api.call("GET", "/v1/stations").body["stations"]
    mine = next(one for one in stations if one["stationId"] == world.station.station_id)
    assert mine["bays"] == len(world.station.bays)
    shown = api.call("GET", f"/v1/stations/{world.station.station_id}").body
    assert shown["station"] == mine
    assert [bay["bayId"] for bay in shown["bays"]] == world.station.bays
    assert [bay["free"] for bay in shown["bays"]] == [False, False, False, True, True, True]
    assert [vehicle["vehicleId"] for vehicle in shown["vehicles"]] == world.cars
    hold(api)
    after = api.call("GET", f"/v1/stations/{world.station.station_id}").body
    assert [vehicle["vehicleId"] for vehicle in after["vehicles"]] == world.cars[1:]


def test_a_station_that_nobody_set_up_has_no_free_bay(api: Gateway, world: World) -> None:
    other = next(
        one
        for one in api.call("GET", "/v1/stations").body["stations"]
        if one["stationId"] != world.station.station_id
    )
    shown = api.call("GET", f"/v1/stations/{other['stationId']}").body
    assert not any(bay["free"] for bay in shown["bays"])


def test_a_list_is_read_page_by_page(api: Gateway, world: World) -> None:
    made = []
    for _ in range(5):
        booking_id = hold(api).body["bookingId"]
        api.call("POST", f"/v1/bookings/{booking_id}/cancel")
        made.append(booking_id)
        world.clock.now += MINUTE
        world.see(CAR)
    read: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = api.call("GET", "/v1/bookings", query=query).body
        read += [booking["bookingId"] for booking in page["bookings"]]
        if "cursor" not in page:
            break
        query["cursor"] = page["cursor"]
    assert read == made[::-1]
    strange = api.call("GET", "/v1/bookings", query={"cursor": "bm9uc2Vuc2U"})
    assert (strange.status, strange.body["code"]) == (400, "invalid_cursor")


def test_a_standby_region_reads_and_changes_nothing(world: World) -> None:
    with gateway(world) as api:
        booking_id = hold(api).body["bookingId"]
    before = len(world.db.stream)
    with gateway(world, writes_enabled=False) as standby:
        assert standby.call("GET", f"/v1/bookings/{booking_id}").status == 200
        refusals = [
            hold(standby, "SG-EV-000002", by="rider-2"),
            start(standby, booking_id),
            standby.call("POST", f"/v1/bookings/{booking_id}/end", body={}),
            standby.call("POST", f"/v1/bookings/{booking_id}/cancel"),
            standby.call("POST", "/v1/reports", body={"vehicleId": CAR, "category": "dirty", "text": "Mud."}),
        ]
        for refused in refusals:
            assert (refused.status, refused.body["code"]) == (503, "writes_disabled")
            assert refused.headers["content-type"] == "application/problem+json"
            assert int(refused.headers["retry-after"]) > 0
        assert not standby.iot.published
    assert len(world.db.stream) == before
