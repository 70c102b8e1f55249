"""Sizing: the arithmetic from fleet to shards."""

import pytest
from hypothesis import given, strategies as st

from components.sizing import (
    MAX_PROVISIONED_SHARDS,
    MESSAGE_BYTES,
    SHARD_BYTES_PER_SECOND,
    SHARD_RECORDS_PER_SECOND,
    UTILISATION,
    SizingError,
    telemetry_sizing,
)

QUOTA = 20_000
fleets = st.integers(1, 100_000)
intervals = st.integers(1, 3_600)


def test_a_thousand_cars_at_one_hertz_need_more_than_the_one_shard_that_they_exactly_fill() -> None:
    assert telemetry_sizing(1_000, 1, QUOTA).shard_count == 3


def test_the_dev_fleet_needs_one_shard() -> None:
    sizing = telemetry_sizing(50, 30, QUOTA)
    assert (sizing.shard_count, sizing.parallelization_factor, sizing.reserved_concurrency) == (1, 1, 2)


def test_a_fleet_beyond_provisioned_shards_is_on_demand() -> None:
    assert telemetry_sizing(10_000, 1, QUOTA).shard_count is None


@given(fleets, intervals)
def test_provisioned_shards_carry_the_fleet_with_the_promised_headroom(fleet: int, interval: int) -> None:
    rate = fleet / interval
    if rate > QUOTA:
        return
    shards = telemetry_sizing(fleet, interval, QUOTA).shard_count
    if shards is not None:
        assert 1 <= shards <= MAX_PROVISIONED_SHARDS
        assert rate <= shards * SHARD_RECORDS_PER_SECOND * UTILISATION
        assert rate * MESSAGE_BYTES <= shards * SHARD_BYTES_PER_SECOND * UTILISATION * 1.000001


@given(fleets, intervals)
def test_every_batch_in_flight_has_its_concurrency(fleet: int, interval: int) -> None:
    if fleet / interval > QUOTA:
        return
    sizing = telemetry_sizing(fleet, interval, QUOTA)
    assert sizing.reserved_concurrency >= (sizing.shard_count or 1) * sizing.parallelization_factor


@given(st.integers(1, 50_000), st.integers(1, 50_000), intervals)
def test_a_larger_fleet_never_gets_less(one: int, other: int, interval: int) -> None:
    small, large = sorted((one, other))
    if large / interval > QUOTA:
        return
    assert (
        telemetry_sizing(small, interval, QUOTA).reserved_concurrency
        <= telemetry_sizing(large, interval, QUOTA).reserved_concurrency
    )


def test_a_fleet_over_the_regions_quota_is_refused_with_the_interval_that_would_do() -> None:
    with pytest.raises(
        SizingError, match=r"fleetSize = 5000.*quota is 2000/s; set telemetryIntervalSeconds to 3"
    ):
        telemetry_sizing(5_000, 1, 2_000)
    assert telemetry_sizing(5_000, 3, 2_000).messages_per_second < 2_000
