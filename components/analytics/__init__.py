"""Key figures, forecasts and the lake of a market."""

from components.analytics.analytics import Analytics, AnalyticsArgs, TelemetryBucket
from components.analytics.intake import KpiIntake, KpiIntakeArgs
from components.analytics.kpi_functions import KpiTable
from components.analytics.warehouse import WarehouseNetwork

__all__ = [
    "Analytics",
    "AnalyticsArgs",
    "KpiIntake",
    "KpiIntakeArgs",
    "KpiTable",
    "TelemetryBucket",
    "WarehouseNetwork",
]
