"""The staff API, over one market's tables: members of staff call, cars report."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any, Final, cast
from unittest.mock import patch

import staff_api.handler
from backoffice_store.staff_store import StaffStore, Tables
from ev_rental.alerts import AlertChange, Progress
from ev_rental.rules import RULES_BY_NAME, Zone
from ev_rental.sampling import Sample
from ev_rental.staff.access import Group
from ev_rental.staff.alerts import wire_id
from ev_rental.staff.service import StaffService
from ev_rental.vehicle import Memory, Vehicle
from http_api.iot_commands import IotCommandSender
from pages.openapi import staff_document
from rental_store.fence import Fence, Writer
from rental_store.retries import Retries
from staff_api.routes import routes
from telemetry_processor.items import new_alert, vehicle_attributes, vehicle_from
from telemetry_processor.samples import sample_attributes
from tests.functions.described import Described
from tests.functions.fake_aws import InlineExecutor
from tests.functions.front import FakeIot, Front
from tests.functions.rental.fake_dynamodb import (
    ALERTS,
    BACKOFFICE,
    KPI,
    RENTAL,
    SAMPLES,
    VEHICLE_STATES,
)
from tests.functions.rental.world import REGION, World

ORIGIN: Final = "https://backoffice.sg.example.com"
ENVIRONMENT: Final = {
    "MARKET": "sg",
    "RENTAL_TABLE": RENTAL,
    "VEHICLE_STATE_TABLE": VEHICLE_STATES,
    "ALERTS_TABLE": ALERTS,
    "BACKOFFICE_TABLE": BACKOFFICE,
    "RECENT_TELEMETRY_TABLE": SAMPLES,
    "KPI_TABLE": KPI,
    "TABLES_REGION": "ap-southeast-1",
    "IOT_REGION": "ap-southeast-1",
    "WRITES_ENABLED": "true",
    "WRITER_EPOCH": "1",
    "LOCALE": "en-SG",
    "ALLOWED_ORIGIN": ORIGIN,
}
TABLES: Final = Tables(
    rental=RENTAL,
    vehicle_state=VEHICLE_STATES,
    alerts=ALERTS,
    backoffice=BACKOFFICE,
    recent_telemetry=SAMPLES,
    kpi=KPI,
)
SCOPES: Final = "openid email backoffice/staff"
OTHERS: Final[Mapping[str, dict[str, str]]] = {
    "rider": {"sub": "rider-1", "token_use": "access", "scope": "openid rental/ride"},
    "id": {"sub": "sub-admin", "token_use": "id", "cognito:groups": "admin"},
    "nearly": {"sub": "sub-x", "token_use": "access", "scope": "backoffice/staffing"},
}
"""Tokens that a pool signed and that are still no access token of the staff."""


class Office(Front):
    """`by`: groups, or a name of OTHERS. `world` has riders and their service, over the same tables."""

    caller = "admin"

    def __init__(self, world: World, service: StaffService, iot: FakeIot) -> None:
        super().__init__(world, iot, described())
        self.db = world.db
        self.service = service
        self._numbers = count(1)

    def claims_of(self, token: str) -> dict[str, str] | None:
        """`nobody` is of no group; `operations+analyst` is of two; a forged token never gets claims."""
        if token in OTHERS:
            return OTHERS[token]
        groups = [name for name in token.split("+") if name in tuple(Group)]
        if not groups and token != "nobody":
            return None
        claims = {
            "sub": f"sub-{token.replace('+', '-')}",
            "email": f"{token}@example.com",
            "token_use": "access",
            "scope": SCOPES,
        }
        return claims | ({"cognito:groups": ",".join(groups)} if groups else {})

    def handle(self, event: dict[str, Any]) -> Mapping[str, Any]:
        answer = staff_api.handler.handler(event, None)  # type: ignore[arg-type]  # the context is not used
        assert answer["multiValueHeaders"]["Access-Control-Allow-Origin"] == [ORIGIN]
        return answer

    # Staff

    def records(self) -> list[dict[str, Any]]:
        """The audit trail, oldest first, as plain values."""
        found = [item for (pk, _), item in self.db.tables[BACKOFFICE].items() if pk.startswith("AUDIT#")]
        return [
            {name: next(iter(value.values())) for name, value in item.items()}
            for item in sorted(found, key=lambda item: item["sk"]["S"])
        ]

    def left_by(self, step: Callable[[], Any]) -> tuple[Any, list[dict[str, Any]]]:
        """What a step answers, and the audit records that it leaves."""
        before = {one["audit_id"] for one in self.records()}
        answer = step()
        return answer, [one for one in self.records() if one["audit_id"] not in before]

    # Cars

    def hear(
        self, car: str, *, soc: float = 80.0, seen: int | None = None, alerts: Any = None, **leaves: Any
    ) -> None:
        """The car's state as the processor keeps it, the rental's part left. `alerts`: rule -> Progress."""
        now = self.world.clock.now if seen is None else seen
        old = self.db.tables[VEHICLE_STATES].get((car,), {})
        told = {"soc": soc, "latitude": 1.3, "longitude": 103.85, "odometer": 1_000_000} | leaves
        vehicle = Vehicle(
            vehicle_id=car,
            revision=next(self._numbers),
            ts=now,
            seq=1,
            last_seen=now,
            leaves=told,
            memory=Memory(rules=alerts or {}),
        )
        self._put_state(vehicle, old)

    def _put_state(self, vehicle: Vehicle, old: Mapping[str, Any]) -> None:
        item: dict[str, Any] = {"vehicle_id": {"S": vehicle.vehicle_id}, **vehicle_attributes(vehicle)}
        if vehicle.blocking_alerts:
            item["blocking_alerts"] = {"SS": sorted(vehicle.blocking_alerts)}
        if "rental_state" in old:
            item["rental_state"] = old["rental_state"]
        self.db.put(VEHICLE_STATES, (vehicle.vehicle_id,), item)

    def alarm(self, car: str, rule: str = "battery_hot", *, still: bool = False, value: float = 61.0) -> str:
        """An alert opens, as the processor writes it; answers its id on the wire. `still`: the car still
        reports what raised it."""
        at = self.world.clock.now + next(self._numbers)
        old = self.db.tables[VEHICLE_STATES][(car,)]
        vehicle = vehicle_from(car, old)
        zone = Zone.RAISE if still else Zone.CLEAR
        vehicle.memory.rules[rule] = Progress(
            ts=at, seq=1, zone=zone, count=1, since=at, settled=True, raised_at=at, is_open=True
        )
        self._put_state(vehicle, old)
        change = AlertChange(
            vehicle_id=car,
            rule=rule,
            raised_at=at,
            created=True,
            occurrences=1,
            last_occurred_at=at,
            value=value,
        )
        self.db.put(ALERTS, (car, change.alert_id), dict(new_alert(change, "sg")))
        assert rule in RULES_BY_NAME
        return wire_id(change.alert_id)

    def sample(self, car: str, minutes_ago: int, **leaves: Any) -> None:
        minute = self.world.clock.now // 60_000 - minutes_ago
        sample = Sample(vehicle_id=car, minute=minute, at=minute * 60_000, **leaves)
        self.db.put(SAMPLES, (car, str(minute)), dict(sample_attributes(sample)))


@cache
def described() -> Described:
    """The staff API's document, to hold answers against."""
    return Described(staff_document())


def operations() -> list[tuple[str, str, str]]:
    """(operation, method, path) of every route."""
    return [(one.name, one.method, one.path) for one in routes.all]


def staff_service(world: World, client: Any = None, *, writes_enabled: bool = True) -> StaffService:
    """The service as `connect` makes it, over the world's tables."""
    store = StaffStore(
        cast("Any", client or world.db),
        TABLES,
        fence=Fence(RENTAL, Writer(REGION, 1)),
        readers=InlineExecutor(),
        clock=world.clock,
        retries=Retries(pause=world.pauses.append, chance=lambda: 0.5),
    )
    public_ids = count()
    return StaffService(
        market=world.market,
        store=store,
        sender=world.sender,
        clock=world.clock,
        new_id=lambda: f"staff-public-{next(public_ids)}",
        locale="en-SG",
        writes_enabled=writes_enabled,
    )


@contextmanager
def office(world: World, *, writes_enabled: bool = True) -> Iterator[Office]:
    """The handler as in Lambda, at a cold start, with the world's tables in place of AWS's."""
    iot = FakeIot()

    def connect(_: object, sender: Any) -> StaffService:
        service = staff_service(world, writes_enabled=writes_enabled)
        service._sender = sender
        return service

    caches: tuple[Any, ...] = (staff_api.handler.router, staff_api.handler.environment)
    with (
        patch.dict("os.environ", ENVIRONMENT),
        patch.object(staff_api.handler, "connect", connect),
        patch.object(IotCommandSender, "in_region", lambda _: IotCommandSender(lambda: iot)),
    ):
        for one in caches:
            one.cache_clear()
        try:
            made = Office(world, staff_service(world, writes_enabled=writes_enabled), iot)
            for car in world.cars:
                made.hear(car)
            yield made
        finally:
            for one in caches:
                one.cache_clear()
