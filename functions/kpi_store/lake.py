"""Rows for SQL: one object of JSON lines a table and day, which a Glue table of the same name describes."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, Protocol

import msgspec

_encode: Final = msgspec.json.Encoder(order="sorted").encode_lines

DAILY_KPIS: Final = "daily_kpis"
STATION_DEMAND: Final = "station_demand"
DEMAND_FORECAST: Final = "demand_forecast"


class S3Client(Protocol):
    """What is used of botocore's client `s3`."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> Any:  # noqa: ANN401, N803 - AWS's own
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"""


class Lake:
    """`bucket`: the curated one, encrypted by its own default."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def write(self, table: str, day: date, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replaces a day of a table."""
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{table}/dt={day.isoformat()}/{table}.json",
            Body=_encode(list(rows)),
            ContentType="application/x-ndjson",
        )


def hours_of_stations(stations: Mapping[str, list[int] | list[float]]) -> Iterable[dict[str, Any]]:
    """Station id -> 24 numbers, as rows (`station_id`, `hour`, `holds`), without those that are 0."""
    for station_id, hours in sorted(stations.items()):
        for hour, holds in enumerate(hours):
            if holds:
                yield {"station_id": station_id, "hour": hour, "holds": holds}
