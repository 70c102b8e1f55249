"""Sizing of the telemetry path: pure arithmetic from fleet to shards, concurrency and sanity limits.

Limits are AWS's: a Kinesis shard takes 1 MiB/s or 1,000 records/s
(https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
"""

import math
from dataclasses import dataclass

SHARD_RECORDS_PER_SECOND = 1_000
SHARD_BYTES_PER_SECOND = 1024 * 1024
MESSAGE_BYTES = 1_536
"""A full VSS message with the fields that the topic rule adds, rounded up."""
UTILISATION = 0.5
"""Half of a shard stays free: a reconnecting fleet publishes its backlog on top of live telemetry."""
MAX_PROVISIONED_SHARDS = 4
"""Beyond this, on demand (which starts at 4 MB/s) is simpler than resharding by hand."""
MAX_PARALLELIZATION = 10
PEAK_SHARE = 0.05
"""Of a month's riders, those who have the app open in the busiest minute."""
SECONDS_BETWEEN_REQUESTS = 5
LEAST_RATE = 20.0


class SizingError(ValueError):
    """The fleet asks for more than the Region's quota gives."""


@dataclass(frozen=True)
class TelemetrySizing:
    """What the telemetry path is built with.

    `shard_count` is None for a stream on demand. `parallelization_factor` is batches in flight per shard;
    `reserved_concurrency` covers every batch that can be in flight, with a floor for on-demand splits.
    """

    messages_per_second: float
    shard_count: int | None
    parallelization_factor: int
    reserved_concurrency: int


def telemetry_sizing(
    fleet_size: int, interval_seconds: int, publishes_per_second_quota: int
) -> TelemetrySizing:
    """Size the telemetry path of a fleet whose every car publishes once in `interval_seconds`.

    Raises SizingError when the fleet alone would pass the Region's publish quota.
    """
    messages_per_second = fleet_size / interval_seconds
    if messages_per_second > publishes_per_second_quota:
        needed = math.ceil(fleet_size / publishes_per_second_quota) if publishes_per_second_quota else None
        way_out = (
            f"set telemetryIntervalSeconds to {needed} or more, or raise the quota"
            if needed
            else "use another Region"
        )
        raise SizingError(
            f"fleetSize = {fleet_size} at telemetryIntervalSeconds = {interval_seconds} publishes "
            f"{messages_per_second:.0f} messages/s, the Region's IoT Core quota is "
            f"{publishes_per_second_quota}/s; {way_out}"
        )
    load = max(
        messages_per_second / SHARD_RECORDS_PER_SECOND,
        messages_per_second * MESSAGE_BYTES / SHARD_BYTES_PER_SECOND,
    )
    shards = max(1, math.ceil(load / UTILISATION))
    on_demand = shards > MAX_PROVISIONED_SHARDS
    parallelization = min(MAX_PARALLELIZATION, 1 if messages_per_second < 10 else 2)
    # An on-demand stream may double under load before anyone looks.
    reserved = max(2, shards * parallelization * (2 if on_demand else 1))
    return TelemetrySizing(
        messages_per_second=messages_per_second,
        shard_count=None if on_demand else shards,
        parallelization_factor=parallelization,
        reserved_concurrency=reserved,
    )


@dataclass(frozen=True)
class ApiThrottle:
    """Requests per second that each method of the rider API takes, and how many at once."""

    rate: float
    burst: int


def rider_api_throttle(active_riders: int) -> ApiThrottle:
    """Twice what the market's riders ask for in the busiest minute; more than that is abuse or a fault."""
    peak = active_riders * PEAK_SHARE / SECONDS_BETWEEN_REQUESTS
    rate = max(LEAST_RATE, 2 * peak)
    return ApiThrottle(rate=rate, burst=math.ceil(2 * rate))
