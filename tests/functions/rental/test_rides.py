"""What riders and cars may and may not do, one rule a test."""

import base64
import json
from collections.abc import Callable
from functools import partial

import pytest

from ev_rental.rental.command import ANSWER_GRACE_MS, LIFETIME_MS, Command, message, topic
from ev_rental.rental.errors import ERROR_KINDS, ErrorCode, ErrorKind, RentalError
from ev_rental.rental.service import MAX_QUOTE_MINUTES, EndRequest, HoldRequest, ReportRequest
from ev_rental.rental.station import BayRef
from ev_rental.rental.vocabulary import (
    AckOutcome,
    AckResult,
    BookingState,
    CommandAction,
    CommandPurpose,
    CommandState,
    ReportCategory,
    VehicleEvent,
)
from ev_rental.vocabulary import Market, RentalState
from tests.functions.rental.fake_dynamodb import VEHICLE_STATES
from tests.functions.rental.invariants import check
from tests.functions.rental.world import MINUTE, World

HOLD_MS = 15 * MINUTE
DAY_MS = 86_400_000


def refusal(call: Callable[[], object]) -> ErrorCode:
    with pytest.raises(RentalError) as caught:
        call()
    return caught.value.code


def held(world: World, key: str = "hold", rider: int = 0, car: int = 0, bay: BayRef | None = None) -> str:
    request = HoldRequest(vehicle_id=world.cars[car], destination=bay)
    return world.service.hold(world.riders[rider], key, request).booking_id


def driving(world: World, bay: BayRef | None = None) -> str:
    booking_id = held(world, bay=bay)
    command = world.service.start(world.riders[0], "start", booking_id)
    assert world.operations.acknowledge(world.answer(command)) is AckOutcome.APPLIED
    return booking_id


def tell_consumed(world: World, kwh: float | None) -> None:
    """The car reports what its battery gave in its life, or reports without it."""
    world.see(world.cars[0])
    item = world.db.tables[VEHICLE_STATES][(world.cars[0],)]
    if kwh is not None:
        leaves = json.loads(item["leaves"]["S"]) | {"consumed_energy": kwh}
        world.db.put(VEHICLE_STATES, (world.cars[0],), item | {"leaves": {"S": json.dumps(leaves)}})


def state_of(world: World, booking_id: str) -> BookingState:
    booking = world.store.booking(booking_id)
    assert booking is not None
    return booking.state


def vehicle_state(world: World) -> RentalState:
    vehicle = world.store.vehicle(world.cars[0])
    assert vehicle is not None
    return vehicle.state


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        ({"soc": 19.9}, ErrorCode.VEHICLE_BATTERY_LOW),
        ({"soc": None}, ErrorCode.VEHICLE_BATTERY_LOW),
        ({"blocking": ("collision",)}, ErrorCode.VEHICLE_BLOCKED_BY_ALERT),
        ({"seen": -300_001}, ErrorCode.VEHICLE_SILENT),
        ({"seen": -300_000}, None),
        ({"soc": 20.0}, None),
    ],
)
def test_a_car_that_telemetry_finds_unfit_is_not_booked(
    seen: dict[str, object], code: ErrorCode | None
) -> None:
    world = World()
    if "seen" in seen:
        seen = {"seen": world.clock.now + int(str(seen["seen"]))}
    world.see(world.cars[0], **seen)  # type: ignore[arg-type]  # keywords of `see`
    offer = next(iter(world.service.offers()))
    assert offer.unfit is code
    if code is None:
        assert state_of(world, held(world)) is BookingState.HELD
    else:
        assert refusal(lambda: held(world)) is code
    check(world.db)


def test_a_car_that_telemetry_never_saw_is_not_booked() -> None:
    world = World()
    del world.db.tables[VEHICLE_STATES][world.cars[0],]
    assert refusal(lambda: held(world)) is ErrorCode.VEHICLE_SILENT


def test_a_rider_must_be_registered_verified_and_on_the_plan() -> None:
    world = World(riders=2)
    request = HoldRequest(vehicle_id=world.cars[0])
    member = HoldRequest(vehicle_id=world.cars[0], plan_id="member")
    assert refusal(lambda: world.service.hold("nobody", "k", request)) is ErrorCode.RIDER_NOT_REGISTERED
    world.operations.register_rider("new", verified=False)
    assert refusal(lambda: world.service.hold("new", "k", request)) is ErrorCode.RIDER_NOT_VERIFIED
    first = world.riders[0]
    assert refusal(lambda: world.service.hold(first, "k1", member)) is ErrorCode.PLAN_NOT_ALLOWED
    unknown = HoldRequest(vehicle_id=world.cars[0], plan_id="gold")
    assert refusal(lambda: world.service.hold(first, "k2", unknown)) is ErrorCode.PLAN_UNKNOWN
    world.operations.register_rider(first, verified=True, plan_id="member")
    assert world.service.hold(first, "k3", member).plan_id == "member"


def test_bays_are_kept_for_one_booking_and_must_exist() -> None:
    world = World(cars=3, riders=3, parked=True)
    nowhere = BayRef(station_id="nowhere", bay_id="01")
    no_bay = BayRef(station_id=world.station.station_id, bay_id="99")
    assert refusal(lambda: held(world, "k1", bay=nowhere)) is ErrorCode.STATION_NOT_FOUND
    assert refusal(lambda: held(world, "k2", bay=no_bay)) is ErrorCode.BAY_NOT_FOUND
    assert refusal(lambda: held(world, "k3", bay=world.bay(1))) is ErrorCode.BAY_TAKEN
    held(world, "k4", bay=world.bay(4))
    assert refusal(lambda: held(world, "k5", rider=1, car=1, bay=world.bay(4))) is ErrorCode.BAY_TAKEN
    held(world, "k6", rider=1, car=1, bay=world.bay(1))  # back to where it stands
    check(world.db)


def test_the_trip_starts_only_when_the_car_has_answered() -> None:
    world = World(parked=True)
    booking_id = held(world)
    command = world.service.start(world.riders[0], "start", booking_id)
    assert (command.action, command.state) == (CommandAction.UNLOCK, CommandState.SENT)
    assert world.sender.sent == [command]
    assert topic(command) == f"bh/sg/{world.cars[0]}/commands"
    assert b'"action":"unlock"' in message(command)
    assert state_of(world, booking_id) is BookingState.HELD
    world.clock.now += 4_000
    world.operations.acknowledge(world.answer(command))
    booking = world.service.booking(world.riders[0], booking_id)
    assert (booking.state, booking.started_at) == (BookingState.ACTIVE, world.clock.now)
    vehicle = world.store.vehicle(world.cars[0])
    assert vehicle is not None
    assert (vehicle.state, vehicle.bay) == (RentalState.ON_TRIP, None)
    assert vehicle.event_types == [VehicleEvent.RESERVATION_STOP, VehicleEvent.TRIP_START]
    acknowledged = world.service.command(world.riders[0], command.command_id)
    assert acknowledged.state is CommandState.ACKNOWLEDGED


def test_a_refusal_by_the_car_is_told_and_the_rider_may_ask_again() -> None:
    world = World()
    booking_id = held(world)
    command = world.service.start(world.riders[0], "start", booking_id)
    world.operations.acknowledge(world.answer(command, AckResult.REFUSED))
    told = world.service.command(world.riders[0], command.command_id)
    assert (told.state, told.reason) == (CommandState.REFUSED, "door open")
    assert state_of(world, booking_id) is BookingState.HELD
    assert world.service.start(world.riders[0], "again", booking_id).command_id != command.command_id


def test_a_car_that_does_not_answer_is_given_up_and_the_hold_goes_on_until_then() -> None:
    world = World()
    booking_id = held(world)
    world.clock.now += HOLD_MS - 1
    command = world.service.start(world.riders[0], "start", booking_id)
    world.clock.now += LIFETIME_MS
    assert world.operations.expire_commands().done == 0, "the answer may still be on its way"
    assert world.operations.expire_holds().done == 0, "the car may be open"
    world.clock.now += ANSWER_GRACE_MS
    assert world.operations.expire_commands().done == 1
    assert world.service.command(world.riders[0], command.command_id).state is CommandState.EXPIRED
    assert world.operations.expire_holds().done == 1
    assert state_of(world, booking_id) is BookingState.EXPIRED
    check(world.db)


def test_a_car_that_opens_too_late_is_locked_again() -> None:
    world = World()
    command = world.service.start(world.riders[0], "start", held(world))
    world.clock.now += LIFETIME_MS + ANSWER_GRACE_MS
    world.operations.expire_commands()
    assert world.operations.acknowledge(world.answer(command)) is AckOutcome.LATE
    assert world.operations.acknowledge(world.answer(command)) is AckOutcome.LATE
    locks = {sent.command_id: sent for sent in world.sender.sent if sent.purpose is CommandPurpose.SECURE}
    assert [lock.action for lock in locks.values()] == [CommandAction.LOCK]
    lock = next(iter(locks.values()))
    assert world.operations.acknowledge(world.answer(lock)) is AckOutcome.APPLIED
    check(world.db)


def test_a_late_answer_locks_no_car_that_is_being_driven() -> None:
    world = World()
    booking_id = held(world)
    late = world.service.start(world.riders[0], "start", booking_id)
    world.clock.now += LIFETIME_MS + ANSWER_GRACE_MS
    world.operations.expire_commands()
    world.operations.acknowledge(world.answer(world.service.start(world.riders[0], "again", booking_id)))
    assert world.operations.acknowledge(world.answer(late)) is AckOutcome.LATE
    assert CommandPurpose.SECURE not in {sent.purpose for sent in world.sender.sent}


def test_an_answer_of_another_car_or_to_no_command_does_nothing() -> None:
    world = World(cars=2)
    booking_id = held(world)
    command = world.service.start(world.riders[0], "start", booking_id)
    ack = world.answer(command)
    stranger = type(ack)(
        command_id=ack.command_id, vehicle_id=world.cars[1], result=ack.result, received_at=ack.received_at
    )
    unknown = type(ack)(
        command_id="none", vehicle_id=ack.vehicle_id, result=ack.result, received_at=ack.received_at
    )
    assert world.operations.acknowledge(stranger) is AckOutcome.WRONG_VEHICLE
    assert world.operations.acknowledge(unknown) is AckOutcome.UNKNOWN
    assert state_of(world, booking_id) is BookingState.HELD


@pytest.mark.parametrize(("received", "started"), [(-7_000, -7_000), (-60_000, -10_000), (99_000, 0)])
def test_the_trip_starts_when_the_broker_got_the_answer_and_within_reason(
    received: int, started: int
) -> None:
    world = World()
    booking_id = held(world)
    command = world.service.start(world.riders[0], "start", booking_id)
    world.clock.now += 10_000
    world.operations.acknowledge(world.answer(command, at=world.clock.now + received))
    assert world.service.booking(world.riders[0], booking_id).started_at == world.clock.now + started


def test_the_rider_does_not_pay_for_the_wait_for_the_lock() -> None:
    world = World()
    booking_id = driving(world)
    world.clock.now += 20 * MINUTE
    asked = world.clock.now
    lock = world.service.end(world.riders[0], "end", EndRequest(booking_id=booking_id, bay=world.bay(0)))
    world.clock.now += 40_000
    world.operations.acknowledge(world.answer(lock))
    booking = world.service.booking(world.riders[0], booking_id)
    assert (booking.state, booking.ended_at) == (BookingState.COMPLETED, asked)


def test_a_returned_car_is_available_in_its_bay_under_another_public_id() -> None:
    world = World(parked=True)
    before = world.store.vehicle(world.cars[0])
    booking_id = driving(world, bay=world.bay(3))
    lock = world.service.end(world.riders[0], "end", EndRequest(booking_id=booking_id))
    world.operations.acknowledge(world.answer(lock))
    after = world.store.vehicle(world.cars[0])
    assert before is not None
    assert after is not None
    assert (after.state, after.bay, after.booking_id) == (RentalState.AVAILABLE, world.bay(3), None)
    assert after.public_id != before.public_id
    content = world.service.station(world.station.station_id)
    assert [bay.bay_id for bay in content.bays if bay.occupied_by == world.cars[0]] == [world.bay(3).bay_id]
    assert [vehicle.vehicle_id for vehicle in content.vehicles] == world.cars
    held(world, "next")


def test_the_bay_of_return_can_be_changed_and_the_first_one_is_free_again() -> None:
    world = World()
    booking_id = driving(world, bay=world.bay(3))
    request = EndRequest(booking_id=booking_id, bay=world.bay(2))
    lock = world.service.end(world.riders[0], "end", request)
    world.operations.acknowledge(world.answer(lock, AckResult.REFUSED))
    check(world.db)
    again = world.service.end(world.riders[0], "again", EndRequest(booking_id=booking_id))
    world.operations.acknowledge(world.answer(again))
    vehicle = world.store.vehicle(world.cars[0])
    assert vehicle is not None
    assert vehicle.bay == world.bay(2)
    check(world.db)


def test_a_station_based_market_wants_a_bay_and_a_free_floating_one_the_service_area() -> None:
    world = World()
    booking_id = driving(world)
    end = EndRequest(booking_id=booking_id)
    assert refusal(lambda: world.service.end(world.riders[0], "end", end)) is ErrorCode.RETURN_BAY_REQUIRED
    free = World(Market.AUSTRALIA)
    booking_id = driving(free)
    end = EndRequest(booking_id=booking_id)
    free.see(free.cars[0], position=(-37.81, 144.96))  # Melbourne
    assert refusal(lambda: free.service.end(free.riders[0], "end", end)) is ErrorCode.OUTSIDE_SERVICE_AREA
    free.see(free.cars[0], position=(-33.8688, 151.2093))
    lock = free.service.end(free.riders[0], "again", end)
    assert free.operations.acknowledge(free.answer(lock)) is AckOutcome.APPLIED
    check(free.db)


def test_each_step_is_possible_in_its_own_state_only() -> None:
    world = World(parked=True)
    service, rider = world.service, world.riders[0]
    booking_id = held(world)
    end = EndRequest(booking_id=booking_id, bay=world.bay(0))
    assert refusal(lambda: service.end(rider, "k1", end)) is ErrorCode.WRONG_STATE
    command = service.start(rider, "k2", booking_id)
    assert refusal(lambda: service.start(rider, "k3", booking_id)) is ErrorCode.COMMAND_PENDING
    assert refusal(lambda: service.cancel(rider, "k4", booking_id)) is ErrorCode.COMMAND_PENDING
    world.operations.acknowledge(world.answer(command))
    assert refusal(lambda: service.start(rider, "k5", booking_id)) is ErrorCode.WRONG_STATE
    assert refusal(lambda: service.cancel(rider, "k6", booking_id)) is ErrorCode.WRONG_STATE


def test_a_hold_that_is_over_cannot_be_started_even_before_the_sweep() -> None:
    world = World()
    booking_id = held(world)
    world.clock.now += HOLD_MS
    assert (
        refusal(lambda: world.service.start(world.riders[0], "start", booking_id)) is ErrorCode.HOLD_EXPIRED
    )


def test_what_is_another_riders_does_not_exist() -> None:
    world = World(riders=2)
    booking_id = held(world)
    command = world.service.start(world.riders[0], "start", booking_id)
    other, service = world.riders[1], world.service
    lost = EndRequest(booking_id=booking_id)
    report = ReportRequest(
        vehicle_id=world.cars[0], category=ReportCategory.OTHER, text="x", booking_id=booking_id
    )
    assert refusal(lambda: service.booking(other, booking_id)) is ErrorCode.BOOKING_NOT_FOUND
    assert refusal(lambda: service.start(other, "k1", booking_id)) is ErrorCode.BOOKING_NOT_FOUND
    assert refusal(lambda: service.end(other, "k2", lost)) is ErrorCode.BOOKING_NOT_FOUND
    assert refusal(lambda: service.cancel(other, "k3", booking_id)) is ErrorCode.BOOKING_NOT_FOUND
    assert refusal(lambda: service.report(other, "k4", report)) is ErrorCode.BOOKING_NOT_FOUND
    assert refusal(lambda: service.command(other, command.command_id)) is ErrorCode.COMMAND_NOT_FOUND
    assert refusal(lambda: service.invoice(other, booking_id)) is ErrorCode.INVOICE_NOT_FOUND
    assert service.my_bookings(other).items == []
    assert [booking.booking_id for booking in service.my_bookings(world.riders[0]).items] == [booking_id]


def test_the_same_key_answers_the_same_for_a_day_whatever_happened_since() -> None:
    world = World(riders=2)
    request = HoldRequest(vehicle_id=world.cars[0])
    first = world.service.hold(world.riders[0], "k", request)
    assert refusal(lambda: held(world, "k", rider=1)) is ErrorCode.VEHICLE_NOT_AVAILABLE
    world.service.cancel(world.riders[0], "cancel", first.booking_id)
    world.see(world.cars[0])
    assert world.service.hold(world.riders[0], "k", request) == first, "an answer, not a booking"
    assert refusal(lambda: held(world, "k", rider=1)) is ErrorCode.VEHICLE_NOT_AVAILABLE
    world.clock.now += DAY_MS - 1
    world.see(world.cars[0])
    assert world.service.hold(world.riders[0], "k", request) == first
    assert refusal(lambda: held(world, "k", rider=1)) is ErrorCode.VEHICLE_NOT_AVAILABLE
    world.clock.now += 1_000
    assert state_of(world, held(world, "k", rider=1)) is BookingState.HELD, "a refusal is forgotten"
    world.clock.now += HOLD_MS
    world.operations.expire_holds()
    world.see(world.cars[0])
    assert (
        refusal(lambda: world.service.hold(world.riders[0], "k", request)) is ErrorCode.IDEMPOTENCY_KEY_REUSED
    ), "a booking is never made twice by one key"


def test_the_same_key_with_another_body_or_step_is_refused_and_changes_nothing() -> None:
    world = World(cars=2)
    booking_id = held(world, "k")
    assert refusal(lambda: held(world, "k", car=1)) is ErrorCode.IDEMPOTENCY_KEY_REUSED
    assert (
        refusal(lambda: world.service.cancel(world.riders[0], "k", booking_id))
        is ErrorCode.IDEMPOTENCY_KEY_REUSED
    )
    assert state_of(world, booking_id) is BookingState.HELD
    assert held(world, "k") == booking_id


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "é", "a\n"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    world = World()
    assert refusal(lambda: held(world, key)) is ErrorCode.INVALID_KEY


def test_a_report_is_filed_once_for_a_car_that_exists() -> None:
    world = World()
    rider = world.riders[0]
    request = ReportRequest(vehicle_id=world.cars[0], category=ReportCategory.DAMAGE, text=" scratch ")
    report = world.service.report(rider, "k", request)
    assert world.service.report(rider, "k", request) == report
    assert report.text == "scratch"
    assert len(world.db.items("REPORT")) == 1
    nowhere = ReportRequest(vehicle_id="none", category=ReportCategory.DAMAGE, text="x")
    empty = ReportRequest(vehicle_id=world.cars[0], category=ReportCategory.DAMAGE, text="  ")
    assert refusal(lambda: world.service.report(rider, "k2", nowhere)) is ErrorCode.VEHICLE_NOT_FOUND
    assert refusal(lambda: world.service.report(rider, "k3", empty)) is ErrorCode.INVALID_REQUEST


def test_lists_come_newest_first_page_by_page_and_only_ones_own() -> None:
    world = World(riders=2)
    made = []
    for number in range(7):
        made.append(held(world, f"k{number}"))
        world.service.cancel(world.riders[0], f"c{number}", made[-1])
        world.clock.now += 1_000
        world.see(world.cars[0])
    held(world, "other", rider=1)
    found: list[str] = []
    cursor = None
    for _ in range(10):
        page = world.service.my_bookings(world.riders[0], limit=2, cursor=cursor)
        found += [booking.booking_id for booking in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert found == made[::-1]
    assert world.service.my_invoices(world.riders[0]).items == []
    first = world.service.my_bookings(world.riders[0], limit=1).cursor
    stolen = world.service.my_bookings(world.riders[1], limit=5, cursor=first).items
    assert {booking.rider_id for booking in stolen} <= {world.riders[1]}
    crafted = [
        base64.urlsafe_b64encode(f"{created_at} BOOKING#x BOOKING".encode()).decode().rstrip("=")
        for created_at in ("١٢٣", "9" * 60, "-1", "1.5")  # digits to Python, no number to DynamoDB
    ]
    for broken in ("x", "!!", "AAAA", "é", first[:-4] if first else "", *crafted):
        ask = partial(world.service.my_bookings, world.riders[0], cursor=broken)
        assert refusal(ask) is ErrorCode.INVALID_CURSOR
    assert refusal(lambda: world.service.my_bookings(world.riders[0], limit=0)) is ErrorCode.INVALID_REQUEST


def test_a_car_that_was_just_held_is_not_offered_although_the_index_still_lists_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(cars=2)
    before = list(world.store.vehicles([RentalState.AVAILABLE]))
    booking_id = held(world)
    taken = world.service.booking(world.riders[0], booking_id).vehicle_id
    monkeypatch.setattr(world.store, "vehicles", lambda _: iter(before))
    assert {offer.vehicle.vehicle_id for offer in world.service.offers()} == set(world.cars) - {taken}


def test_a_region_that_stands_by_reads_and_writes_nothing() -> None:
    world = World()
    booking_id = held(world)
    service, operations, rider = world.standby, world.standby_operations, world.riders[0]
    before = dict(world.db.tables["rental"])
    writes: list[Callable[[], object]] = [
        lambda: service.hold(rider, "k", HoldRequest(vehicle_id=world.cars[0])),
        lambda: service.start(rider, "k", booking_id),
        lambda: service.cancel(rider, "k", booking_id),
        lambda: service.end(rider, "k", EndRequest(booking_id=booking_id)),
        lambda: service.report(
            rider, "k", ReportRequest(vehicle_id=world.cars[0], category=ReportCategory.OTHER, text="x")
        ),
        operations.expire_holds,
        operations.expire_commands,
        operations.issue_due_invoices,
        operations.detect_lost_contact,
        lambda: operations.issue_invoice(booking_id),
        lambda: operations.change_vehicle(world.cars[0], VehicleEvent.SERVICE_END),
        lambda: operations.register_rider("new", verified=True),
        lambda: operations.register_bay(world.bay(0)),
        lambda: operations.register_vehicle("new", "compact"),
    ]
    for write in writes:
        assert refusal(write) is ErrorCode.WRITES_DISABLED
    assert service.booking(rider, booking_id).state is BookingState.HELD
    assert world.db.tables["rental"] == before


def test_a_quote_is_what_the_trip_will_cost() -> None:
    world = World()
    quote = world.service.quote(plan_id=None, starts_at=world.clock.now, minutes=17, metres=8_400)
    assert (quote.gross, quote.tax) == (912, 75)  # as in the prices' tests
    ask = world.service.quote
    assert (
        refusal(lambda: ask(plan_id=None, starts_at=0, minutes=MAX_QUOTE_MINUTES + 1, metres=0))
        is ErrorCode.INVALID_REQUEST
    )
    assert refusal(lambda: ask(plan_id="gold", starts_at=0, minutes=1, metres=0)) is ErrorCode.PLAN_UNKNOWN


def test_only_a_completed_trip_is_invoiced_and_once() -> None:
    world = World()
    booking_id = driving(world)
    assert world.operations.issue_invoice(booking_id) is None
    assert world.operations.issue_invoice("none") is None
    lock = world.service.end(world.riders[0], "end", EndRequest(booking_id=booking_id, bay=world.bay(0)))
    world.operations.acknowledge(world.answer(lock))
    first = world.operations.issue_invoice(booking_id)
    world.clock.now += DAY_MS
    assert world.operations.issue_invoice(booking_id) == first
    assert world.service.my_invoices(world.riders[0]).items == [first]


def test_an_odometer_that_is_missing_or_runs_backwards_costs_the_rider_nothing() -> None:
    for odometer in (None, 900_000):
        world = World()
        booking_id = driving(world)
        world.see(world.cars[0], odometer=odometer)
        lock = world.service.end(world.riders[0], "end", EndRequest(booking_id=booking_id, bay=world.bay(0)))
        world.operations.acknowledge(world.answer(lock))
        invoice = world.operations.issue_invoice(booking_id)
        assert invoice is not None
        assert invoice.price.metres is None


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [(8_123.4, 8_125.6504, 2_250), (None, 8_125.0, None), (8_123.4, None, None), (8_123.4, 12.0, None)],
)
def test_a_trip_knows_what_it_took_from_the_battery_if_the_car_told(
    before: float | None, after: float | None, taken: int | None
) -> None:
    world = World()
    rider = world.riders[0]
    tell_consumed(world, before)
    booking_id = driving(world)
    tell_consumed(world, after)
    lock = world.service.end(rider, "end", EndRequest(booking_id=booking_id, bay=world.bay(0)))
    world.operations.acknowledge(world.answer(lock))
    booking = world.service.booking(rider, booking_id)
    assert booking.state is BookingState.COMPLETED
    assert booking.energy_wh == taken


def test_staff_take_a_car_out_of_service_but_never_from_a_rider() -> None:
    world = World()
    car = world.cars[0]
    held(world)
    assert (
        refusal(lambda: world.operations.change_vehicle(car, VehicleEvent.SERVICE_END))
        is ErrorCode.WRONG_STATE
    )
    assert (
        refusal(lambda: world.operations.change_vehicle(car, VehicleEvent.TRIP_START))
        is ErrorCode.INVALID_REQUEST
    )
    world.clock.now += HOLD_MS
    world.operations.expire_holds()
    world.see(car)
    assert world.operations.change_vehicle(car, VehicleEvent.SERVICE_END).state is RentalState.NON_OPERATIONAL
    assert refusal(lambda: held(world, "k2")) is ErrorCode.VEHICLE_NOT_AVAILABLE
    assert world.operations.change_vehicle(car, VehicleEvent.SERVICE_START).state is RentalState.AVAILABLE
    held(world, "k3")


def test_registering_again_changes_what_is_known_and_never_a_live_booking() -> None:
    world = World(parked=True)
    booking_id = held(world)
    rider = world.operations.register_rider(world.riders[0], verified=False)
    assert (rider.verified, rider.live_booking_id) == (False, booking_id)
    world.operations.register_vehicle(world.cars[0], "compact")
    assert vehicle_state(world) is RentalState.RESERVED
    assert (
        refusal(lambda: world.operations.register_vehicle("new", "compact", world.bay(0)))
        is ErrorCode.BAY_TAKEN
    )
    assert refusal(lambda: world.operations.register_vehicle("new", "tank")) is ErrorCode.INVALID_REQUEST
    check(world.db)


def test_every_error_has_a_kind_and_passing_ones_are_retryable() -> None:
    assert set(ERROR_KINDS) == set(ErrorCode)
    passing = {code for code, kind in ERROR_KINDS.items() if kind is ErrorKind.UNAVAILABLE}
    assert passing == {ErrorCode.TRY_AGAIN, ErrorCode.COMMAND_NOT_SENT, ErrorCode.WRITES_DISABLED}
    assert all(RentalError(code, "").retryable == (code in passing) for code in ErrorCode)


def test_a_booking_costs_one_aws_call_and_a_whole_rental_fourteen() -> None:
    world = World(parked=True)
    rider, car = world.riders[0], world.cars[0]
    commands: list[Command] = []
    booking_id = ""

    def hold() -> None:
        nonlocal booking_id
        booking_id = held(world, bay=world.bay(1))

    assert world.calls(hold) == ["TransactWriteItems"]
    assert world.calls(hold) == ["TransactWriteItems"], "a retry learns its answer from the same call"
    steps: list[tuple[Callable[[], object], list[str]]] = [
        (
            lambda: commands.append(world.service.start(rider, "start", booking_id)),
            ["GetItem", "TransactWriteItems"],
        ),
        (
            lambda: world.operations.acknowledge(world.answer(commands[-1])),
            ["GetItem", "BatchGetItem", "TransactWriteItems"],
        ),
        (
            lambda: commands.append(world.service.end(rider, "end", EndRequest(booking_id=booking_id))),
            ["GetItem", "TransactWriteItems"],
        ),
        (
            lambda: world.operations.acknowledge(world.answer(commands[-1])),
            ["GetItem", "BatchGetItem", "TransactWriteItems"],
        ),
        (
            lambda: world.operations.issue_invoice(booking_id),
            ["GetItem", "GetItem", "TransactWriteItems"],
        ),
    ]
    assert car
    assert 1 + sum(len(expected) for _, expected in steps) == 14
    for step, expected in steps:
        assert world.calls(step) == expected
