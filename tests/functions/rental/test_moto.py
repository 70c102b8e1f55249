"""The same ride over moto: the expressions, keys and indexes are DynamoDB's own grammar.

One writer at a time: moto's transactions are not atomic between threads.
"""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.service import EndRequest, HoldRequest, ReportRequest
from ev_rental.rental.vocabulary import BookingState, ReportCategory
from ev_rental.vocabulary import RentalState
from rental_store.fence import Fence, Writer
from tests.functions.rental.fake_dynamodb import INDEXES, KEYS, RENTAL, VEHICLE_STATES
from tests.functions.rental.world import MINUTE, REGION, World

_RANGE_TYPES = {"created_at": "N", "due_at": "N"}


class Moto:
    """Two tables as the program makes them, looking to `World` like the in-memory store."""

    def __init__(self) -> None:
        self.client = boto3.client("dynamodb", region_name="ap-southeast-1")
        self.tables: dict[str, dict[Any, Any]] = {RENTAL: {}, VEHICLE_STATES: {}}
        names = sorted({name for index in INDEXES.values() for name in index} | {"pk", "sk"})
        kinds: dict[str, Any] = {"HASH": "HASH", "RANGE": "RANGE"}
        self.client.create_table(
            TableName=RENTAL,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": _RANGE_TYPES.get(name, "S")}  # type: ignore[typeddict-item]  # S or N
                for name in names
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": first, "KeyType": kinds["HASH"]},
                        {"AttributeName": second, "KeyType": kinds["RANGE"]},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index, (first, second) in INDEXES.items()
            ],
        )
        self.client.create_table(
            TableName=VEHICLE_STATES,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "vehicle_id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": KEYS[VEHICLE_STATES][0], "KeyType": "HASH"}],
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def put(self, table: str, _: object, item: dict[str, Any]) -> None:
        kept = self.client.get_item(TableName=table, Key={"vehicle_id": item["vehicle_id"]}).get("Item", {})
        if "rental_state" in kept:
            item = {**item, "rental_state": kept["rental_state"]}
        self.client.put_item(TableName=table, Item=item)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield World(cars=2, riders=2, parked=True, client=Moto())


def code_of(call: Any) -> ErrorCode:
    with pytest.raises(RentalError) as caught:
        call()
    return caught.value.code


def test_a_whole_ride_goes_over_dynamodbs_own_grammar(world: World) -> None:
    rider, car, service, operations = world.riders[0], world.cars[0], world.service, world.operations
    request = HoldRequest(vehicle_id=car, destination=world.bay(3))
    booking = service.hold(rider, "hold", request)
    assert service.hold(rider, "hold", request) == booking
    unlock = service.start(rider, "start", booking.booking_id)
    operations.acknowledge(world.answer(unlock))
    world.clock.now += 17 * MINUTE
    world.see(car, odometer=1_008_400)
    request_end = EndRequest(booking_id=booking.booking_id, bay=world.bay(4))
    lock = service.end(rider, "end", request_end)
    assert service.end(rider, "end", request_end) == lock
    operations.acknowledge(world.answer(lock))
    assert operations.issue_due_invoices().done == 1
    assert [invoice.price.gross for invoice in service.my_invoices(rider).items] == [912]
    assert [b.state for b in service.my_bookings(rider, limit=1).items] == [BookingState.INVOICED]
    report = ReportRequest(vehicle_id=car, category=ReportCategory.DIRTY, text="crumbs")
    assert service.report(rider, "report", report) == service.report(rider, "report", report)
    content = service.station(world.station.station_id)
    assert {bay.occupied_by for bay in content.bays} == {None, *world.cars}
    assert {offer.vehicle.vehicle_id for offer in service.offers()} == set(world.cars)


def test_each_refusal_is_told_apart_by_the_item_that_failed(world: World) -> None:
    service, first, second = world.service, *world.riders
    hold = service.hold
    world.see(world.cars[0], soc=5.0)
    low = HoldRequest(vehicle_id=world.cars[0])
    fine = HoldRequest(vehicle_id=world.cars[1], destination=world.bay(3))
    assert code_of(lambda: hold(first, "k1", low)) is ErrorCode.VEHICLE_BATTERY_LOW
    world.see(world.cars[0], blocking=("collision",))
    assert code_of(lambda: hold(first, "k2", low)) is ErrorCode.VEHICLE_BLOCKED_BY_ALERT
    world.see(world.cars[0], seen=1)
    assert code_of(lambda: hold(first, "k3", low)) is ErrorCode.VEHICLE_SILENT
    booking = hold(first, "k4", fine)
    assert code_of(lambda: hold(first, "k5", low)) is ErrorCode.RIDER_HAS_LIVE_BOOKING
    assert code_of(lambda: hold(second, "k6", fine)) is ErrorCode.VEHICLE_NOT_AVAILABLE
    assert code_of(lambda: hold(first, "k4", low)) is ErrorCode.IDEMPOTENCY_KEY_REUSED
    world.see(world.cars[0])
    taken = HoldRequest(vehicle_id=world.cars[0], destination=world.bay(3))
    assert code_of(lambda: hold(second, "k7", taken)) is ErrorCode.BAY_TAKEN
    assert code_of(lambda: hold(second, "k7", taken)) is ErrorCode.BAY_TAKEN
    assert code_of(lambda: hold("nobody", "k8", low)) is ErrorCode.RIDER_NOT_REGISTERED
    cancelled = service.cancel(first, "k9", booking.booking_id)
    assert cancelled.state is BookingState.CANCELLED


def test_sweeps_find_what_is_due_and_what_is_lost(world: World) -> None:
    booking = world.service.hold(world.riders[0], "k", HoldRequest(vehicle_id=world.cars[0]))
    world.service.start(world.riders[0], "start", booking.booking_id)
    world.clock.now += 15 * MINUTE
    assert world.operations.expire_commands().done == 1
    assert world.operations.expire_holds().done == 1
    assert world.operations.expire_holds().done == 0
    assert world.operations.detect_lost_contact().done == 2
    lost = world.store.vehicle(world.cars[0])
    assert lost is not None
    assert lost.state is RentalState.NON_CONTACTABLE


def test_halves_are_put_right_and_a_fence_is_claimed_and_obeyed(world: World) -> None:
    booking = world.service.hold(
        world.riders[0], "k", HoldRequest(vehicle_id=world.cars[0], destination=world.bay(3))
    )
    tables: Any = world.db
    for pk, sk in ((f"RIDER#{world.riders[0]}", "RIDER"), (f"STATION#{world.station.station_id}", "BAY#04")):
        tables.client.update_item(
            TableName=RENTAL,
            Key={"pk": {"S": pk}, "sk": {"S": sk}},
            UpdateExpression="REMOVE live_booking_id, reserved_by, due_kind, due_at",
        )
    assert world.operations.reconcile().done == 1
    rider, bay = world.store.rider(world.riders[0]), world.store.bay(world.bay(3))
    assert rider is not None
    assert bay is not None
    assert (rider.live_booking_id, bay.reserved_by) == (booking.booking_id, booking.booking_id)
    assert world.operations.reconcile().done == 0
    assert world.operations.reconcile_invoices(0).done == 0
    world.store._fence = Fence(RENTAL, Writer("ap-southeast-5", 2))
    world.service.cancel(world.riders[0], "c", booking.booking_id)
    world.store._fence = Fence(RENTAL, Writer(REGION, 1))
    world.clock.now += MINUTE
    fenced = HoldRequest(vehicle_id=world.cars[1])
    world.see(world.cars[1])
    assert code_of(lambda: world.service.hold(world.riders[1], "f", fenced)) is ErrorCode.WRITES_DISABLED
