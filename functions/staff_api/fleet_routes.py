"""Who asks, the fleet, cars and stations. Docstrings are the document's texts."""

from typing import Final

from msgspec import Struct

from ev_rental.rental.errors import ErrorCode
from ev_rental.rental.market import stations
from ev_rental.rental.station import BayRef
from ev_rental.staff.access import groups_of, may
from ev_rental.staff.service import StaffService
from ev_rental.staff.vehicles import CommandRequest, ServiceRequest, VehicleRequest
from ev_rental.work_orders import UNFINISHED, WorkOrder
from http_api.etags import CONDITION, UNCHANGED, has_copy, weak_tag
from http_api.operations import LOCATION, Answer, Request
from http_api.values import PageQuery, bay_ref, given, or_none
from staff_api import search
from staff_api.asked import (
    BackInServiceBody,
    CommandBody,
    OutOfServiceBody,
    RegisterVehicleBody,
    TelemetryQuery,
    VehicleQuery,
)
from staff_api.base import routes
from staff_api.desk_views import AuditPage, audit_view
from staff_api.fleet_views import (
    CommandView,
    FleetSummary,
    SampleList,
    VehicleDetail,
    VehicleList,
    VehicleView,
    command_view,
    sample_view,
    vehicle_detail,
    vehicle_view,
)
from staff_api.identity import actor_of
from staff_api.market_views import MeView, me
from staff_api.station_views import BayView, StationList, bay_view, station_view

_TAG: Final = {"ETag": "Of the answer; send it as If-None-Match and an unchanged answer is a 304."}


@routes.route("GET", "/v1/me", answer=MeView)
def get_me(service: StaffService, request: Request[None, None]) -> Answer:
    """Who asks, what they may do, and facts of the market."""
    return Answer(body=me(service, actor_of(request.event)))


@routes.route(
    "GET",
    "/v1/fleet/summary",
    answer=FleetSummary,
    parameters=CONDITION,
    headers=_TAG,
    statuses=UNCHANGED,
)
def get_fleet_summary(service: StaffService, request: Request[None, None]) -> Answer:
    """How the fleet stands, in numbers."""
    return _tagged(request, search.summary(service))


@routes.route(
    "GET",
    "/v1/vehicles",
    answer=VehicleList,
    query=VehicleQuery,
    problems=(ErrorCode.INVALID_CURSOR,),
    parameters=CONDITION,
    headers=_TAG,
    statuses=UNCHANGED,
)
def list_vehicles(service: StaffService, request: Request[VehicleQuery, None]) -> Answer:
    """Cars as they are now, by their id.

    Up to 1,000 in one answer: poll it every few seconds. It may lag by about two seconds.
    """
    return _tagged(request, search.vehicles(service, request.query))


@routes.route(
    "GET", "/v1/vehicles/{vehicleId}", answer=VehicleDetail, problems=(ErrorCode.VEHICLE_NOT_FOUND,)
)
def get_vehicle(service: StaffService, request: Request[None, None]) -> Answer:
    """One car with all that is known of it.

    Its work orders are shown to those who may list them.
    """
    name = request.path["vehicleId"]
    car = service.car(name)
    orders: list[WorkOrder] = []
    if may("listWorkOrders", groups_of(actor_of(request.event).groups)):
        orders = service.store.work_orders(
            UNFINISHED, vehicle_id=name, assignee=None, limit=100, cursor=None
        ).items
    return Answer(body=vehicle_detail(service.market, car, orders, service.now()))


@routes.route(
    "GET",
    "/v1/vehicles/{vehicleId}/telemetry",
    answer=SampleList,
    query=TelemetryQuery,
    problems=(ErrorCode.VEHICLE_NOT_FOUND,),
)
def get_vehicle_telemetry(service: StaffService, request: Request[TelemetryQuery, None]) -> Answer:
    """A sample a minute of the last hours."""
    found = service.samples(request.path["vehicleId"], request.query.hours)
    return Answer(body=SampleList(samples=[sample_view(sample) for sample in found]))


@routes.route(
    "GET",
    "/v1/vehicles/{vehicleId}/audit",
    answer=AuditPage,
    query=PageQuery,
    problems=(ErrorCode.INVALID_CURSOR,),
)
def list_vehicle_audit(service: StaffService, request: Request[PageQuery, None]) -> Answer:
    """What staff did to a car and its alerts."""
    page = service.store.audit(
        day=None,
        subject=f"vehicle/{request.path['vehicleId']}",
        actor=None,
        between=service.bounds(None),
        limit=request.query.limit,
        cursor=or_none(request.query.cursor),
    )
    records = [audit_view(record) for record in page.items]
    return Answer(body=AuditPage(records=records, cursor=given(page.cursor)))


@routes.route(
    "POST",
    "/v1/vehicles/{vehicleId}/commands",
    status=202,
    answer=CommandView,
    body=CommandBody,
    headers=LOCATION,
    problems=(ErrorCode.VEHICLE_NOT_FOUND, ErrorCode.COMMAND_NOT_SENT),
)
def command_vehicle(service: StaffService, request: Request[None, CommandBody]) -> Answer:
    """Tells a car to lock or unlock.

    Poll the command: ACKNOWLEDGED means it did, REFUSED and EXPIRED that it did not.
    """
    command = service.command(
        actor_of(request.event),
        request.key,
        request.path["vehicleId"],
        CommandRequest(action=request.body.action, reason=request.body.reason),
    )
    return Answer(body=command_view(command), headers={"Location": f"/v1/commands/{command.command_id}"})


@routes.route("GET", "/v1/commands/{commandId}", answer=CommandView, problems=(ErrorCode.COMMAND_NOT_FOUND,))
def get_command(service: StaffService, request: Request[None, None]) -> Answer:
    """What became of a command to a car, a rider's too."""
    return Answer(body=command_view(service.known_command(request.path["commandId"])))


@routes.route(
    "POST",
    "/v1/vehicles/{vehicleId}/out-of-service",
    answer=VehicleView,
    body=OutOfServiceBody,
    problems=(ErrorCode.VEHICLE_NOT_FOUND, ErrorCode.WRONG_STATE, ErrorCode.CHANGED_MEANWHILE),
)
def take_vehicle_out_of_service(service: StaffService, request: Request[None, OutOfServiceBody]) -> Answer:
    """Nobody can book the car any more.

    A car that is held or driven cannot be taken out of service: wait for its return.
    """
    vehicle = service.take_out_of_service(
        actor_of(request.event),
        request.key,
        request.path["vehicleId"],
        ServiceRequest(reason=request.body.reason, version=or_none(request.body.version)),
    )
    return Answer(body=vehicle_view(vehicle))


@routes.route(
    "POST",
    "/v1/vehicles/{vehicleId}/back-in-service",
    answer=VehicleView,
    body=BackInServiceBody,
    body_required=False,
    problems=(ErrorCode.VEHICLE_NOT_FOUND, ErrorCode.WRONG_STATE, ErrorCode.CHANGED_MEANWHILE),
)
def put_vehicle_back_in_service(service: StaffService, request: Request[None, BackInServiceBody]) -> Answer:
    """The car may be booked again, unless an alert or its battery forbids it."""
    vehicle = service.put_back_in_service(
        actor_of(request.event),
        request.key,
        request.path["vehicleId"],
        ServiceRequest(reason=or_none(request.body.reason), version=or_none(request.body.version)),
    )
    return Answer(body=vehicle_view(vehicle))


@routes.route(
    "POST",
    "/v1/vehicles",
    status=201,
    answer=VehicleView,
    body=RegisterVehicleBody,
    headers=LOCATION,
    problems=(
        ErrorCode.STATION_NOT_FOUND,
        ErrorCode.BAY_NOT_FOUND,
        ErrorCode.BAY_TAKEN,
        ErrorCode.VEHICLE_EXISTS,
    ),
)
def register_vehicle(service: StaffService, request: Request[None, RegisterVehicleBody]) -> Answer:
    """A new car, available at once."""
    wanted = request.body
    vehicle = service.register_vehicle(
        actor_of(request.event),
        request.key,
        VehicleRequest(
            vehicle_id=wanted.vehicle_id,
            vehicle_type_id=wanted.vehicle_type_id,
            bay=bay_ref(wanted.bay),
        ),
    )
    return Answer(body=vehicle_view(vehicle), headers={"Location": f"/v1/vehicles/{vehicle.vehicle_id}"})


@routes.route("GET", "/v1/stations", answer=StationList)
def list_stations(service: StaffService, _: Request[None, None]) -> Answer:
    """All stations with their bays, and who stands where."""
    contents = service.station_contents()
    found = [
        station_view(station, contents[name]) for name, station in stations(service.market.market).items()
    ]
    return Answer(body=StationList(stations=found))


@routes.route(
    "PUT",
    "/v1/stations/{stationId}/bays/{bayId}",
    answer=BayView,
    problems=(ErrorCode.STATION_NOT_FOUND, ErrorCode.BAY_NOT_FOUND),
)
def register_bay(service: StaffService, request: Request[None, None]) -> Answer:
    """Sets up a bay of the market's data, so that cars can stand in it."""
    ref = BayRef(station_id=request.path["stationId"], bay_id=request.path["bayId"])
    bay = service.register_bay(actor_of(request.event), request.key, ref)
    return Answer(body=bay_view(stations(service.market.market)[ref.station_id], ref.bay_id, bay))


def _tagged(request: Request[VehicleQuery, None] | Request[None, None], body: Struct) -> Answer:
    tag = weak_tag(body)
    if has_copy(request.event, tag):
        return Answer(body=None, status=304, headers={"ETag": tag})
    return Answer(body=body, headers={"ETag": tag})
