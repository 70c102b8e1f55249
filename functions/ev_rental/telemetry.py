"""Messages on the telemetry stream: one flat JSON object each.

Leaf names, units and data types are those of the COVESA Vehicle Signal Specification 6.0; the ranges are
physical limits of a road car (VSS gives few), wide enough to let a real emergency through. The class
below is the only list of leaves there is: the lake's columns and the documentation are derived from it.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from ev_rental.vocabulary import RecordType

SCHEMA_VERSION: Final = "1.0"

# 2**53 - 1: the largest integer that every JSON reader keeps exact (RFC 8259, section 6).
_SafeInt = Annotated[int, Meta(ge=0, le=9_007_199_254_740_991)]
_Id = Annotated[str, Meta(min_length=1, max_length=128)]


def _quantity(unit: str, low: float, high: float) -> Meta:
    return Meta(ge=low, le=high, extra={"unit": unit})


_Percent = Annotated[float, _quantity("percent", 0, 100)]
_WholePercent = Annotated[int, _quantity("percent", 0, 100)]
_KmPerHour = Annotated[float, _quantity("km/h", -100, 400)]
_Metres = Annotated[int, _quantity("m", 0, 4_294_967_295)]
_MetresFloat = Annotated[float, _quantity("m", 0, 100_000)]
_Altitude = Annotated[float, _quantity("m", -500, 9_000)]
_Latitude = Annotated[float, _quantity("degrees", -90, 90)]
_Longitude = Annotated[float, _quantity("degrees", -180, 180)]
_Heading = Annotated[float, _quantity("degrees", 0, 360)]
_Acceleration = Annotated[float, _quantity("m/s^2", -5_000, 5_000)]
_LowVoltage = Annotated[float, _quantity("V", 0, 60)]
_PackVoltage = Annotated[float, _quantity("V", 0, 1_500)]
_CellVoltage = Annotated[float, _quantity("V", -5, 10)]
_Current = Annotated[float, _quantity("A", -3_000, 3_000)]
_Celsius = Annotated[float, _quantity("Celsius", -60, 1_500)]
_Kilowatt = Annotated[float, _quantity("kW", -1_000, 1_000)]
_KilowattHours = Annotated[float, _quantity("kWh", 0, 10_000_000)]
_Kilopascal = Annotated[int, _quantity("kPa", 0, 1_500)]
_Iso8601 = Annotated[str, Meta(max_length=40, extra={"unit": "iso8601"})]
_Dtc = Annotated[str, Meta(max_length=16)]
_DtcList = Annotated[list[_Dtc], Meta(max_length=256)]
_LowVoltageState = Literal["UNDEFINED", "LOCK", "OFF", "ACC", "ON", "START"]

_BATTERY = "Vehicle.Powertrain.TractionBattery"
_LOCATION = "Vehicle.CurrentLocation"
_DOOR = "Vehicle.Cabin.Door"
_WHEEL = "Vehicle.Chassis.Axle"


class Leaves(Struct, frozen=True, kw_only=True):
    """Everything a car can measure. Each leaf is optional: absent (or null) says "no news", not "unknown".

    The attribute name is the short name under which the vehicle-state item keeps the leaf.
    """

    speed: _KmPerHour | None = field(name="Vehicle.Speed", default=None)
    odometer: _Metres | None = field(name="Vehicle.TraveledDistance", default=None)
    broken_down: bool | None = field(name="Vehicle.IsBrokenDown", default=None)
    low_voltage_state: _LowVoltageState | None = field(name="Vehicle.LowVoltageSystemState", default=None)
    acceleration_x: _Acceleration | None = field(name="Vehicle.Acceleration.Longitudinal", default=None)
    acceleration_y: _Acceleration | None = field(name="Vehicle.Acceleration.Lateral", default=None)
    acceleration_z: _Acceleration | None = field(name="Vehicle.Acceleration.Vertical", default=None)

    latitude: _Latitude | None = field(name=f"{_LOCATION}.Latitude", default=None)
    longitude: _Longitude | None = field(name=f"{_LOCATION}.Longitude", default=None)
    heading: _Heading | None = field(name=f"{_LOCATION}.Heading", default=None)
    altitude: _Altitude | None = field(name=f"{_LOCATION}.Altitude", default=None)
    accuracy: _MetresFloat | None = field(name=f"{_LOCATION}.HorizontalAccuracy", default=None)
    fix_time: _Iso8601 | None = field(name=f"{_LOCATION}.Timestamp", default=None)

    soc: _Percent | None = field(name=f"{_BATTERY}.StateOfCharge.Current", default=None)
    soh: _Percent | None = field(name=f"{_BATTERY}.StateOfHealth", default=None)
    range: _Metres | None = field(name=f"{_BATTERY}.Range", default=None)
    pack_voltage: _PackVoltage | None = field(name=f"{_BATTERY}.CurrentVoltage", default=None)
    pack_current: _Current | None = field(name=f"{_BATTERY}.CurrentCurrent", default=None)
    cell_min: _CellVoltage | None = field(name=f"{_BATTERY}.CellVoltage.Min", default=None)
    cell_max: _CellVoltage | None = field(name=f"{_BATTERY}.CellVoltage.Max", default=None)
    consumed_energy: _KilowattHours | None = field(name=f"{_BATTERY}.AccumulatedConsumedEnergy", default=None)
    temperature_max: _Celsius | None = field(name=f"{_BATTERY}.Temperature.Max", default=None)
    temperature_average: _Celsius | None = field(name=f"{_BATTERY}.Temperature.Average", default=None)
    charging: bool | None = field(name=f"{_BATTERY}.Charging.IsCharging", default=None)
    charge_limit: _WholePercent | None = field(name=f"{_BATTERY}.Charging.ChargeLimit", default=None)
    charge_power: _Kilowatt | None = field(name=f"{_BATTERY}.Charging.AveragePower", default=None)
    cable_connected: bool | None = field(
        name=f"{_BATTERY}.Charging.ChargingPort.AnyPosition.IsChargingCableConnected", default=None
    )
    low_voltage: _LowVoltage | None = field(name="Vehicle.LowVoltageBattery.CurrentVoltage", default=None)

    locked_fd: bool | None = field(name=f"{_DOOR}.Row1.DriverSide.IsLocked", default=None)
    locked_fp: bool | None = field(name=f"{_DOOR}.Row1.PassengerSide.IsLocked", default=None)
    locked_rd: bool | None = field(name=f"{_DOOR}.Row2.DriverSide.IsLocked", default=None)
    locked_rp: bool | None = field(name=f"{_DOOR}.Row2.PassengerSide.IsLocked", default=None)
    airbag_driver: bool | None = field(
        name="Vehicle.Cabin.Seat.Row1.DriverSide.Airbag.IsDeployed", default=None
    )
    airbag_passenger: bool | None = field(
        name="Vehicle.Cabin.Seat.Row1.PassengerSide.Airbag.IsDeployed", default=None
    )

    tyre_fl: _Kilopascal | None = field(name=f"{_WHEEL}.Row1.Wheel.Left.Tire.Pressure", default=None)
    tyre_fr: _Kilopascal | None = field(name=f"{_WHEEL}.Row1.Wheel.Right.Tire.Pressure", default=None)
    tyre_rl: _Kilopascal | None = field(name=f"{_WHEEL}.Row2.Wheel.Left.Tire.Pressure", default=None)
    tyre_rr: _Kilopascal | None = field(name=f"{_WHEEL}.Row2.Wheel.Right.Tire.Pressure", default=None)
    tyre_low_fl: bool | None = field(name=f"{_WHEEL}.Row1.Wheel.Left.Tire.IsPressureLow", default=None)
    tyre_low_fr: bool | None = field(name=f"{_WHEEL}.Row1.Wheel.Right.Tire.IsPressureLow", default=None)
    tyre_low_rl: bool | None = field(name=f"{_WHEEL}.Row2.Wheel.Left.Tire.IsPressureLow", default=None)
    tyre_low_rr: bool | None = field(name=f"{_WHEEL}.Row2.Wheel.Right.Tire.IsPressureLow", default=None)

    trouble_codes: _DtcList | None = field(name="Vehicle.Diagnostics.DTCList", default=None)


class Telemetry(Leaves, frozen=True, kw_only=True, tag_field="recordType", tag=RecordType.TELEMETRY.value):
    """A car's message, as the telemetry topic rule writes it to the stream.

    `timestamp`: ms since the epoch, when measured, by the car's clock. `sequence`: grows by the car's own
    count, so (timestamp, sequence) names a message of a car. `receivedAt`: ms, the broker's clock.
    """

    schema_version: Annotated[str, Meta(max_length=16)] = field(name="schemaVersion")
    vehicle_id: _Id = field(name="vehicleId")
    market: Annotated[str, Meta(max_length=16)]
    timestamp: _SafeInt
    sequence: _SafeInt
    topic_vehicle_id: _Id = field(name="topicVehicleId")
    received_at: _SafeInt = field(name="receivedAt")


class Lifecycle(Struct, frozen=True, kw_only=True, tag_field="recordType", tag=RecordType.LIFECYCLE.value):
    """An AWS IoT presence event (AWS IoT Core developer guide, "Lifecycle events").

    `versionNumber` orders events of a client, is shared by a connection's connect and disconnect, and
    starts again at 0 when the client was away for about an hour. The address and principal that AWS adds
    are left out on purpose: nothing here needs them.
    """

    client_id: _Id = field(name="clientId")
    timestamp: _SafeInt
    event_type: Annotated[str, Meta(max_length=64)] = field(name="eventType")
    version_number: _SafeInt = field(name="versionNumber", default=0)
    session_identifier: Annotated[str, Meta(max_length=256)] | None = field(
        name="sessionIdentifier", default=None
    )
    disconnect_reason: Annotated[str, Meta(max_length=128)] | None = field(
        name="disconnectReason", default=None
    )
    client_initiated: bool | None = field(name="clientInitiatedDisconnect", default=None)
    topic_vehicle_id: _Id = field(name="topicVehicleId")
    received_at: _SafeInt = field(name="receivedAt")


class Leaf(NamedTuple):
    """One row of the message schema."""

    path: str
    stored_name: str
    glue_type: str
    unit: str
    low: float | None
    high: float | None


def _describe(info: msgspec.structs.FieldInfo) -> Leaf:
    kinds = msgspec.inspect.type_info(info.type)
    unit = ""
    while isinstance(kinds, msgspec.inspect.UnionType | msgspec.inspect.Metadata):
        if isinstance(kinds, msgspec.inspect.Metadata):
            unit = str((kinds.extra or {}).get("unit", ""))
            kinds = kinds.type
        else:
            kinds = next(t for t in kinds.types if not isinstance(t, msgspec.inspect.NoneType))
    match kinds:
        case msgspec.inspect.FloatType():
            return Leaf(info.encode_name, info.name, "double", unit, kinds.ge, kinds.le)
        case msgspec.inspect.IntType():
            return Leaf(info.encode_name, info.name, "bigint", unit, kinds.ge, kinds.le)
        case msgspec.inspect.BoolType():
            return Leaf(info.encode_name, info.name, "boolean", unit, None, None)
        case msgspec.inspect.ListType():
            return Leaf(info.encode_name, info.name, "array<string>", unit, None, None)
        case _:
            return Leaf(info.encode_name, info.name, "string", unit, None, None)


LEAVES: Final[tuple[Leaf, ...]] = tuple(_describe(info) for info in msgspec.structs.fields(Leaves))

_ENVELOPES = [_describe(info) for kind in (Telemetry, Lifecycle) for info in msgspec.structs.fields(kind)]

WIRE_FIELDS: Final[Mapping[str, str]] = {"recordType": "string"} | {
    leaf.path: leaf.glue_type for leaf in _ENVELOPES
}
"""Every key that a record on the stream may carry (wire name) -> its Glue type."""


def glue_column(wire_name: str) -> str:
    """The lake's column for a wire name, as Firehose's OpenX JSON SerDe makes it: `Vehicle.Speed` ->
    `vehicle_speed`."""
    return wire_name.replace(".", "_").lower()
