"""Objectives, alarms, dashboards, traces, probes, logs and metrics of one Region."""

from components.observability.dashboard import Graph, Line
from components.observability.log_search import SearchNetwork
from components.observability.metrics import Metric
from components.observability.observability import (
    AlertTarget,
    LogSearchTarget,
    Observability,
    ObservabilityArgs,
    RiderApiTarget,
    TelemetryTarget,
)
from components.observability.slo import SLOS, Urgency
from components.observability.watched import WatchedComponent, own_metric

__all__ = [
    "SLOS",
    "AlertTarget",
    "Graph",
    "Line",
    "LogSearchTarget",
    "Metric",
    "Observability",
    "ObservabilityArgs",
    "RiderApiTarget",
    "SearchNetwork",
    "TelemetryTarget",
    "Urgency",
    "WatchedComponent",
    "own_metric",
]
