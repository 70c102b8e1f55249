"""What is let in, and every reason for which a record is not."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ev_rental.decoding import MAX_AGE_MS, MAX_AHEAD_MS, MAX_BYTES, MAX_FIX_AGE_MS, RejectError, decode
from ev_rental.telemetry import LEAVES, WIRE_FIELDS, Lifecycle, Telemetry, glue_column
from ev_rental.vocabulary import Market, RejectReason
from tests.functions.fleet import (
    CAR,
    FIX_TIME,
    LATITUDE,
    LONGITUDE,
    NOON,
    SOC,
    SPEED,
    encoded,
    lifecycle,
    telemetry,
)

FIX = {LATITUDE: 1.3, LONGITUDE: 103.8}
_OLD_FIX = "2025-12-31T23:49:59Z"


def reason(payload: dict[str, Any] | bytes, market: Market = Market.SINGAPORE) -> RejectReason | None:
    try:
        decode(payload if isinstance(payload, bytes) else encoded(payload), market)
    except RejectError as reject:
        return reject.reason if reject.detail else None
    return None


REJECTED: list[tuple[str, dict[str, Any] | bytes, RejectReason]] = [
    ("padding", telemetry() | {"padding": "x" * MAX_BYTES}, RejectReason.OVERSIZED),
    ("no JSON", b'{"Vehicle.Speed": ', RejectReason.MALFORMED),
    ("no UTF-8", b'{"vehicleId": "\xff"}', RejectReason.MALFORMED),
    ("a list", b"[1]", RejectReason.MALFORMED),
    ("nothing", b"", RejectReason.MALFORMED),
    ("deep nesting", b'{"x":' + b"[" * 100_000, RejectReason.MALFORMED),
    ("NaN", encoded(telemetry(**{SPEED: math.nan})), RejectReason.NOT_FINITE),
    ("infinity", encoded(telemetry(**{SPEED: -math.inf})), RejectReason.NOT_FINITE),
    ("1e999", encoded(telemetry())[:-1] + b', "Vehicle.Speed": 1e999}', RejectReason.NOT_FINITE),
    ("text for a number", telemetry(**{SPEED: "fast"}), RejectReason.INVALID_FIELD),
    ("a flag for a number", telemetry(**{SPEED: True}), RejectReason.INVALID_FIELD),
    ("an unknown word", telemetry(**{"Vehicle.LowVoltageSystemState": "SLEEPY"}), RejectReason.INVALID_FIELD),
    ("no timestamp", {k: v for k, v in telemetry().items() if k != "timestamp"}, RejectReason.INVALID_FIELD),
    ("no receipt", {k: v for k, v in telemetry().items() if k != "receivedAt"}, RejectReason.INVALID_FIELD),
    ("SoC above 100", telemetry(**{SOC: 100.1}), RejectReason.OUT_OF_RANGE),
    ("SoC below 0", telemetry(**{SOC: -0.1}), RejectReason.OUT_OF_RANGE),
    ("latitude", telemetry(**{LATITUDE: 90.1, LONGITUDE: 0}), RejectReason.OUT_OF_RANGE),
    ("huge integer", telemetry(**{"Vehicle.TraveledDistance": 10**30}), RejectReason.OUT_OF_RANGE),
    ("sequence below 0", telemetry(seq=-1), RejectReason.OUT_OF_RANGE),
    (
        "no record type",
        {k: v for k, v in telemetry().items() if k != "recordType"},
        RejectReason.UNKNOWN_RECORD_TYPE,
    ),
    ("another record type", telemetry(recordType="gossip"), RejectReason.UNKNOWN_RECORD_TYPE),
    ("version 2", telemetry(schemaVersion="2.0"), RejectReason.UNKNOWN_SCHEMA_VERSION),
    (
        "version 2 of another shape",
        telemetry(schemaVersion="2.0", timestamp="now"),
        RejectReason.UNKNOWN_SCHEMA_VERSION,
    ),
    ("another event", lifecycle(event="connect_failed"), RejectReason.UNKNOWN_EVENT_TYPE),
    ("a device that is no car", telemetry(car="SG-GATE-1"), RejectReason.UNKNOWN_VEHICLE),
    ("a client that is no car", lifecycle(car="console-7"), RejectReason.UNKNOWN_VEHICLE),
    ("somebody else's id", telemetry(vehicleId="SG-EV-000999"), RejectReason.IDENTITY_MISMATCH),
    ("somebody else's client", lifecycle(clientId="SG-EV-000999"), RejectReason.IDENTITY_MISMATCH),
    ("another market's car", telemetry(car="MY-EV-000001"), RejectReason.OTHER_MARKET),
    ("another market's body", telemetry(market="my"), RejectReason.OTHER_MARKET),
    ("another market's client", lifecycle(car="JP-EV-000001"), RejectReason.OTHER_MARKET),
    ("older than a day", telemetry(receivedAt=NOON + MAX_AGE_MS + 1), RejectReason.STALE),
    ("an old event", lifecycle(receivedAt=NOON + MAX_AGE_MS + 1), RejectReason.STALE),
    ("a clock ahead", telemetry(receivedAt=NOON - MAX_AHEAD_MS - 1), RejectReason.FUTURE),
    ("(0, 0)", telemetry(**{LATITUDE: 0, LONGITUDE: 0.0}), RejectReason.NULL_ISLAND),
    ("half a fix", telemetry(**{LATITUDE: 1.3}), RejectReason.INCOMPLETE_FIX),
    ("a fix time alone", telemetry(**{FIX_TIME: "2026-01-01T00:00:00Z"}), RejectReason.INCOMPLETE_FIX),
    ("an old fix", telemetry(**FIX, **{FIX_TIME: _OLD_FIX}), RejectReason.STALE_FIX),
    ("a fix to come", telemetry(**FIX, **{FIX_TIME: "2026-01-01T00:01:02Z"}), RejectReason.FUTURE_FIX),
    ("a fix time in words", telemetry(**FIX, **{FIX_TIME: "noon"}), RejectReason.INVALID_FIELD),
    (
        "a fix time without zone",
        telemetry(**FIX, **{FIX_TIME: "2026-01-01T00:00:00"}),
        RejectReason.INVALID_FIELD,
    ),
]


@pytest.mark.parametrize(
    ("payload", "expected"), [row[1:] for row in REJECTED], ids=[row[0] for row in REJECTED]
)
def test_a_record_is_rejected_with_its_reason(
    payload: dict[str, Any] | bytes, expected: RejectReason
) -> None:
    assert reason(payload) == expected


def test_every_reject_reason_has_a_case() -> None:
    assert {row[2] for row in REJECTED} == set(RejectReason)


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("bare", telemetry()),
    ("null leaf", telemetry(**{SOC: None})),
    ("unknown key", telemetry(**{"Vehicle.NotYet": [1]})),
    ("as old as allowed", telemetry(receivedAt=NOON + MAX_AGE_MS)),
    ("as far ahead as allowed", telemetry(receivedAt=NOON - MAX_AHEAD_MS)),
    ("on the equator", telemetry(**{LATITUDE: 0, LONGITUDE: 103.8})),
    ("a fix as old as allowed", telemetry(**FIX, **{FIX_TIME: "2025-12-31T23:50:00Z"})),
    ("a fix with an offset", telemetry(**FIX, **{FIX_TIME: "2026-01-01T08:00:00.250+08:00"})),
    ("a burning battery", telemetry(**{"Vehicle.Powertrain.TractionBattery.Temperature.Max": 900})),
    ("connected", lifecycle()),
    (
        "disconnected",
        lifecycle(event="disconnected", disconnectReason="CONNECTION_LOST", ipAddress="203.0.113.9"),
    ),
]


@pytest.mark.parametrize("payload", [row[1] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_an_honest_record_is_let_in(payload: dict[str, Any]) -> None:
    message = decode(encoded(payload), Market.SINGAPORE)
    assert message.topic_vehicle_id == CAR


def test_fix_age_limit_is_ten_minutes_before_the_message() -> None:
    assert MAX_FIX_AGE_MS == 10 * 60_000


def test_a_message_carries_its_leaves_under_their_short_names() -> None:
    message = decode(encoded(telemetry(**{SOC: 71.5, SPEED: 42.5})), Market.SINGAPORE)
    assert isinstance(message, Telemetry)
    assert (message.soc, message.speed, message.range) == (71.5, 42.5, None)
    event = decode(encoded(lifecycle(version=7)), Market.SINGAPORE)
    assert isinstance(event, Lifecycle)
    assert event.version_number == 7


def test_a_reject_never_quotes_a_position() -> None:
    with pytest.raises(RejectError) as caught:
        decode(encoded(telemetry(**{LATITUDE: 1.234567, LONGITUDE: 999.87654})), Market.SINGAPORE)
    assert "1.234567" not in str(caught.value)
    assert "999.87654" not in str(caught.value)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | _json.map(lambda value: json.dumps(value).encode()))
def test_whatever_the_bytes_only_a_reject_is_raised(data: bytes) -> None:
    assert isinstance(reason(data), RejectReason)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from([telemetry(**FIX, **{SOC: 50}), lifecycle()]),
    st.dictionaries(st.sampled_from(list(WIRE_FIELDS)), _json, max_size=3),
)
def test_a_message_with_wild_fields_is_let_in_whole_or_rejected(
    base: dict[str, Any], wild: dict[str, Any]
) -> None:
    data = json.dumps(base | wild).encode()
    if reason(data) is not None:
        return
    message = decode(data, Market.SINGAPORE)
    for leaf in LEAVES:
        value = getattr(message, leaf.stored_name, None)
        if leaf.low is not None and leaf.high is not None and value is not None:
            assert leaf.low <= value <= leaf.high


def test_what_a_reject_says_is_text_that_can_be_kept() -> None:
    with pytest.raises(RejectError) as caught:
        decode(b'{"recordType": "\\ud800"}', Market.SINGAPORE)
    assert str(caught.value).encode()


def test_no_two_wire_names_share_a_column_of_the_lake() -> None:
    columns = [glue_column(name) for name in WIRE_FIELDS]
    assert len(set(columns)) == len(columns)
    assert glue_column("Vehicle.CurrentLocation.Latitude") == "vehicle_currentlocation_latitude"


def test_every_leaf_is_a_vss_path_with_a_unit_wherever_it_is_a_quantity() -> None:
    for leaf in LEAVES:
        assert leaf.path.startswith("Vehicle.")
        assert (leaf.low is None) == (leaf.glue_type not in ("double", "bigint"))
        assert leaf.unit or leaf.glue_type not in ("double", "bigint")
    assert len({leaf.stored_name for leaf in LEAVES}) == len(LEAVES)
