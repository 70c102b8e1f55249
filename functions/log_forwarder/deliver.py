"""Firehose: PutRecordBatch within its limits, what was not taken again."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

MAX_RECORDS: Final = 500
MAX_BYTES: Final = 4 * 1024 * 1024
ATTEMPTS: Final = 4
FIRST_PAUSE: Final = 0.2  # seconds, doubled at each attempt


class NotTakenError(Exception):
    """Firehose did not take some records, attempt after attempt; the message says how many and why."""


class FirehoseClient(Protocol):
    """What is used of botocore's client `firehose`."""

    def put_record_batch(self, **call: Any) -> dict[str, Any]:  # noqa: ANN401 - AWS's own names
        """https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html"""


def batches(records: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Records in order, as many together as one call takes. No record is larger than a call."""
    batch: list[bytes] = []
    size = 0
    for record in records:
        if batch and (len(batch) == MAX_RECORDS or size + len(record) > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record)
    if batch:
        yield batch


def deliver(
    client: FirehoseClient,
    stream: str,
    records: Iterable[bytes],
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Hand over every record and answer how many. Raises NotTakenError, and botocore's errors."""
    delivered = 0
    for batch in batches(records):
        _hand_over(client, stream, batch, pause)
        delivered += len(batch)
    return delivered


def _hand_over(
    client: FirehoseClient, stream: str, batch: Sequence[bytes], pause: Callable[[float], None]
) -> None:
    left, reason = list(batch), ""
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(FIRST_PAUSE * 2 ** (attempt - 1))
        answer = client.put_record_batch(
            DeliveryStreamName=stream, Records=[{"Data": record} for record in left]
        )
        results = zip(left, answer["RequestResponses"], strict=True)
        refused = [(record, result["ErrorCode"]) for record, result in results if "ErrorCode" in result]
        if not refused:
            return
        left, reason = [record for record, _ in refused], refused[0][1]
    raise NotTakenError(
        f"{len(left)} of {len(batch)} records were not taken in {ATTEMPTS} attempts: {reason}"
    )
