"""Cars, their messages and the stream, for the tests."""

import base64
import json
from collections.abc import Iterable
from typing import Any

from ev_rental.geofence import market_fence
from ev_rental.vocabulary import Market
from telemetry_processor.processor import Processor, Summary
from telemetry_processor.rejected import RejectedRecords
from telemetry_processor.samples import Samples
from telemetry_processor.store import Store
from tests.functions.fake_aws import FakeDynamoDB, FakeS3, Faults, InlineExecutor

CAR = "SG-EV-000123"
NOON = 1_767_225_600_000  # 2026-01-01T00:00:00Z, ms
STATES = "vehicle-state"
ALERTS = "alerts"
KEYS: dict[str, tuple[str, ...]] = {STATES: ("vehicle_id",), ALERTS: ("vehicle_id", "alert_id")}

SPEED = "Vehicle.Speed"
_BATTERY = "Vehicle.Powertrain.TractionBattery"
SOC = f"{_BATTERY}.StateOfCharge.Current"
TEMPERATURE = f"{_BATTERY}.Temperature.Max"
LATITUDE = "Vehicle.CurrentLocation.Latitude"
LONGITUDE = "Vehicle.CurrentLocation.Longitude"
ACCURACY = "Vehicle.CurrentLocation.HorizontalAccuracy"
FIX_TIME = "Vehicle.CurrentLocation.Timestamp"
IMPACT = "Vehicle.Acceleration.Longitudinal"
AIRBAG = "Vehicle.Cabin.Seat.Row1.DriverSide.Airbag.IsDeployed"


def telemetry(at: Any = 0, seq: Any = 1, car: Any = CAR, **more: Any) -> dict[str, Any]:
    """A message measured `at` seconds after NOON, received a second later; `more`: other keys, by wire
    name (`**{SOC: 50}`)."""
    ms = NOON + int(at * 1000)
    return {
        "schemaVersion": "1.0",
        "vehicleId": car,
        "market": car[:2].lower(),
        "timestamp": ms,
        "sequence": seq,
        "recordType": "telemetry",
        "topicVehicleId": car,
        "receivedAt": ms + 1000,
    } | more


def lifecycle(
    at: float = 0, version: int = 1, event: str = "connected", car: str = CAR, **more: Any
) -> dict[str, Any]:
    """A presence event `at` seconds after NOON."""
    ms = NOON + int(at * 1000)
    return {
        "clientId": car,
        "timestamp": ms,
        "eventType": event,
        "versionNumber": version,
        "recordType": "lifecycle",
        "topicVehicleId": car,
        "receivedAt": ms + 50,
    } | more


def encoded(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def record(payload: dict[str, Any] | bytes, number: int) -> dict[str, Any]:
    """A record as Lambda hands it over; `number` makes its sequence number."""
    data = payload if isinstance(payload, bytes) else encoded(payload)
    sequence_number = str(49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_800 + number)
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": CAR,
            "sequenceNumber": sequence_number,
            "data": base64.b64encode(data).decode(),
            "approximateArrivalTimestamp": NOON / 1000 + number,
        },
        "eventSource": "aws:kinesis",
        "eventID": f"shardId-000000000006:{sequence_number}",
    }


def records(payloads: Iterable[dict[str, Any] | bytes], first: int = 0) -> list[dict[str, Any]]:
    return [record(payload, number) for number, payload in enumerate(payloads, first)]


class World:
    """The processor on fake tables and a fake bucket."""

    def __init__(
        self,
        faults: Iterable[str | None] = (),
        market: Market = Market.SINGAPORE,
        samples: Samples | None = None,
    ) -> None:
        script = Faults(faults)
        self.tables = FakeDynamoDB(KEYS, script)
        self.bucket = FakeS3(script)
        self.problems: list[tuple[str, str, Exception]] = []
        self.processor = Processor(
            market=market,
            fence=market_fence(market),
            store=Store(
                self.tables,  # type: ignore[arg-type]  # the fake has the methods that are called
                vehicle_state_table=STATES,
                alerts_table=ALERTS,
                market=market,
                pause=lambda _: None,
            ),
            rejected=RejectedRecords(self.bucket, bucket="rejected"),  # type: ignore[arg-type]  # as above
            writers=InlineExecutor(),
            on_problem=lambda *problem: self.problems.append(problem),
            samples=samples,
        )

    def process(self, *payloads: dict[str, Any] | bytes) -> Summary:
        return self.processor.process(records(payloads))

    def state(self, car: str = CAR) -> dict[str, Any]:
        return self.tables.tables[STATES][(car,)]

    def alerts(self, rule: str | None = None) -> list[dict[str, Any]]:
        """Alert items in the order of their keys."""
        items = [item for _, item in sorted(self.tables.tables[ALERTS].items())]
        return [item for item in items if rule in (None, item["rule"]["S"])]

    def open_rules(self) -> set[str]:
        return {item["rule"]["S"] for item in self.alerts() if "open_severity" in item}

    def snapshot(self) -> dict[str, Any]:
        """Everything stored but revisions, which count writes."""
        return {
            name: {
                key: {attribute: value for attribute, value in item.items() if attribute != "revision"}
                for key, item in table.items()
            }
            for name, table in self.tables.tables.items()
        }
