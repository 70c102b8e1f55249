"""The columns of the telemetry table in the lake.

Firehose's OpenX deserialiser lower-cases a message's keys and turns their dots into underscores, so a column
is a field's wire name in that form. A test holds the table equal to what the processor decodes.
"""

from collections.abc import Mapping
from types import MappingProxyType

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "recordtype": "string",
        "schemaversion": "string",
        "vehicleid": "string",
        "market": "string",
        "timestamp": "bigint",
        "sequence": "bigint",
        "topicvehicleid": "string",
        "receivedat": "bigint",
        "clientid": "string",
        "eventtype": "string",
        "versionnumber": "bigint",
        "sessionidentifier": "string",
        "disconnectreason": "string",
        "clientinitiateddisconnect": "boolean",
        "vehicle_speed": "double",
        "vehicle_traveleddistance": "bigint",
        "vehicle_isbrokendown": "boolean",
        "vehicle_lowvoltagesystemstate": "string",
        "vehicle_acceleration_longitudinal": "double",
        "vehicle_acceleration_lateral": "double",
        "vehicle_acceleration_vertical": "double",
        "vehicle_currentlocation_latitude": "double",
        "vehicle_currentlocation_longitude": "double",
        "vehicle_currentlocation_heading": "double",
        "vehicle_currentlocation_altitude": "double",
        "vehicle_currentlocation_horizontalaccuracy": "double",
        "vehicle_currentlocation_timestamp": "string",
        "vehicle_powertrain_tractionbattery_stateofcharge_current": "double",
        "vehicle_powertrain_tractionbattery_stateofhealth": "double",
        "vehicle_powertrain_tractionbattery_range": "bigint",
        "vehicle_powertrain_tractionbattery_currentvoltage": "double",
        "vehicle_powertrain_tractionbattery_currentcurrent": "double",
        "vehicle_powertrain_tractionbattery_cellvoltage_min": "double",
        "vehicle_powertrain_tractionbattery_cellvoltage_max": "double",
        "vehicle_powertrain_tractionbattery_accumulatedconsumedenergy": "double",
        "vehicle_powertrain_tractionbattery_temperature_max": "double",
        "vehicle_powertrain_tractionbattery_temperature_average": "double",
        "vehicle_powertrain_tractionbattery_charging_ischarging": "boolean",
        "vehicle_powertrain_tractionbattery_charging_chargelimit": "bigint",
        "vehicle_powertrain_tractionbattery_charging_averagepower": "double",
        "vehicle_powertrain_tractionbattery_charging_chargingport_anyposition_ischargingcableconnected": "boolean",
        "vehicle_lowvoltagebattery_currentvoltage": "double",
        "vehicle_cabin_door_row1_driverside_islocked": "boolean",
        "vehicle_cabin_door_row1_passengerside_islocked": "boolean",
        "vehicle_cabin_door_row2_driverside_islocked": "boolean",
        "vehicle_cabin_door_row2_passengerside_islocked": "boolean",
        "vehicle_cabin_seat_row1_driverside_airbag_isdeployed": "boolean",
        "vehicle_cabin_seat_row1_passengerside_airbag_isdeployed": "boolean",
        "vehicle_chassis_axle_row1_wheel_left_tire_pressure": "bigint",
        "vehicle_chassis_axle_row1_wheel_right_tire_pressure": "bigint",
        "vehicle_chassis_axle_row2_wheel_left_tire_pressure": "bigint",
        "vehicle_chassis_axle_row2_wheel_right_tire_pressure": "bigint",
        "vehicle_chassis_axle_row1_wheel_left_tire_ispressurelow": "boolean",
        "vehicle_chassis_axle_row1_wheel_right_tire_ispressurelow": "boolean",
        "vehicle_chassis_axle_row2_wheel_left_tire_ispressurelow": "boolean",
        "vehicle_chassis_axle_row2_wheel_right_tire_ispressurelow": "boolean",
        "vehicle_diagnostics_dtclist": "array<string>",
    }
)
"""Column -> Glue type, in the table's order. New columns go at the end: Parquet files are never rewritten."""
