"""Samples for charts, in a table of their own: a put each, which may be repeated.

They are kept after the state and on their own: a sample that cannot be written is a gap in a chart, and no
reason to fold a batch again. `sample` is the sample as JSON.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ev_rental.sampling import KEEP_SECONDS, Sample

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from telemetry_processor.items import Attributes

BATCH_PUTS: Final = 25
"""BatchWriteItem's limit."""
_ATTEMPTS: Final = 3
_FIRST_PAUSE: Final = 0.05  # seconds, doubled at each attempt

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Sample).decode


def sample_attributes(sample: Sample) -> "Attributes":
    """The whole item."""
    return {
        "vehicle_id": {"S": sample.vehicle_id},
        "minute": {"N": str(sample.minute)},
        "sample": {"S": _encode(sample).decode()},
        "expires_at": {"N": str(sample.minute * 60 + KEEP_SECONDS)},
    }


def sample_from(item: Any) -> Sample:  # noqa: ANN401 - an item
    """The sample of a stored item."""
    return _decode(item["sample"]["S"])


class Samples:
    """The table `recent_telemetry`."""

    def __init__(
        self, client: "DynamoDBClient", table: str, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._table = table
        self._pause = pause

    def keep(self, samples: Sequence[Sample]) -> int:
        """Writes at most BATCH_PUTS, no two of one vehicle and minute; answers how many DynamoDB did not get
        to. Raises botocore's errors."""
        requests: list[Any] = [{"PutRequest": {"Item": sample_attributes(sample)}} for sample in samples]
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._pause(_FIRST_PAUSE * 2 ** (attempt - 1))
            answer = self._client.batch_write_item(RequestItems={self._table: requests})
            requests = list(answer.get("UnprocessedItems", {}).get(self._table, []))
            if not requests:
                return 0
        return len(requests)
