"""Any sequence of requests, losses, partitions, promotions and late deliveries, in two Regions.

After it, with both Regions there and one of them the writer: nothing that was acknowledged is missing, no car
or rider is booked twice, each trip that ended has one invoice, and both Regions hold the same. All along, no
Region writes after it has heard that another one does (`Replica` sees to that).
"""

from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ev_rental.rental.booking import LIVE, Booking
from ev_rental.rental.command import Command
from ev_rental.rental.errors import ErrorCode, ErrorKind, RentalError
from ev_rental.rental.service import EndRequest, HoldRequest
from ev_rental.rental.vocabulary import BookingState
from tests.functions.failover.replicas import Site, TwoRegions
from tests.functions.rental.fake_dynamodb import RENTAL, VEHICLE_STATES
from tests.functions.rental.invariants import check, entities
from tests.functions.rental.world import MINUTE

steps = st.sampled_from([0, 0, 1, 2, 3, 5])
Move = tuple[int, int, int | None, int]
moves = st.tuples(st.integers(0, 1), st.integers(0, 1), st.none() | st.integers(0, 3), steps)
"""Rider, car, bay of return; and how many further steps of the rental."""
some_moves = st.lists(moves, min_size=1, max_size=3)
stales = st.sampled_from([False, False, False, True])
DAY = 24 * 60 * MINUTE


class Failover(RuleBasedStateMachine):
    @initialize()
    def build(self) -> None:
        self.both = TwoRegions()
        self.acknowledged: dict[str, Booking] = {}
        self.requests = 0
        self.main = self.both.home

    def key(self) -> str:
        self.requests += 1
        return f"key-{self.requests}"

    def attempt(self, site: Site, call: Any) -> Any:
        """A request that a Region may refuse, for any reason that a client may be told."""
        try:
            return call()
        except RentalError as error:
            if site.db.lost and error.kind is not ErrorKind.UNAVAILABLE:
                raise AssertionError(f"a lost Region answered {error}") from error
            return None

    def site(self, stale: bool) -> Site:
        """The Region that was promoted last, or the other one, which need not know of it."""
        return self.both.other(self.main) if stale else self.main

    @rule(stale=stales, moves=some_moves)
    def riders_ride(self, stale: bool, moves: list[Move]) -> None:
        self.ride(self.site(stale), moves)

    def ride(self, site: Site, moves: list[Move]) -> None:
        for rider, car, bay, steps in moves:
            request = HoldRequest(
                vehicle_id=self.both.cars[car], destination=None if bay is None else self.both.bay(bay)
            )
            made = self.attempt(
                site,
                lambda: site.service.hold(self.both.riders[rider], self.key(), request),  # noqa: B023 - called at once
            )
            if made is not None:
                self.acknowledged[made.booking_id] = made
            self.ride_on(site, self.both.riders[rider], bay, steps)

    def ride_on(self, site: Site, rider: str, bay: int | None, steps: int) -> None:
        """The next steps of the rider's booking."""
        known = [
            e for e in entities(site.db) if isinstance(e, Booking) and e.rider_id == rider and e.state in LIVE
        ]
        if not known:
            return
        name = max(known, key=lambda booking: booking.created_at).booking_id
        for _ in range(steps):
            booking = next(e for e in entities(site.db) if isinstance(e, Booking) and e.booking_id == name)
            self.attempt(site, lambda booking=booking: self.step(site, booking, bay or 0))

    def step(self, site: Site, booking: Booking, bay: int) -> None:
        self.both.clock.now += 1_000
        command = site.db.tables[RENTAL].get((f"COMMAND#{booking.command_id}", "COMMAND"))
        if command is not None:
            found = next(
                e for e in entities(site.db) if isinstance(e, Command) and e.command_id == booking.command_id
            )
            self.both.answer(site, found)
        elif booking.state is BookingState.HELD:
            site.service.start(booking.rider_id, self.key(), booking.booking_id)
        elif booking.state is BookingState.ACTIVE:
            request = EndRequest(booking_id=booking.booking_id, bay=self.both.bay(bay))
            site.service.end(booking.rider_id, self.key(), request)
        elif booking.state is BookingState.COMPLETED:
            site.operations.issue_invoice(booking.booking_id)

    @precondition(lambda self: self.acknowledged)
    @rule(stale=stales, data=st.data())
    def cancel(self, stale: bool, data: Any) -> None:
        site = self.site(stale)
        booking = self.acknowledged[data.draw(st.sampled_from(sorted(self.acknowledged)))]
        self.attempt(site, lambda: site.service.cancel(booking.rider_id, self.key(), booking.booking_id))

    @rule(stale=stales, minutes=st.sampled_from([1, 2, 16]))
    def time_passes_and_sweeps_run(self, stale: bool, minutes: int) -> None:
        self.both.clock.now += minutes * MINUTE
        self.both.cars_report()
        operations = self.site(stale).operations
        for sweep in (operations.expire_commands, operations.expire_holds, operations.issue_due_invoices):
            self.attempt(self.site(stale), sweep)

    @rule(stale=stales)
    def reconcile(self, stale: bool) -> None:
        self.attempt(self.site(stale), self.site(stale).operations.reconcile)

    @rule(chance=st.randoms(use_true_random=False), share=st.sampled_from([0.3, 0.7, 1.0]))
    def some_of_it_arrives(self, chance: Any, share: float) -> None:
        self.both.deliver(lambda _: chance.random() < share)

    @rule(
        lost=st.booleans(),
        chance=st.randoms(use_true_random=False),
        share=st.sampled_from([0.0, 0.5, 0.9]),
        before=some_moves,
        after=some_moves,
        unheard=some_moves,
    )
    def fail_over(
        self,
        lost: bool,
        chance: Any,
        share: float,
        before: list[Move],
        after: list[Move],
        unheard: list[Move],
    ) -> None:
        """The writer is lost, or only not heard of any more, with a part of its last changes on their way."""
        self.ride(self.main, before)
        self.both.deliver(lambda _: chance.random() < share)
        old, self.main = self.main, self.both.other(self.main)
        old.db.lost, self.both.cut, self.main.db.lost = lost, True, False
        self.both.promote(self.main, planned=False)
        self.ride(old, unheard)
        self.ride(self.main, after)

    @precondition(lambda self: self.both.cut)
    @rule()
    def they_hear_each_other_again(self) -> None:
        self.both.cut = self.main.db.lost = self.both.other(self.main).db.lost = False

    @precondition(lambda self: not self.both.cut)
    @rule()
    def switch(self) -> None:
        """As planned."""
        self.main = self.both.other(self.main)
        self.both.promote(self.main, planned=True)

    def teardown(self) -> None:
        """The end of the runbook: both Regions are there, one writes, all that is late arrives."""
        if not hasattr(self, "both"):
            return
        both = self.both
        both.cut = False
        for site in both.sites.values():
            site.db.lost = False
        both.deliver()
        both.promote(both.home, planned=True)
        assert not both.home.operations.reconcile_invoices(both.clock.now - DAY).failed
        both.settle(both.home)
        both.clock.now += 2 * MINUTE
        for sweep in (
            both.home.operations.expire_commands,
            both.home.operations.issue_due_invoices,
            both.home.operations.reconcile,
        ):
            assert not sweep().failed
        both.deliver()
        for site in both.sites.values():
            check(site.db)
        for table in (RENTAL, VEHICLE_STATES):
            assert both.home.db.tables[table] == both.away.db.tables[table]
        known = {e.booking_id: e for e in entities(both.home.db) if isinstance(e, Booking)}
        assert set(self.acknowledged) <= set(known), "a booking was lost"
        assert all(booking.state is not BookingState.COMPLETED for booking in known.values())
        assert refused(both.away)


def refused(site: Site) -> bool:
    """Whether a Region that does not write says so."""
    try:
        site.operations.reconcile()
    except RentalError as error:
        return error.code is ErrorCode.WRITES_DISABLED
    return False


TestFailover = Failover.TestCase
TestFailover.settings = settings(
    max_examples=60,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
