"""A day at the back office over moto: expressions, keys and indexes are DynamoDB's own grammar."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ev_rental.kpi import DailyTotals
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.service import HoldRequest
from ev_rental.rental.vocabulary import BookingState, CommandAction
from ev_rental.staff.alert_acts import AcknowledgeRequest, ResolveRequest, SnoozeRequest
from ev_rental.staff.alerts import stored_id
from ev_rental.staff.audit import Actor
from ev_rental.staff.vehicles import CommandRequest, ServiceRequest
from ev_rental.staff.work_order_acts import AssignRequest, OpenRequest
from ev_rental.vocabulary import Severity
from ev_rental.work_orders import UNFINISHED, Priority
from kpi_store.items import totals_row
from telemetry_processor.samples import Samples
from tests.functions.front import FakeIot
from tests.functions.rental.fake_dynamodb import ALL_INDEXES, KEYS, KPI, NUMBERS, SAMPLES
from tests.functions.rental.world import MINUTE, World
from tests.functions.staff_api.office import Office, staff_service

CAR, OTHER = "SG-EV-000001", "SG-EV-000002"
ANN = Actor(sub="sub-ann", name="ann@example.com", groups=("operations",), ip="203.0.113.7")
EVER = (0, 9_999_999_999_999)


class Moto:
    """All tables as the program makes them, looking to tests like the in-memory ones."""

    def __init__(self) -> None:
        self.client: Any = boto3.client("dynamodb", region_name="ap-southeast-1")
        for table, key in KEYS.items():
            indexes = ALL_INDEXES.get(table, {})
            names = sorted({*key, *(name for index in indexes.values() for name in index)})
            described: dict[str, Any] = {
                "TableName": table,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "N" if name in NUMBERS else "S"}
                    for name in names
                ],
                "KeySchema": _schema(key),
            }
            if indexes:
                described["GlobalSecondaryIndexes"] = [
                    {
                        "IndexName": name,
                        "KeySchema": _schema(index),
                        "Projection": {"ProjectionType": "ALL"},
                    }
                    for name, index in indexes.items()
                ]
            self.client.create_table(**described)
        self.tables: Any = {table: _Table(self.client, table) for table in KEYS}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def put(self, table: str, _: object, item: dict[str, Any]) -> None:
        kept = self.tables[table].get(tuple(next(iter(item[name].values())) for name in KEYS[table])) or {}
        if "rental_state" in kept:
            item = {**item, "rental_state": kept["rental_state"]}
        self.client.put_item(TableName=table, Item=item)


class _Table:
    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def __getitem__(self, key: tuple[str, ...]) -> Any:
        return self.get(key)

    def get(self, key: tuple[str, ...], default: Any = None) -> Any:
        typed = {
            name: {"N" if name in NUMBERS else "S": value}
            for name, value in zip(KEYS[self._name], key, strict=True)
        }
        return self._client.get_item(TableName=self._name, Key=typed).get("Item", default)


def _schema(key: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(key, ("HASH", "RANGE"), strict=False)
    ]


@pytest.fixture(scope="module")
def staff() -> Iterator[Office]:
    patch = pytest.MonkeyPatch()
    patch.setenv("AWS_ACCESS_KEY_ID", "testing")
    patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        world = World(cars=2, riders=1, parked=True, client=Moto())
        made = Office(world, staff_service(world), FakeIot())
        for car in world.cars:
            made.hear(car)
        yield made
    patch.undo()


def test_alerts_are_worked_and_the_car_is_bookable_at_once(staff: Office) -> None:
    service = staff.service
    alert = stored_id(staff.alarm(CAR, "battery_hot"))
    assert [car.worst for car in service.cars()] == [Severity.CRITICAL, None]
    until = staff.world.clock.now + MINUTE
    service.snooze(ANN, "k1", CAR, alert, SnoozeRequest(until=until))
    service.acknowledge(ANN, "k2", CAR, alert, AcknowledgeRequest())
    assert [one.snoozed_until for one in service.store.unresolved_alerts()] == [until]
    with pytest.raises(RentalError) as caught:
        service.acknowledge(ANN, "k3", CAR, alert, AcknowledgeRequest())
    assert caught.value.code is ErrorCode.WRONG_STATE
    service.resolve(ANN, "k4", CAR, alert, ResolveRequest(note="cooled"))
    assert service.store.unresolved_alerts() == []
    listed = service.store.resolved_alerts(severities=[Severity.CRITICAL], limit=5, cursor=None)
    assert [(one.note, one.resolved_by) for one in listed.items] == [("cooled", ANN.name)]
    assert service.store.resolved_alerts(severities=[Severity.INFO], limit=5, cursor=None).items == []
    booking = staff.world.service.hold("rider-1", "hold", HoldRequest(vehicle_id=CAR))
    found = service.store.bookings(
        rider_id=None,
        vehicle_id=CAR,
        states=[BookingState.HELD],
        between=EVER,
        limit=5,
        cursor=None,
    )
    assert found.items == [booking]
    assert [car.vehicle.booking_id for car in service.cars()] == [booking.booking_id, None]


def test_acts_and_their_records_are_one(staff: Office) -> None:
    service = staff.service
    service.command(ANN, "c1", OTHER, CommandRequest(action=CommandAction.LOCK, reason="open"))
    out = ServiceRequest(reason="dirty")
    assert service.take_out_of_service(ANN, "s1", OTHER, out) == service.take_out_of_service(
        ANN, "s1", OTHER, out
    )
    page = service.store.audit(
        day=None, subject=f"vehicle/{OTHER}", actor=None, between=EVER, limit=10, cursor=None
    )
    assert sorted((one.action, one.outcome.value) for one in page.items) == [
        ("commandVehicle", "done"),
        ("commandVehicle", "requested"),
        ("takeVehicleOutOfService", "done"),
    ]


def test_work_orders_are_opened_and_assigned_under_conditions(staff: Office) -> None:
    service = staff.service
    request = OpenRequest(vehicle_id=OTHER, title="Wash it", priority=Priority.LOW)
    order = service.open_work_order(ANN, "o1", request)
    assert service.open_work_order(ANN, "o1", request) == order
    mine = service.assign_work_order(ANN, "o2", order.work_order_id, AssignRequest(assignee=ANN.name))
    listed = service.store.work_orders(UNFINISHED, vehicle_id=None, assignee=ANN.name, limit=5, cursor=None)
    assert listed.items == [mine]


def test_samples_and_figures_are_read_as_they_are_written(staff: Office) -> None:
    staff.sample(CAR, 1, soc=50.0)
    client: Any = staff.db
    Samples(client, SAMPLES).keep(staff.service.samples(CAR, 1))
    assert [one.soc for one in staff.service.samples(CAR, 1)] == [50.0]
    row = totals_row(DailyTotals(day=date(2026, 3, 1), as_of=1, trips=3))
    staff.db.put(KPI, ("KPI", "2026-03-01"), dict(row))
    assert [day.trips for day in staff.service.kpis(date(2026, 3, 1), date(2026, 3, 2))] == [3]
