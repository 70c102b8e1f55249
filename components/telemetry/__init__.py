"""From car to vehicle state and lake: the telemetry pipeline and the tables that it keeps."""

from components.telemetry.pipeline import EvTelemetryPipeline, EvTelemetryPipelineArgs
from components.telemetry.vehicle_state import VehicleStateTables

__all__ = [
    "EvTelemetryPipeline",
    "EvTelemetryPipelineArgs",
    "VehicleStateTables",
]
