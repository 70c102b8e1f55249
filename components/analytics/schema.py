"""Columns of the tables over the curated bucket, in Hive's types.

Events are JSON as the bus has them; Athena's OpenX reader lower-cases keys, so a column is a field's wire
name in lower case. `data` holds the fields of every entity whose events are here, absent ones are null. Tests
hold the columns equal to what the functions write.
"""

from collections.abc import Mapping
from types import MappingProxyType

EVENT_TYPES = (
    "alert.acked",
    "alert.opened",
    "alert.resolved",
    "booking.cancelled",
    "booking.expired",
    "booking.held",
    "invoice.issued",
    "trip.completed",
    "trip.started",
    "vehicle.blocking_changed",
    "vehicle.contact_changed",
    "vehicle.registered",
    "vehicle.state_changed",
)
"""What goes to the lake: not reports, which hold a rider's own words, and not commands, which say what trips
say."""

KPI_EVENT_TYPES = (
    "alert.opened",
    "alert.resolved",
    "invoice.issued",
    "trip.completed",
    "vehicle.registered",
    "vehicle.state_changed",
)
"""What key figures are made of."""

BOOKING: Mapping[str, str] = MappingProxyType(
    {
        "booking_id": "string",
        "rider_id": "string",
        "vehicle_id": "string",
        "market": "string",
        "plan_id": "string",
        "tariff_id": "string",
        "state": "string",
        "created_at": "bigint",
        "hold_expires_at": "bigint",
        "version": "bigint",
        "changed_at": "bigint",
        "destination": "struct<station_id:string,bay_id:string>",
        "command_id": "string",
        "started_at": "bigint",
        "start_odometer": "bigint",
        "start_energy_wh": "bigint",
        "ended_at": "bigint",
        "end_odometer": "bigint",
        "end_energy_wh": "bigint",
        "invoice_id": "string",
        "cancel_reason": "string",
    }
)

VEHICLE: Mapping[str, str] = MappingProxyType(
    {
        "vehicle_id": "string",
        "vehicle_type_id": "string",
        "public_id": "string",
        "market": "string",
        "state": "string",
        "version": "bigint",
        "changed_at": "bigint",
        "event_types": "array<string>",
        "state_before_contact_loss": "string",
        "state_before_leaving": "string",
        "booking_id": "string",
        "station_id": "string",
        "bay_id": "string",
    }
)

_LINE = (
    "struct<kind:string,name:string,quantity:bigint,unit:string,unit_price:string,amount:bigint,"
    "starts_at:bigint,ends_at:bigint>"
)
INVOICE: Mapping[str, str] = MappingProxyType(
    {
        "invoice_id": "string",
        "booking_id": "string",
        "rider_id": "string",
        "vehicle_id": "string",
        "market": "string",
        "plan_id": "string",
        "tariff_id": "string",
        "created_at": "bigint",
        "started_at": "bigint",
        "ended_at": "bigint",
        "price": (
            f"struct<currency:string,minor_digits:bigint,lines:array<{_LINE}>,net:bigint,tax:bigint,"
            "gross:bigint,tax_name:string,tax_rate:string,tax_included:boolean,trip_minutes:bigint,"
            "billed_minutes:bigint,metres:bigint>"
        ),
        "version": "bigint",
        "changed_at": "bigint",
    }
)

ALERT: Mapping[str, str] = MappingProxyType(
    {
        "vehicle_id": "string",
        "alert_id": "string",
        "rule": "string",
        "market": "string",
        "severity": "string",
        "blocking": "boolean",
        "latched": "boolean",
        "rate_limited": "boolean",
        "unit": "string",
        "raised_at": "bigint",
        "last_occurred_at": "bigint",
        "value": "double",
        "occurrences": "bigint",
        "status": "string",
        "open_severity": "string",
        "resolved_at": "bigint",
        "resolved_by": "string",
        "expires_at": "bigint",
    }
)

FACTS: Mapping[str, str] = MappingProxyType(
    {
        "vehicle_id": "string",
        "contact": "string",
        "contact_at": "bigint",
        "blocking_alerts": "array<string>",
        "last_seen": "bigint",
    }
)

DATA: Mapping[str, str] = MappingProxyType({**BOOKING, **VEHICLE, **INVOICE, **ALERT, **FACTS})


def _struct(fields: Mapping[str, str]) -> str:
    return f"struct<{','.join(f'{name}:{type_}' for name, type_ in fields.items())}>"


EVENT_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "id": "string",
        "source": "string",
        "account": "string",
        "time": "string",
        "region": "string",
        "detail": _struct(
            {
                "schemaversion": "string",
                "eventid": "string",
                "eventtype": "string",
                "occurredat": "bigint",
                "market": "string",
                "entity": "string",
                "version": "bigint",
                "data": _struct(DATA),
            }
        ),
    }
)

DAILY_KPI_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "day": "string",
        "as_of": "bigint",
        "trips": "bigint",
        "metres": "bigint",
        "energy_wh": "bigint",
        "revenue_minor": "bigint",
        "repairs": "bigint",
        "repair_ms": "bigint",
        "fleet_ms": "bigint",
        "in_use_ms": "bigint",
        "ready_ms": "bigint",
        "market": "string",
        "currency": "string",
    }
)

DEMAND_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"station_id": "string", "hour": "int", "holds": "bigint"}
)
FORECAST_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"station_id": "string", "hour": "int", "holds": "double"}
)
