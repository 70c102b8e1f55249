"""The tables of docs/telemetry.md."""

from collections.abc import Mapping
from typing import Final

from ev_rental.decoding import MAX_AGE_MS, MAX_AHEAD_MS, MAX_BYTES, MAX_FIX_AGE_MS
from ev_rental.rules import RULES, Comparison, Dwell
from ev_rental.telemetry import LEAVES
from ev_rental.vocabulary import RejectReason
from pages.markdown import Tables, table

REASONS: Final[Mapping[RejectReason, str]] = {
    RejectReason.OVERSIZED: f"more than {MAX_BYTES:,} bytes",
    RejectReason.MALFORMED: "no JSON object in UTF-8",
    RejectReason.NOT_FINITE: "NaN, an infinity, or a number too large for a double",
    RejectReason.INVALID_FIELD: "a required field is missing, or a value is of another type",
    RejectReason.OUT_OF_RANGE: "a value is outside of its leaf's range",
    RejectReason.UNKNOWN_RECORD_TYPE: "`recordType` is neither `telemetry` nor `lifecycle`",
    RejectReason.UNKNOWN_SCHEMA_VERSION: "`schemaVersion` is not `1.0`",
    RejectReason.UNKNOWN_EVENT_TYPE: "a life-cycle event that is neither `connected` nor `disconnected`",
    RejectReason.UNKNOWN_VEHICLE: "the thing is no car: its name is not like `SG-EV-000123`",
    RejectReason.IDENTITY_MISMATCH: "the body names another car than the topic",
    RejectReason.OTHER_MARKET: "the car or its message is of another market",
    RejectReason.STALE: f"measured more than {MAX_AGE_MS // 3_600_000} h before it was received",
    RejectReason.FUTURE: f"measured more than {MAX_AHEAD_MS // 1000} s after it was received",
    RejectReason.NULL_ISLAND: "the position is (0, 0)",
    RejectReason.INCOMPLETE_FIX: "latitude, longitude or the fix's time stands alone",
    RejectReason.STALE_FIX: f"the fix is more than {MAX_FIX_AGE_MS // 60_000} min older than its message",
    RejectReason.FUTURE_FIX: f"the fix is more than {MAX_AHEAD_MS // 1000} s ahead of its receipt",
}


def leaves_table() -> str:
    """The leaves of a message."""
    return table(
        ("leaf (VSS 6.0)", "stored as", "type", "unit", "accepted"),
        (
            (
                f"`{leaf.path}`",
                f"`{leaf.stored_name}`",
                leaf.glue_type,
                leaf.unit,
                "" if leaf.low is None else f"{leaf.low:g} to {leaf.high:g}",
            )
            for leaf in LEAVES
        ),
    )


def reasons_table() -> str:
    """Why a record is rejected."""
    return table(("reason", "when"), ((f"`{reason}`", REASONS[reason]) for reason in RejectReason))


def _condition(threshold: tuple[Comparison, float], dwell: Dwell) -> str:
    comparison, limit = threshold
    text = f"{comparison} {limit:g}"
    if dwell.samples > 1:
        text += f" for {dwell.samples} samples"
    if dwell.seconds:
        text += f" for {dwell.seconds} s"
    return text


def rules_table() -> str:
    """The alert rules."""
    return table(
        ("rule", "looks at", "unit", "raises", "clears", "severity", "blocks booking", "notes"),
        (
            (
                f"`{rule.name}`",
                rule.signal.__name__.replace("_", " ") + (" (rise)" if rule.rise_window else ""),
                rule.unit,
                _condition(rule.raise_when, rule.raise_after),
                "by a human" if rule.latched else _condition(rule.clear_when, rule.clear_after),
                rule.severity,
                "yes" if rule.blocking else "no",
                ", ".join(
                    note
                    for note, applies in (
                        ("latched", rule.latched),
                        ("late messages count", rule.single_message),
                        ("never rate-limited", not rule.rate_limited),
                    )
                    if applies
                ),
            )
            for rule in RULES
        ),
    )


TABLES: Final[Tables] = {
    "leaves": leaves_table,
    "reasons": reasons_table,
    "rules": rules_table,
}
