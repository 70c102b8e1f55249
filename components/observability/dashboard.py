"""Bodies of CloudWatch dashboards, from graphs as data.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.markets import Region
from components.observability.metrics import Metric, Share

COLUMNS = 24
GRAPH_WIDTH, GRAPH_HEIGHT = 8, 6
MAX_WIDGETS = 500
MAX_METRICS_A_WIDGET = 500


@dataclass(frozen=True)
class Line:
    """One metric in a graph, by one statistic."""

    metric: Metric
    stat: str
    label: str


@dataclass(frozen=True)
class Heading:
    """Text over the whole width, Markdown."""

    markdown: str


@dataclass(frozen=True)
class Graph:
    """Lines over time; `levels` are horizontal lines, what they are called and where."""

    title: str
    region: Region
    lines: Sequence[Line]
    levels: Mapping[str, float] | None = None
    period_seconds: int = 300

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= MAX_METRICS_A_WIDGET:
            raise ValueError(f"graph {self.title!r} has {len(self.lines)} lines: use 1 to 500")


@dataclass(frozen=True)
class ShareGraph:
    """The share of bad events over time."""

    title: str
    region: Region
    share: Share
    levels: Mapping[str, float]
    period_seconds: int = 300


@dataclass(frozen=True)
class AlarmBoard:
    """The states of alarms, by their ARNs."""

    title: str
    arns: Sequence[pulumi.Input[str]]


Widget = Heading | Graph | ShareGraph | AlarmBoard


def dashboard_body(widgets: Sequence[Widget]) -> pulumi.Output[str]:
    """The JSON of a dashboard: three graphs a row, headings and boards over the whole width.

    Raises ValueError when there are more widgets than CloudWatch takes.
    """
    if len(widgets) > MAX_WIDGETS:
        raise ValueError(f"{len(widgets)} widgets: a dashboard takes {MAX_WIDGETS}; split it")
    placed: list[dict[str, Any]] = []
    x = y = row_height = 0
    for widget in widgets:
        width, height = _size(widget)
        if x + width > COLUMNS:
            x, y, row_height = 0, y + row_height, 0
        placed.append({"x": x, "y": y, "width": width, "height": height, **_render(widget)})
        x, row_height = x + width, max(row_height, height)
    body: pulumi.Output[str] = pulumi.Output.json_dumps(
        {"start": "-PT12H", "periodOverride": "inherit", "widgets": placed}, sort_keys=True
    )
    return body


def _size(widget: Widget) -> tuple[int, int]:
    match widget:
        case Heading():
            return COLUMNS, 2
        case AlarmBoard(arns=arns):
            return COLUMNS, 2 + (len(arns) + 5) // 6
        case _:
            return GRAPH_WIDTH, GRAPH_HEIGHT


def _render(widget: Widget) -> dict[str, Any]:
    match widget:
        case Heading(markdown=markdown):
            return {"type": "text", "properties": {"markdown": markdown}}
        case AlarmBoard(title=title, arns=arns):
            return {"type": "alarm", "properties": {"title": title, "alarms": list(arns)}}
        case Graph(lines=lines):
            metrics = [_metric(line.metric, {"stat": line.stat, "label": line.label}) for line in lines]
            return _graph(widget, metrics)
        case ShareGraph(share=share):
            hidden = [
                _metric(query.metric, {"id": query.id, "stat": query.stat, "visible": False})
                for query in share.queries
            ]
            shown = [{"id": "share", "expression": share.expression, "label": "share of bad events"}]
            return _graph(widget, [shown, *hidden])


def _graph(graph: Graph | ShareGraph, metrics: list[list[Any]]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "title": graph.title,
        "region": str(graph.region),
        "view": "timeSeries",
        "period": graph.period_seconds,
        "metrics": metrics,
        "yAxis": {"left": {"min": 0}},
    }
    if graph.levels:
        properties["annotations"] = {
            "horizontal": [{"label": label, "value": value} for label, value in graph.levels.items()]
        }
    return {"type": "metric", "properties": properties}


def _metric(metric: Metric, options: Mapping[str, Any]) -> list[Any]:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    return [metric.namespace, metric.name, *dimensions, dict(options)]
