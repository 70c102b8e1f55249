"""A rider books, unlocks, drives, returns and gets an invoice: through public doors only."""

from tests.local.platform.world import World, eventually


def test_a_rider_books_drives_returns_and_is_invoiced(world: World, vehicle_id: str) -> None:
    bus = world.listening()
    anna = world.rider("anna@example.com")
    with world.car(vehicle_id) as car:
        car.send()
        near = eventually(
            lambda: next(
                (
                    one
                    for one in anna.get("/v1/vehicles?latitude=1.2834&longitude=103.8607")["vehicles"]
                    if one["vehicleId"] == vehicle_id
                ),
                None,
            ),
            f"{vehicle_id} to book",
        )
        assert near["stateOfCharge"] == 80
        booking = anna.post("/v1/bookings", {"vehicleId": vehicle_id}, status=201, key="anna-1")
        assert booking["state"] == "HELD"
        assert anna.post("/v1/bookings", {"vehicleId": vehicle_id}, status=201, key="anna-1") == booking
        other = anna.call("POST", "/v1/bookings", {"vehicleId": "SG-EV-000099"}, key="anna-1")
        assert (other.status, other.body["code"]) == (409, "idempotency_key_reused")

        path = f"/v1/bookings/{booking['bookingId']}"
        anna.post(f"{path}/start", status=202)
        assert car.obey()["action"] == "unlock"
        bus.wait_for("trip.started", booking_id=booking["bookingId"])
        assert anna.get(path)["state"] == "ACTIVE"
        car.send(speed=40.0, odometer=12_003_500)
        bay = {"bay": {"stationId": near["stationId"], "bayId": near["bayId"]}}
        anna.post(f"{path}/end", bay, status=202)
        assert car.obey()["action"] == "lock"
        bus.wait_for("trip.completed", booking_id=booking["bookingId"])
        car.send(speed=0.0)
    bus.wait_for("invoice.issued", booking_id=booking["bookingId"])
    invoice = anna.get(f"{path}/invoice")
    assert invoice["price"]["currency"] == "SGD"
    assert invoice["price"]["gross"] > 0
    assert anna.get(path)["state"] == "INVOICED"
    assert [one["invoiceId"] for one in anna.get("/v1/invoices")["invoices"]] == [invoice["invoiceId"]]


def test_nobody_books_a_car_that_somebody_holds(world: World, vehicle_id: str) -> None:
    anna, ben = world.rider("anna2@example.com"), world.rider("ben2@example.com")
    with world.car(vehicle_id) as car:
        car.send()
        body = {"vehicleId": vehicle_id}
        held = eventually(
            lambda: (answer := anna.call("POST", "/v1/bookings", body)).status == 201 and answer.body,
            "a booking",
        )
        refused = ben.call("POST", "/v1/bookings", body)
        assert (refused.status, refused.body["code"]) == (409, "vehicle_not_available")
        anna.post(f"/v1/bookings/{held['bookingId']}/cancel")
        assert ben.post("/v1/bookings", body, status=201)["state"] == "HELD"


def test_without_a_token_nothing_is_told(world: World) -> None:
    anonymous = world.rider("cleo@example.com")
    anonymous.access_token = ""
    assert anonymous.call("GET", "/v1/stations").status == 401
