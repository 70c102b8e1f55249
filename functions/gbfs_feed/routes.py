"""The routes of the feeds. Their docstrings are the texts of the OpenAPI document."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from msgspec import Struct

from ev_rental.rental.service import RentalService
from gbfs_feed import live, market_files
from gbfs_feed.models import (
    VERSION,
    GbfsDataset,
    GbfsDatasetVersion,
    GbfsDiscovery,
    GbfsDiscoveryData,
    GbfsFeed,
    GbfsFile,
    GbfsGeofencingZones,
    GbfsManifest,
    GbfsManifestData,
    GbfsPricingPlans,
    GbfsPricingPlansData,
    GbfsStationInformation,
    GbfsStationInformationData,
    GbfsStationStatus,
    GbfsStationStatusData,
    GbfsSystemInformation,
    GbfsVehicleStatus,
    GbfsVehicleStatusData,
    GbfsVehicleTypes,
    GbfsVehicleTypesData,
)
from http_api.etags import CONDITION, UNCHANGED, has_copy, weak_tag
from http_api.operations import Answer, Operations, Request

routes: Final[Operations[RentalService]] = Operations(tag="gbfs", scope=None)

PREFIX: Final = "/gbfs/3"
TTL_LIVE: Final = 15
"""Seconds: a car that was just booked is gone from every cache by then."""
TTL_PRICES: Final = 300
TTL_FIXED: Final = 3_600

_HEADERS: Final = {
    "ETag": "Of the data alone.",
    "Cache-Control": "For as long as `ttl`.",
    "Access-Control-Allow-Origin": "Any web page may read it.",
}
_Serve = TypeVar("_Serve", bound=Callable[..., Answer])


def _feed(path: str, answer: type[GbfsFile]) -> Callable[[_Serve], _Serve]:
    return routes.route(
        "GET", PREFIX + path, answer=answer, parameters=CONDITION, headers=_HEADERS, statuses=UNCHANGED
    )


@_feed("/manifest.json", GbfsManifest)
def get_manifest(service: RentalService, request: Request[None, None]) -> Answer:
    """GBFS 3.0 manifest."""
    url = _base(request.event) + f"{PREFIX}/gbfs.json"
    dataset = GbfsDataset(market_files.system_id(service.market.market), [GbfsDatasetVersion(VERSION, url)])
    return _answer(service, request, GbfsManifest, TTL_FIXED, GbfsManifestData([dataset]))


@_feed("/gbfs.json", GbfsDiscovery)
def get_gbfs(service: RentalService, request: Request[None, None]) -> Answer:
    """GBFS 3.0 discovery file."""
    base = _base(request.event)
    feeds = [
        GbfsFeed(operation.path.rpartition("/")[2].removesuffix(".json"), base + operation.path)
        for operation in routes.all
        if operation.serve is not get_manifest  # it lists systems, not files of this one
    ]
    return _answer(service, request, GbfsDiscovery, TTL_FIXED, GbfsDiscoveryData(feeds))


@_feed("/system_information.json", GbfsSystemInformation)
def get_system_information(service: RentalService, request: Request[None, None]) -> Answer:
    """GBFS 3.0 system information."""
    data = market_files.system(service.market, _base(request.event) + f"{PREFIX}/manifest.json")
    return _answer(service, request, GbfsSystemInformation, TTL_FIXED, data)


@_feed("/vehicle_types.json", GbfsVehicleTypes)
def get_vehicle_types(service: RentalService, request: Request[None, None]) -> Answer:
    """GBFS 3.0 vehicle types."""
    data = GbfsVehicleTypesData(market_files.vehicle_types(service.market, service.now()))
    return _answer(service, request, GbfsVehicleTypes, TTL_FIXED, data)


@_feed("/vehicle_status.json", GbfsVehicleStatus)
def get_vehicle_status(service: RentalService, request: Request[None, None]) -> Answer:
    """GBFS 3.0 vehicle status: the cars that nobody rents."""
    data = GbfsVehicleStatusData(live.public_vehicles(service))
    return _answer(service, request, GbfsVehicleStatus, TTL_LIVE, data)


@_feed("/station_information.json", GbfsStationInformation)
def get_station_information(service: RentalService, request: Request[None, None]) -> Answer:
    """GBFS 3.0 station information."""
    data = GbfsStationInformationData(market_files.station_list(service.market.market))
    return _answer(service, request, GbfsStationInformation, TTL_FIXED, data)


@_feed("/station_status.json", GbfsStationStatus)
def get_station_status(service: RentalService, request: Request[None, None]) -> Answer:
    """GBFS 3.0 station status."""
    data = GbfsStationStatusData(live.station_states(service))
    return _answer(service, request, GbfsStationStatus, TTL_LIVE, data)


@_feed("/geofencing_zones.json", GbfsGeofencingZones)
def get_geofencing_zones(service: RentalService, request: Request[None, None]) -> Answer:
    """GBFS 3.0 geofencing zones."""
    return _answer(service, request, GbfsGeofencingZones, TTL_FIXED, market_files.zones(service.market))


@_feed("/system_pricing_plans.json", GbfsPricingPlans)
def get_system_pricing_plans(service: RentalService, request: Request[None, None]) -> Answer:
    """GBFS 3.0 pricing plans, at the prices of now."""
    data = GbfsPricingPlansData(market_files.pricing_plans(service.market, service.now()))
    return _answer(service, request, GbfsPricingPlans, TTL_PRICES, data)


def _answer(
    service: RentalService,
    request: Request[None, None],
    kind: Callable[..., GbfsFile],
    ttl: int,
    data: Struct,
) -> Answer:
    """The file, or 304 when the data is what the client has.

    The tag is weak and of the data alone: `last_updated` is when we looked, and that is always now.
    """
    tag = weak_tag(data)
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={ttl}",
        "Access-Control-Allow-Origin": "*",  # anybody's web page may read what is public
    }
    if has_copy(request.event, tag):
        return Answer(body=None, status=304, headers=headers)
    body = kind(last_updated=live.rfc3339(service.now()), ttl=ttl, version=VERSION, data=data)
    return Answer(body=body, headers=headers)


def _base(event: Mapping[str, Any]) -> str:
    """`https://<domain><stage, if it is part of the path>`, as this very request was reached."""
    context = event["requestContext"]
    whole, path = str(context.get("path") or ""), str(event["path"])
    prefix = whole.removesuffix(path) if whole.endswith(path) else ""
    return f"https://{context['domainName']}{prefix}"
