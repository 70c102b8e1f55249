"""From a real rental's changes, by the publisher's events, to the figures of its day."""

import json
from typing import Any

import pytest

from ev_rental.kpi.facts import EVENT_TYPES, FactError, facts_of
from ev_rental.kpi.fold import DayFacts, FoldedDay, fold_day
from ev_rental.kpi.local_days import LocalDays
from ev_rental.rental.events import SOURCE
from ev_rental.rental.service import EndRequest
from ev_rental.rental.vocabulary import EventType, VehicleEvent
from event_publisher.changes import Changes
from event_publisher.environment import PublisherEnvironment
from kpi_aggregator.events import facts_in
from tests.functions.event_publisher.fake_bus import ENVIRONMENT, records
from tests.functions.rental.fake_dynamodb import RENTAL, VEHICLE_STATES
from tests.functions.rental.world import MINUTE, World
from tests.functions.rental_events.lambdas import asked_to_start, held

HOUR = 60 * MINUTE
DAYS = LocalDays("Asia/Singapore")


def tell(world: World, car: str, *, odometer: int, kwh: float) -> None:
    """The car reports its counters."""
    world.see(car, odometer=odometer)
    item = world.db.tables[VEHICLE_STATES][(car,)]
    leaves = json.loads(item["leaves"]["S"]) | {"consumed_energy": kwh}
    world.db.put(VEHICLE_STATES, (car,), item | {"leaves": {"S": json.dumps(leaves)}})


def folded(world: World) -> FoldedDay:
    """The day of the world's rentals, of all that its table's stream tells."""
    changes = Changes(PublisherEnvironment.read(ENVIRONMENT))
    facts = []
    for number, record in enumerate(records(world.db.stream, RENTAL)):
        for event in changes.events(number, record):
            if event.detail_type not in EVENT_TYPES:
                continue
            envelope: dict[str, Any] = {
                "source": SOURCE,
                "detail-type": event.detail_type,
                "detail": json.loads(event.detail),
            }
            facts += facts_in(json.dumps(envelope), world.market.market)
    day = DAYS.day_of(world.clock.now)
    return fold_day(DayFacts(day=day, openings={}, facts=facts), DAYS, world.clock.now)


def test_a_ride_a_hold_and_a_car_in_the_workshop_make_a_days_figures() -> None:
    world = World(cars=3, riders=3, parked=True)
    begun = world.clock.now
    car, rider = world.cars[0], world.riders[0]
    command = asked_to_start(world)
    tell(world, car, odometer=1_000_000, kwh=500.0)
    world.operations.acknowledge(world.answer(command))
    world.clock.now += HOUR
    tell(world, car, odometer=1_012_500, kwh=502.25)
    end = EndRequest(booking_id=command.booking_id, bay=world.bay(0))
    world.operations.acknowledge(world.answer(world.service.end(rider, "end", end)))
    invoice = world.operations.issue_invoice(command.booking_id)
    assert invoice is not None
    held(world, 1)
    world.operations.change_vehicle(world.cars[2], VehicleEvent.SERVICE_END)
    world.clock.now += HOUR

    done = folded(world)
    totals = done.totals
    assert (totals.trips, totals.metres, totals.energy_wh) == (1, 12_500, 2_250)
    assert totals.revenue_minor == invoice.price.net
    assert totals.fleet_ms == 3 * 2 * HOUR == 3 * (world.clock.now - begun)
    assert totals.in_use_ms == HOUR
    assert totals.ready_ms == HOUR + 2 * HOUR + HOUR  # each car's, the third went to the workshop
    station = world.station.station_id
    assert sum(done.demand[station]) == 2
    assert done.demand[station][DAYS.hour_of(begun)] == 1


def test_every_type_that_counts_is_understood_and_no_other() -> None:
    for kind in EventType:
        why = "missing required field" if kind in EVENT_TYPES else "check the bus rule"
        with pytest.raises(FactError, match=why):
            facts_of(kind, {})
