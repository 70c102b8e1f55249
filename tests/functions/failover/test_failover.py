"""A market moves to its standby Region and back, planned and unplanned."""

import pytest
from msgspec.structs import replace

from ev_rental.rental.booking import FAILOVER_CONFLICT, Booking
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.service import EndRequest, HoldRequest
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import BookingState
from ev_rental.rental.writes import CommitRefused, Replace, Unchanged
from ev_rental.vocabulary import RentalState
from rental_events.timed import in_time
from rental_store.fence import SHARDS, Writer
from rental_store.items import entity_attributes
from tests.functions.failover.replicas import AWAY, HOME, Site, TwoRegions, refusal
from tests.functions.rental.fake_dynamodb import RENTAL, VEHICLE_STATES
from tests.functions.rental.invariants import check
from tests.functions.rental.world import MINUTE

FENCED = ErrorCode.WRITES_DISABLED


def hold(
    both: TwoRegions, site: Site, rider: int, car: int, key: str = "hold", bay: int | None = None
) -> Booking:
    request = HoldRequest(vehicle_id=both.cars[car], destination=None if bay is None else both.bay(bay))
    return site.service.hold(both.riders[rider], key, request)


def drive(both: TwoRegions, site: Site, booking: Booking) -> None:
    both.answer(site, site.service.start(booking.rider_id, f"start-{booking.booking_id}", booking.booking_id))


def bring_back(both: TwoRegions, site: Site, booking: Booking, bay: int) -> None:
    request = EndRequest(booking_id=booking.booking_id, bay=both.bay(bay))
    both.answer(site, site.service.end(booking.rider_id, f"end-{booking.booking_id}", request))


def state(site: Site, booking: Booking) -> BookingState:
    found = site.store.booking(booking.booking_id)
    assert found is not None
    return found.state


def consistent(both: TwoRegions) -> None:
    """Both Regions hold the same, and all of it obeys the invariants."""
    both.deliver()
    for site in both.sites.values():
        check(site.db)
    for table in (RENTAL, VEHICLE_STATES):
        assert both.home.db.tables[table] == both.away.db.tables[table]


def test_a_rental_goes_on_in_the_other_region_after_a_planned_switch_and_back() -> None:
    both = TwoRegions()
    booking = hold(both, both.home, 0, 0, bay=2)
    drive(both, both.home, booking)
    both.promote(both.away, planned=True)
    assert refusal(lambda: hold(both, both.home, 1, 1)) is FENCED
    other = hold(both, both.away, 1, 1)
    bring_back(both, both.away, booking, 3)
    both.promote(both.home, planned=True)
    assert refusal(lambda: hold(both, both.away, 1, 1, "again")) is FENCED
    assert both.home.operations.issue_due_invoices().done == 1
    assert state(both.home, booking) is BookingState.INVOICED
    assert state(both.home, other) is BookingState.HELD
    assert both.settle(both.home) == 0, "a planned switch leaves nothing to put right"
    consistent(both)


def test_while_nobody_may_write_both_regions_answer_503_and_read_on() -> None:
    both = TwoRegions()
    booking = hold(both, both.home, 0, 0)
    for site in both.sites.values():
        site.deploy(epoch=1, writes=False)
        assert refusal(lambda site=site: hold(both, site, 1, 1)) is FENCED  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    assert both.home.service.booking(both.riders[0], booking.booking_id) == booking


def test_a_region_that_comes_back_with_its_old_configuration_is_refused_once_it_has_heard() -> None:
    both = TwoRegions()
    both.home.db.lost = True
    both.promote(both.away, planned=False)
    hold(both, both.away, 0, 0)
    both.home.db.lost = False
    assert both.home.writes, "nobody has told it"
    both.deliver()
    with pytest.raises(RentalError, match="ap-southeast-5 writes since epoch 2, this is epoch 1") as caught:
        hold(both, both.home, 1, 1)
    assert caught.value.code is FENCED
    assert caught.value.retryable
    both.clock.now += 20 * MINUTE
    swept = in_time(both.home.operations.expire_holds)
    assert (swept.fenced, swept.done, swept.failed) == (True, 0, {})
    assert both.away.operations.expire_holds().done == 1
    consistent(both)


def test_the_same_epoch_is_not_enough_to_take_over() -> None:
    both = TwoRegions()
    both.home.db.lost = True
    both.away.deploy(epoch=1, writes=True)
    with pytest.raises(RentalError, match="since epoch 1, this is epoch 1; only a later"):
        hold(both, both.away, 0, 0)


def test_the_first_write_of_an_epoch_claims_every_shard_of_the_fence_at_once() -> None:
    both = TwoRegions()
    both.promote(both.away, planned=False)
    assert set(both.away.db.writers_seen()) == {Writer(HOME, 1)}
    before = len(both.away.db.calls)
    hold(both, both.away, 0, 0)
    assert both.away.db.calls[before:] == ["TransactWriteItems"] * 3  # refused, claimed, held
    assert both.away.db.writers_seen() == [Writer(AWAY, 2)] * SHARDS
    before = len(both.away.db.calls)
    hold(both, both.away, 1, 1)
    assert both.away.db.calls[before:] == ["TransactWriteItems"]


def test_a_promoted_region_is_the_writer_within_a_minute_though_nobody_books() -> None:
    both = TwoRegions()
    both.promote(both.away, planned=False)
    assert both.away.operations.expire_commands().done == 0
    both.deliver()
    assert set(both.home.db.writers_seen()) == {Writer(AWAY, 2)}
    assert in_time(both.home.operations.expire_commands).fenced


def test_a_claim_whose_answer_is_lost_is_made_again() -> None:
    both = TwoRegions()
    both.promote(both.away, planned=False)
    faults = iter([None, "timeout_after", None])
    both.away.db.fault = lambda _: next(faults, None)
    assert hold(both, both.away, 0, 0).state is BookingState.HELD


def test_a_later_claim_that_arrives_while_one_is_made_wins() -> None:
    both = TwoRegions()
    both.promote(both.away, planned=False)
    hold(both, both.away, 0, 0)
    both.promote(both.home, planned=False)  # fail back, claimed at home, and on its way
    hold(both, both.home, 1, 1)
    half = iter([True, False] * SHARDS)
    both.deliver(lambda place: place[1][-1] == "FENCE" and next(half))
    refused = [refusal(lambda n=n: hold(both, both.away, 1, 1, f"key-{n}")) for n in range(8)]  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    assert set(refused) <= {FENCED, ErrorCode.VEHICLE_NOT_AVAILABLE, None, ErrorCode.RIDER_HAS_LIVE_BOOKING}
    both.deliver()
    assert refusal(lambda: hold(both, both.away, 1, 1, "last")) is FENCED
    both.settle(both.home)
    consistent(both)


def test_of_two_bookings_of_one_car_one_stays_and_the_other_ends_without_a_charge() -> None:
    both = TwoRegions()
    lost = hold(both, both.home, 0, 0, bay=2)
    both.home.db.lost = True
    both.promote(both.away, planned=False)
    kept = hold(both, both.away, 1, 0)
    both.home.db.lost = False
    both.deliver()
    assert state(both.away, lost) is BookingState.HELD, "it came back, and its car names another"
    assert both.settle(both.away) == 1
    ended = both.away.store.booking(lost.booking_id)
    assert ended is not None
    assert (ended.state, ended.cancel_reason) == (BookingState.CANCELLED, FAILOVER_CONFLICT)
    assert ended.invoice_id is None
    assert state(both.away, kept) is BookingState.HELD
    consistent(both)
    assert hold(both, both.away, 0, 1, "again", bay=2).state is BookingState.HELD, "rider and bay are free"


def test_of_two_bookings_of_one_rider_one_stays() -> None:
    both = TwoRegions()
    lost = hold(both, both.home, 0, 0)
    both.home.db.lost = True
    both.promote(both.away, planned=False)
    kept = hold(both, both.away, 0, 1, "again")
    both.home.db.lost = False
    both.deliver()
    both.settle(both.away)
    assert {state(both.away, lost), state(both.away, kept)} == {BookingState.CANCELLED, BookingState.HELD}
    consistent(both)


def test_a_booking_of_which_only_a_half_arrived_is_whole_again_before_the_lost_region_returns() -> None:
    for half in ("BOOKING", "VEHICLE", "RIDER"):
        both = TwoRegions()
        booking = hold(both, both.home, 0, 0, bay=2)
        both.deliver(lambda place, half=half: place[1][0].startswith(half))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        both.home.db.lost = True
        both.promote(both.away, planned=False)
        both.settle(both.away)
        check(both.away.db)
        both.home.db.lost = False
        both.deliver()
        both.settle(both.away)
        consistent(both)
        assert state(both.away, booking) is BookingState.HELD


def test_a_trip_that_began_unheard_goes_on() -> None:
    both = TwoRegions()
    booking = hold(both, both.home, 0, 0)
    both.deliver()
    drive(both, both.home, booking)
    both.deliver(lambda place: place[1][0].startswith("BOOKING"))
    both.home.db.lost = True
    both.promote(both.away, planned=False)
    both.settle(both.away)
    check(both.away.db)
    vehicle = both.away.store.vehicle(booking.vehicle_id)
    assert vehicle is not None
    assert vehicle.state is RentalState.ON_TRIP
    bring_back(both, both.away, booking, 3)
    assert both.away.operations.issue_due_invoices().done == 1
    both.home.db.lost = False
    both.deliver()
    both.settle(both.away)
    consistent(both)


def test_an_invoice_that_arrived_without_its_booking_is_not_issued_twice() -> None:
    for half in ("INVOICE", "BOOKING"):
        both = TwoRegions()
        booking = hold(both, both.home, 0, 0)
        drive(both, both.home, booking)
        both.clock.now += 20 * MINUTE
        bring_back(both, both.home, booking, 3)
        both.deliver()
        first = both.home.operations.issue_invoice(booking.booking_id)
        assert first is not None
        both.deliver(lambda place, half=half: place[1][0].startswith(half))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        both.home.db.lost = True
        both.promote(both.away, planned=False)
        both.clock.now += MINUTE
        # The standby's publisher reads the stream from its oldest change: trip.completed comes again.
        again = both.away.operations.issue_invoice(booking.booking_id)
        assert again is not None
        assert (again.invoice_id, again.price) == (first.invoice_id, first.price)
        check(both.away.db)
        both.home.db.lost = False
        consistent(both)


def test_a_booking_that_one_region_ended_and_the_other_invoiced_is_invoiced() -> None:
    both = TwoRegions()
    booking = hold(both, both.home, 0, 0)
    both.deliver()
    both.cut = True
    both.promote(both.away, planned=False)
    drive(both, both.home, booking)
    bring_back(both, both.home, booking, 3)
    issued = both.home.operations.issue_invoice(booking.booking_id)
    both.clock.now += 16 * MINUTE
    assert both.away.operations.expire_holds().done == 1
    both.cut = False
    both.deliver()
    assert state(both.away, booking) is BookingState.EXPIRED
    assert both.away.operations.reconcile_invoices(both.clock.now - 60 * MINUTE).done == 1
    both.settle(both.away)
    assert state(both.away, booking) is BookingState.INVOICED
    assert both.away.store.invoice(booking.booking_id) == issued
    consistent(both)


def test_reconciling_leaves_a_market_alone_in_which_nothing_is_wrong() -> None:
    both = TwoRegions()
    booking = hold(both, both.home, 0, 0, bay=2)
    drive(both, both.home, booking)
    hold(both, both.home, 1, 1)
    writes = len(both.home.db.stream)
    assert both.settle(both.home) == 0
    assert len(both.home.db.stream) == writes


def test_reconciling_does_not_end_a_booking_that_is_made_while_it_looks() -> None:
    both = TwoRegions()
    store = both.home.store
    read = store.vehicle
    booking = hold(both, both.home, 0, 0)
    waiting = iter([True])

    def vehicle(name: str) -> RentalVehicle | None:
        found = read(name)
        if next(waiting, False):  # the rider cancels between the look at the vehicle and that at the rider
            both.home.service.cancel(both.riders[0], "cancel", booking.booking_id)
        return found

    store.vehicle = vehicle  # type: ignore[method-assign, assignment]  # a race, played
    assert both.home.operations.reconcile().done == 0
    cancelled = both.home.store.booking(booking.booking_id)
    assert cancelled is not None
    assert (cancelled.state, cancelled.cancel_reason) == (BookingState.CANCELLED, None)
    check(both.home.db)


def test_a_booking_that_waits_for_a_command_which_did_not_arrive_waits_no_longer() -> None:
    both = TwoRegions()
    booking = hold(both, both.home, 0, 0)
    both.deliver()
    both.home.service.start(booking.rider_id, "start", booking.booking_id)
    both.deliver(lambda place: place[1][0].startswith("BOOKING"))
    both.home.db.lost = True
    both.promote(both.away, planned=False)
    with pytest.raises(RentalError, match="the car has not answered command"):
        both.away.service.start(booking.rider_id, "again", booking.booking_id)
    both.settle(both.away)
    drive(both, both.away, booking)
    assert state(both.away, booking) is BookingState.ACTIVE
    check(both.away.db)


def test_what_telemetry_is_told_of_a_car_is_told_again_when_a_late_write_undid_it() -> None:
    both = TwoRegions()
    place = (both.cars[0],)
    before = dict(both.home.db.tables[VEHICLE_STATES][place])
    hold(both, both.home, 0, 0)
    both.home.db.put(VEHICLE_STATES, place, before)
    assert both.settle(both.home) == 1
    check(both.home.db)


def test_a_version_that_the_other_region_counted_to_as_well_is_not_the_one_that_was_read() -> None:
    both = TwoRegions()
    read = both.home.store.vehicle(both.cars[0])
    assert read is not None
    theirs = replace(read, changed_at=read.changed_at + 1, state=RentalState.NON_OPERATIONAL)
    both.home.db.put(RENTAL, (f"VEHICLE#{read.vehicle_id}", "VEHICLE"), entity_attributes(theirs))
    mine = replace(read, version=read.version + 1, changed_at=both.clock.now)
    for write in (Replace(read, mine), Unchanged(read)):
        with pytest.raises(CommitRefused):
            both.home.store.commit([write])
