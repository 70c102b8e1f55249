"""Telemetry records per second: our processor against a Powertools batch processor that writes each record.

Both run on real botocore clients whose requests are answered at the last moment before the socket, so that
each call costs what it costs in Lambda; once without a network and once with 5 ms a call, waited for as in
life. Same events, same process, same run.
"""

import base64
import io
import json
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import (
    KinesisStreamRecord,
)
from botocore.awsrequest import AWSResponse
from botocore.session import get_session
from pydantic import BaseModel, ConfigDict, create_model

from bench import FUNCTIONS
from ev_rental.folding import fold, in_order
from ev_rental.geofence import market_fence
from ev_rental.signals import Surroundings
from ev_rental.telemetry import LEAVES
from ev_rental.vehicle import Vehicle
from ev_rental.vocabulary import Market
from telemetry_processor.handler import CLIENT_CONFIG
from telemetry_processor.items import (
    fingerprint,
    vehicle_attributes,
    vehicle_from,
)
from telemetry_processor.processor import Processor
from telemetry_processor.rejected import RejectedRecords
from telemetry_processor.store import Store

BATCH: Final = 500
NETWORK_SECONDS: Final = 0.005
_STATES, _ALERTS = "vehicle-state", "alerts"
_NOON: Final = 1_767_225_600_000


class _Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


class StubbedDynamoDB:
    """A real client; each vehicle's item is there as `items` has it and every write succeeds."""

    def __init__(self, items: dict[str, dict[str, Any]], latency: float) -> None:
        self._items = {name: json.dumps(item) for name, item in items.items()}
        self._latency = latency
        self.client: Any = get_session().create_client(
            "dynamodb",
            region_name="ap-southeast-1",
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",  # noqa: S106 - requests never leave the process
            config=CLIENT_CONFIG,
        )
        self.client.meta.events.register("before-send.dynamodb", self._answer)

    def _answer(self, request: Any, **_: Any) -> Any:  # noqa: ANN401 - botocore's prepared request
        if self._latency:
            time.sleep(self._latency)
        body = "{}"
        if b"BatchGetItem" in request.headers["X-Amz-Target"]:
            keys = json.loads(request.body)["RequestItems"][_STATES]["Keys"]
            found = ",".join(self._items[key["vehicle_id"]["S"]] for key in keys)
            body = f'{{"Responses": {{"{_STATES}": [{found}]}}, "UnprocessedKeys": {{}}}}'
        headers: Any = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, _Body(body.encode()))


def _message(car: str, sample: int, rng: random.Random) -> dict[str, Any]:
    """A full message of a car on the road: every leaf but the airbags' and doors'."""
    at = _NOON + sample * 1000
    message: dict[str, Any] = {
        "schemaVersion": "1.0",
        "vehicleId": car,
        "market": "sg",
        "timestamp": at,
        "sequence": sample,
    }
    special = {
        "latitude": 1.33 + rng.random() / 50,
        "longitude": 103.80 + rng.random() / 20,
        "fix_time": "2026-01-01T00:00:00Z",
        "soc": 60 + rng.random() * 20,
        "temperature_max": 31.5,
        "cell_min": 3.71,
        "cell_max": 3.74,
        "low_voltage": 13.1,
        "accuracy": 6.5,
        "charge_limit": 80,
        "low_voltage_state": "ON",
    }
    for leaf in LEAVES:
        name = leaf.stored_name
        if name in special:
            message[leaf.path] = special[name]
        elif name.startswith("tyre_") and leaf.glue_type == "bigint":
            message[leaf.path] = 245
        elif leaf.glue_type == "boolean" and not name.startswith(("locked", "airbag")):
            message[leaf.path] = False
        elif leaf.glue_type == "double":
            message[leaf.path] = round(rng.random() * 2, 3)
        elif leaf.glue_type == "bigint":
            message[leaf.path] = rng.randrange(100_000, 200_000)
    return message | {"recordType": "telemetry", "topicVehicleId": car, "receivedAt": at + 200}


def _event(cars: int, samples: int) -> dict[str, Any]:
    rng = random.Random(1)  # noqa: S311 - the same event on each run
    records: list[dict[str, Any]] = []
    for sample in range(1, samples + 1):
        for car in range(cars):
            message = _message(f"SG-EV-{car:06d}", sample, rng)
            number = str(
                49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898 + len(records)
            )
            records.append(
                {
                    "kinesis": {
                        "kinesisSchemaVersion": "1.0",
                        "partitionKey": message["vehicleId"],
                        "sequenceNumber": number,
                        "data": base64.b64encode(json.dumps(message).encode()).decode(),
                        "approximateArrivalTimestamp": message["receivedAt"] / 1000,
                    },
                    "eventSource": "aws:kinesis",
                    "eventID": f"shardId-000000000006:{number}",
                    "eventName": "aws:kinesis:record",
                }
            )
    return {"Records": records}


def _stored(event: dict[str, Any], ours: Processor) -> dict[str, dict[str, Any]]:
    """Items as an earlier message of each car left them."""
    items: dict[str, dict[str, Any]] = {}
    works, _ = ours._decode(event["Records"])
    for work in works:
        vehicle = Vehicle(vehicle_id=work.vehicle_id)
        fold(vehicle, in_order(work.messages[:1]), Surroundings(market_fence(Market.SINGAPORE)))
        vehicle.ts, vehicle.seq = vehicle.ts - 60_000, 0
        for progress in vehicle.memory.rules.values():
            progress.ts, progress.seq = vehicle.ts, vehicle.seq
        key = {"vehicle_id": {"S": work.vehicle_id}}
        items[work.vehicle_id] = key | vehicle_attributes(vehicle)
    return items


def _ours(client: Any) -> Processor:  # noqa: ANN401 - a botocore client
    return Processor(
        market=Market.SINGAPORE,
        fence=market_fence(Market.SINGAPORE),
        store=Store(client, vehicle_state_table=_STATES, alerts_table=_ALERTS, market="sg"),
        rejected=RejectedRecords(client, bucket="rejected"),
        writers=ThreadPoolExecutor(16),
        on_problem=lambda what, where, error: sys.exit(f"bench: {what}: {where}: {error!r}"),
    )


def _usual(client: Any) -> Callable[[dict[str, Any]], Any]:  # noqa: ANN401 - a botocore client
    """The usual way: a Powertools batch processor, a pydantic model, one conditional write a record."""
    kinds: dict[str, type] = {"double": float, "bigint": int, "boolean": bool, "string": str}
    fields: dict[str, Any] = {
        leaf.stored_name: (kinds.get(leaf.glue_type, list[str]) | None, None) for leaf in LEAVES
    }
    envelope: dict[str, Any] = {"vehicleId": (str, ...), "timestamp": (int, ...), "sequence": (int, ...)}
    aliases = {leaf.stored_name: leaf.path for leaf in LEAVES}
    model: type[BaseModel] = create_model(
        "Message",
        __config__=ConfigDict(alias_generator=lambda name: aliases.get(name, name)),
        **fields,
        **envelope,
    )

    def write(record: KinesisStreamRecord) -> None:
        message = model.model_validate(record.kinesis.data_as_json())
        values = message.model_dump(exclude_none=True)
        client.put_item(
            TableName=_STATES,
            Item={
                "vehicle_id": {"S": values["vehicleId"]},
                "ts": {"N": str(values["timestamp"])},
                "seq": {"N": str(values["sequence"])},
                "soc": {"N": str(values["soc"])},
                "leaves": {"S": json.dumps(values)},
            },
            ConditionExpression="attribute_not_exists(ts) OR ts < :ts",
            ExpressionAttributeValues={":ts": {"N": str(values["timestamp"])}},
        )

    processor = BatchProcessor(event_type=EventType.KinesisDataStreams)
    return lambda event: process_partial_response(
        event=event,
        record_handler=write,
        processor=processor,
        context=None,
    )


def _best(action: Callable[[], Any], repeats: int) -> float:
    """Seconds of the fastest run, after one that warms up."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def _stages(event: dict[str, Any], ours: Processor, store: Store) -> dict[str, float]:
    """Milliseconds a batch of each stage, run on its own in one thread."""
    surroundings = Surroundings(market_fence(Market.SINGAPORE))
    works, _ = ours._decode(event["Records"])
    names = [work.vehicle_id for work in works]
    stored = store.load_many(names)
    folded: list[Vehicle] = []

    def fold_all() -> None:
        folded.clear()
        for work in works:
            vehicle = vehicle_from(work.vehicle_id, stored[work.vehicle_id])
            before = fingerprint(vehicle)
            fold(vehicle, in_order(work.messages), surroundings)
            if fingerprint(vehicle) != before:
                folded.append(vehicle)

    def write_all() -> None:
        for vehicle in folded:
            store.save(vehicle, [])

    stages: dict[str, Callable[[], Any]] = {
        "decode": lambda: ours._decode(event["Records"]),
        "read": lambda: store.load_many(names),
        "fold": fold_all,
        "write": write_all,
    }
    return {name: 1000 * _best(action, 5) for name, action in stages.items()}


def _import_milliseconds() -> float:
    module = "telemetry_processor.handler"
    code = f"import time; s = time.perf_counter(); import {module}; print(time.perf_counter() - s)"
    command = [sys.executable, "-c", code]
    runs = [
        subprocess.run(command, cwd=FUNCTIONS, capture_output=True, text=True, check=True)  # noqa: S603 - fixed
        for _ in range(3)
    ]
    return 1000 * min(float(run.stdout) for run in runs)


def _archive_bytes() -> int:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in ("ev_rental", "telemetry_processor"):
            for path in sorted((FUNCTIONS / package).rglob("*")):
                if path.suffix in (".py", ".geojson"):
                    archive.write(path, path.relative_to(FUNCTIONS))
    return len(packed.getvalue())


def run() -> dict[str, Any]:
    """Measures, prints a line a figure and returns the same figures."""
    figures: dict[str, Any] = {}
    for cars, samples in ((100, 5), (500, 1)):
        event = _event(cars, samples)
        items = _stored(event, _ours(None))
        for network, latency, repeats in (("no network", 0.0, 4), ("5 ms a call", NETWORK_SECONDS, 1)):
            client = StubbedDynamoDB(items, latency).client
            ours, usual = _ours(client), _usual(client)
            summary = ours.process(event["Records"])
            if summary.applied != BATCH:
                raise RuntimeError(f"the batch was not applied: {summary}")
            fast = _best(lambda ours=ours, event=event: ours.process(event["Records"]), repeats)  # type: ignore[misc]  # bound now
            slow = _best(lambda usual=usual, event=event: usual(event), repeats)  # type: ignore[misc]  # bound now
            name = f"{cars} cars x {samples}, {network}"
            figures[name] = {
                "records_per_second": round(BATCH / fast),
                "powertools_records_per_second": round(BATCH / slow),
                "ratio": round(slow / fast, 1),
            }
            print(
                f"processor, {name}: {BATCH / fast:,.0f} records/s, Powertools a write a record "
                f"{BATCH / slow:,.0f}: {slow / fast:.1f} x"
            )
        client = StubbedDynamoDB(items, 0.0).client
        store = Store(client, vehicle_state_table=_STATES, alerts_table=_ALERTS, market="sg")
        stages = _stages(event, _ours(client), store)
        figures[f"{cars} cars x {samples}, milliseconds"] = {
            name: round(ms, 2) for name, ms in stages.items()
        }
        parts = ", ".join(f"{name} {ms:.1f} ms" for name, ms in stages.items())
        print(f"processor, {cars} cars x {samples}, where the time goes: {parts}")
    figures["import_milliseconds"] = round(_import_milliseconds())
    figures["archive_bytes"] = _archive_bytes()
    print(f"processor, import of the handler: {figures['import_milliseconds']} ms")
    print(f"processor, archive: {figures['archive_bytes'] / 1024:.0f} KiB")
    return figures


if __name__ == "__main__":
    run()
