"""The telemetry stream, from cars' messages to the platform's own processor, without a network."""

import base64
from concurrent.futures import Executor
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from botocore.session import get_session

from ev_rental.geofence import Geofence
from ev_rental.vocabulary import Market
from local.demo.tables import NAMES
from local.fleet.car import Car
from telemetry_processor.processor import Processor
from telemetry_processor.rejected import RejectedRecords
from telemetry_processor.store import Store

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


class RefusedError(Exception):
    """The processor did not take what the demonstration's cars said."""


class Stream:
    """One shard."""

    def __init__(self, market: Market, fence: Geofence, client: "DynamoDBClient", writers: Executor) -> None:
        self._market = market
        self._numbers = count(1)
        self._records: list[dict[str, Any]] = []
        objects: Any = get_session().create_client("s3", region_name="us-east-1")
        self._processor = Processor(
            market=market,
            fence=fence,
            store=Store(
                client,
                vehicle_state_table=NAMES.vehicle_state,
                alerts_table=NAMES.alerts,
                market=market,
            ),
            rejected=RejectedRecords(cast("S3Client", objects), bucket="rejected"),
            writers=writers,
            on_problem=_refuse,
        )

    def put(self, car: Car, at: int) -> None:
        """What the car says at ms `at`; processed with the rest."""
        number = str(next(self._numbers))
        self._records.append(
            {
                "eventID": f"shardId-000000000000:{number}",
                "kinesis": {
                    "sequenceNumber": number,
                    "partitionKey": car.vehicle_id,
                    "approximateArrivalTimestamp": at / 1000,
                    "data": base64.b64encode(car.message(at, market=self._market)).decode(),
                },
            }
        )

    def process(self) -> None:
        """Hands everything to the processor. Raises RefusedError."""
        records, self._records = self._records, []
        summary = self._processor.process(records)
        if summary.failed or summary.rejected:
            raise RefusedError(f"{summary.failed} messages failed, rejected were {dict(summary.rejected)}")


def _refuse(what: str, where: str, error: Exception) -> None:
    raise RefusedError(f"{where}: {what}") from error
