"""Keeps rejected records, so that none is lost and each can be replayed once its fault is understood."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from ev_rental.vocabulary import RejectReason

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX: Final = "rejected/"


class RejectedRecord(Struct, rename="camel", kw_only=True):
    """One line of a kept object. `data` is the record's payload as Kinesis gave it, in base64."""

    shard_id: str
    sequence_number: str
    partition_key: str
    approximate_arrival_timestamp: float
    reason: RejectReason
    detail: str
    data: str


class RejectedRecords:
    """Writes one object a batch: `rejected/<day>/<shard>-<first sequence>-<last sequence>.jsonl`.

    A batch that comes again overwrites its own object with the same bytes. After a bisect a record may be
    in two objects: shard and sequence number say which lines are one record.
    """

    def __init__(self, client: "S3Client", *, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, records: Sequence[RejectedRecord]) -> None:
        """Keeps the records, at least one, in the shard's order. Raises botocore's errors."""
        first, last = records[0], records[-1]
        day = datetime.fromtimestamp(first.approximate_arrival_timestamp, UTC)
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{PREFIX}{day:%Y/%m/%d}/{first.shard_id}-{first.sequence_number}-{last.sequence_number}.jsonl",
            Body=msgspec.json.Encoder().encode_lines(records),
            ContentType="application/x-ndjson",
        )
