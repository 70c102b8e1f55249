"""What GBFS 3.0 requires of its files, as JSON schemas: names, types, ranges and required fields, from the
specification (https://github.com/MobilityData/gbfs/blob/v3.0/gbfs.md). Unknown fields are mistakes here,
so that a misspelt one is found."""

from typing import Any

Schema = dict[str, Any]

ID: Schema = {"type": "string", "minLength": 1}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
AMOUNT: Schema = {"type": "number", "minimum": 0}
URL: Schema = {"type": "string", "pattern": "^https://[a-z0-9.-]+(/[A-Za-z0-9._-]+)+$"}
LATITUDE: Schema = {"type": "number", "minimum": -90, "maximum": 90}
LONGITUDE: Schema = {"type": "number", "minimum": -180, "maximum": 180}
TIMESTAMP: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})$",
}
LANGUAGE: Schema = {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Z]{2})?$"}


def record(required: Schema, **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": sorted(required),
        "additionalProperties": False,
    }


def many(items: Schema, minimum: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": minimum}


TEXTS = many(record({"text": ID, "language": LANGUAGE}), 1)


def file(data: Schema) -> Schema:
    """`version` is the 3.0 of a string, `last_updated` a timestamp since 3.0."""
    return record({"last_updated": TIMESTAMP, "ttl": COUNT, "version": {"const": "3.0"}, "data": data})


_FEED_NAMES = [
    "gbfs",
    "gbfs_versions",
    "system_information",
    "vehicle_types",
    "station_information",
    "station_status",
    "vehicle_status",
    "system_alerts",
    "system_regions",
    "system_pricing_plans",
    "geofencing_zones",
]

_VEHICLE = record(
    {
        "vehicle_id": ID,
        "is_reserved": FLAG,
        "is_disabled": FLAG,
        # Both conditional: on vehicle_types.json, and on a motor.
        "vehicle_type_id": ID,
        "current_range_meters": AMOUNT,
    },
    lat=LATITUDE,
    lon=LONGITUDE,
    station_id=ID,
    last_reported=TIMESTAMP,
    current_fuel_percent={"type": "number", "minimum": 0, "maximum": 1},
    pricing_plan_id=ID,
)
_VEHICLE["anyOf"] = [{"required": ["lat", "lon"]}, {"required": ["station_id"]}]

_SEGMENTS = many(record({"start": COUNT, "rate": {"type": "number"}, "interval": COUNT}, end=COUNT))
_RULE = record(
    {"ride_start_allowed": FLAG, "ride_end_allowed": FLAG, "ride_through_allowed": FLAG},
    vehicle_type_ids=many(ID),
    maximum_speed_kph=COUNT,
    station_parking=FLAG,
)
_POINT = {"type": "array", "prefixItems": [LONGITUDE, LATITUDE], "minItems": 2, "maxItems": 2}
_ZONE = record(
    {
        "type": {"const": "Feature"},
        "properties": record({}, name=TEXTS, rules=many(_RULE, 1)),
        "geometry": record(
            {"type": {"const": "MultiPolygon"}, "coordinates": many(many(many(_POINT, 4), 1), 1)}
        ),
    }
)

_DATASET = record({"system_id": ID, "versions": many(record({"version": {"const": "3.0"}, "url": URL}), 1)})

SCHEMAS: dict[str, Schema] = {
    "manifest": file(record({"datasets": many(_DATASET, 1)})),
    "gbfs": file(record({"feeds": many(record({"name": {"enum": _FEED_NAMES}, "url": URL}), 1)})),
    "system_information": file(
        record(
            {
                "system_id": ID,
                "languages": many(LANGUAGE, 1),
                "name": TEXTS,
                "opening_hours": ID,
                "feed_contact_email": {"type": "string", "pattern": "^[^@ ]+@[^@ ]+[.][^@ ]+$"},
                "timezone": {"type": "string", "pattern": "^[A-Za-z]+/[A-Za-z_]+$"},
                "manifest_url": URL,  # conditional: on manifest.json
            },
            operator=TEXTS,
        )
    ),
    "vehicle_types": file(
        record(
            {
                "vehicle_types": many(
                    record(
                        {
                            "vehicle_type_id": ID,
                            "form_factor": {"const": "car"},
                            "propulsion_type": {"const": "electric"},
                            "max_range_meters": AMOUNT,  # conditional: on a motor
                            "default_pricing_plan_id": ID,  # conditional: on system_pricing_plans.json
                        },
                        rider_capacity=COUNT,
                        name=TEXTS,
                        make=TEXTS,
                        model=TEXTS,
                        wheel_count=COUNT,
                        default_reserve_time=COUNT,
                        return_constraint={
                            "enum": ["free_floating", "roundtrip_station", "any_station", "hybrid"]
                        },
                        pricing_plan_ids=many(ID, 1),
                    ),
                    1,
                )
            }
        )
    ),
    "vehicle_status": file(record({"vehicles": many(_VEHICLE)})),
    "station_information": file(
        record(
            {
                "stations": many(
                    record(
                        {"station_id": ID, "name": TEXTS, "lat": LATITUDE, "lon": LONGITUDE},
                        address=ID,
                        capacity=COUNT,
                        is_virtual_station=FLAG,
                        is_charging_station=FLAG,
                    ),
                    1,
                )
            }
        )
    ),
    "station_status": file(
        record(
            {
                "stations": many(
                    record(
                        {
                            "station_id": ID,
                            "num_vehicles_available": COUNT,
                            "is_installed": FLAG,
                            "is_renting": FLAG,
                            "is_returning": FLAG,
                            "last_reported": TIMESTAMP,
                            # Conditional: on vehicle_types.json, and on a limited number of docks.
                            "vehicle_types_available": many(record({"vehicle_type_id": ID, "count": COUNT})),
                            "num_docks_available": COUNT,
                        },
                        num_vehicles_disabled=COUNT,
                        num_docks_disabled=COUNT,
                    ),
                    1,
                )
            }
        )
    ),
    "geofencing_zones": file(
        record(
            {
                "geofencing_zones": record({"type": {"const": "FeatureCollection"}, "features": many(_ZONE)}),
                "global_rules": many(_RULE, 1),
            }
        )
    ),
    "system_pricing_plans": file(
        record(
            {
                "plans": many(
                    record(
                        {
                            "plan_id": ID,
                            "name": TEXTS,
                            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                            "price": AMOUNT,
                            "is_taxable": FLAG,
                            "description": TEXTS,
                        },
                        per_km_pricing=_SEGMENTS,
                        per_min_pricing=_SEGMENTS,
                        surge_pricing=FLAG,
                    ),
                    1,
                )
            }
        )
    ),
}
"""By the name of the file."""
