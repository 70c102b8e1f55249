"""The files of GBFS 3.0 that are published (https://github.com/MobilityData/gbfs/blob/v3.0/gbfs.md).

Names, units and requirements are the specification's. A field without a value is left out.
"""

from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType

VERSION: Final = "3.0"
LANGUAGE: Final = "en"

Timestamp = Annotated[str, Meta(description="RFC 3339, UTC.")]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Count = Annotated[int, Meta(ge=0)]


class GbfsText(Struct, frozen=True):
    """A text in a language (BCP 47)."""

    text: str
    language: str


def texts(text: str) -> list[GbfsText]:
    """A text in the one language that is published."""
    return [GbfsText(text, LANGUAGE)]


class GbfsFile(Struct, frozen=True, kw_only=True):
    """What every file begins with. `ttl`: seconds for which it need not be asked for again."""

    last_updated: Timestamp
    ttl: Count
    version: str


class GbfsDatasetVersion(Struct, frozen=True):
    """Where a version of a dataset begins: its gbfs.json."""

    version: str
    url: str


class GbfsDataset(Struct, frozen=True):
    """One system."""

    system_id: str
    versions: list[GbfsDatasetVersion]


class GbfsManifestData(Struct, frozen=True):
    """manifest.json"""

    datasets: list[GbfsDataset]


class GbfsManifest(GbfsFile, frozen=True, kw_only=True):
    """The systems that are published here."""

    data: GbfsManifestData


class GbfsFeed(Struct, frozen=True):
    """A file of the system."""

    name: str
    url: str


class GbfsDiscoveryData(Struct, frozen=True):
    """gbfs.json"""

    feeds: list[GbfsFeed]


class GbfsDiscovery(GbfsFile, frozen=True, kw_only=True):
    """All files of the system."""

    data: GbfsDiscoveryData


class GbfsSystemInformationData(Struct, frozen=True, kw_only=True):
    """system_information.json. `opening_hours`: in OpenStreetMap's syntax."""

    system_id: str
    languages: list[str]
    name: list[GbfsText]
    operator: list[GbfsText]
    opening_hours: str
    feed_contact_email: str
    manifest_url: str
    timezone: str


class GbfsSystemInformation(GbfsFile, frozen=True, kw_only=True):
    """The system."""

    data: GbfsSystemInformationData


class GbfsVehicleType(Struct, frozen=True, kw_only=True):
    """A kind of car. `default_reserve_time`: minutes of a hold."""

    vehicle_type_id: str
    form_factor: str
    rider_capacity: Count
    propulsion_type: str
    max_range_meters: Annotated[int, Meta(ge=0)]
    name: list[GbfsText]
    make: list[GbfsText]
    model: list[GbfsText]
    wheel_count: Count
    default_reserve_time: Count
    return_constraint: str
    default_pricing_plan_id: str
    pricing_plan_ids: list[str]


class GbfsVehicleTypesData(Struct, frozen=True):
    """vehicle_types.json"""

    vehicle_types: list[GbfsVehicleType]


class GbfsVehicleTypes(GbfsFile, frozen=True, kw_only=True):
    """The kinds of cars."""

    data: GbfsVehicleTypesData


class GbfsVehicle(Struct, frozen=True, kw_only=True):
    """A car that nobody rents. `vehicle_id`: another one after each trip. `current_fuel_percent`: 0 to 1."""

    vehicle_id: str
    is_reserved: bool
    is_disabled: bool
    vehicle_type_id: str
    current_range_meters: Annotated[float, Meta(ge=0)]
    current_fuel_percent: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    lat: Latitude | UnsetType = UNSET
    lon: Longitude | UnsetType = UNSET
    station_id: str | UnsetType = UNSET
    last_reported: Timestamp | UnsetType = UNSET


class GbfsVehicleStatusData(Struct, frozen=True):
    """vehicle_status.json"""

    vehicles: list[GbfsVehicle]


class GbfsVehicleStatus(GbfsFile, frozen=True, kw_only=True):
    """The cars that nobody rents now."""

    data: GbfsVehicleStatusData


class GbfsStation(Struct, frozen=True, kw_only=True):
    """A station. `capacity`: its bays."""

    station_id: str
    name: list[GbfsText]
    lat: Latitude
    lon: Longitude
    address: str
    capacity: Count
    is_virtual_station: bool
    is_charging_station: bool


class GbfsStationInformationData(Struct, frozen=True):
    """station_information.json"""

    stations: list[GbfsStation]


class GbfsStationInformation(GbfsFile, frozen=True, kw_only=True):
    """The stations."""

    data: GbfsStationInformationData


class GbfsVehicleTypeCount(Struct, frozen=True):
    """How many cars of a kind."""

    vehicle_type_id: str
    count: Count


class GbfsStationState(Struct, frozen=True, kw_only=True):
    """What can be rented and returned at a station now."""

    station_id: str
    num_vehicles_available: Count
    vehicle_types_available: list[GbfsVehicleTypeCount]
    num_vehicles_disabled: Count
    num_docks_available: Count
    is_installed: bool
    is_renting: bool
    is_returning: bool
    last_reported: Timestamp


class GbfsStationStatusData(Struct, frozen=True):
    """station_status.json"""

    stations: list[GbfsStationState]


class GbfsStationStatus(GbfsFile, frozen=True, kw_only=True):
    """What can be rented and returned at the stations now."""

    data: GbfsStationStatusData


class GbfsRule(Struct, frozen=True, kw_only=True):
    """What may be done where. `station_parking`: a trip ends at a station only."""

    ride_start_allowed: bool
    ride_end_allowed: bool
    ride_through_allowed: bool
    station_parking: bool | UnsetType = UNSET


class GbfsMultiPolygon(Struct, frozen=True, tag_field="type", tag="MultiPolygon"):
    """GeoJSON: [longitude, latitude], the outer ring counter-clockwise (RFC 7946)."""

    coordinates: list[list[list[list[float]]]]


class GbfsZoneProperties(Struct, frozen=True):
    """The zone's name, and its rules, the first that fits."""

    name: list[GbfsText]
    rules: list[GbfsRule]


class GbfsZone(Struct, frozen=True, tag_field="type", tag="Feature"):
    """A GeoJSON feature."""

    properties: GbfsZoneProperties
    geometry: GbfsMultiPolygon


class GbfsZones(Struct, frozen=True, tag_field="type", tag="FeatureCollection"):
    """A GeoJSON collection."""

    features: list[GbfsZone]


class GbfsGeofencingZonesData(Struct, frozen=True):
    """geofencing_zones.json. `global_rules`: outside of every zone."""

    geofencing_zones: GbfsZones
    global_rules: list[GbfsRule]


class GbfsGeofencingZones(GbfsFile, frozen=True, kw_only=True):
    """Where cars may be driven and left."""

    data: GbfsGeofencingZonesData


class GbfsPriceSegment(Struct, frozen=True):
    """`rate` for each `interval` (minutes or km) from `start` on; an interval of 0 is charged once."""

    start: Count
    rate: float
    interval: Count


class GbfsPricingPlan(Struct, frozen=True, kw_only=True):
    """`price`: for the trip itself. `is_taxable`: tax comes on top."""

    plan_id: str
    name: list[GbfsText]
    currency: str
    price: Annotated[float, Meta(ge=0)]
    is_taxable: bool
    description: list[GbfsText]
    per_min_pricing: list[GbfsPriceSegment]
    per_km_pricing: list[GbfsPriceSegment]


class GbfsPricingPlansData(Struct, frozen=True):
    """system_pricing_plans.json"""

    plans: list[GbfsPricingPlan]


class GbfsPricingPlans(GbfsFile, frozen=True, kw_only=True):
    """What a trip that starts now costs."""

    data: GbfsPricingPlansData
