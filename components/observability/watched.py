"""What a component is made of, and which graphs tell how that is: one table of AWS's own metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import pulumi

from components.markets import Region
from components.observability.dashboard import Graph, Line
from components.observability.metrics import Metric


class Kind(StrEnum):
    """A kind of resource that CloudWatch has metrics of."""

    FUNCTION = "function"
    QUEUE = "queue"
    TABLE = "table"
    STREAM = "stream"
    DELIVERY_STREAM = "delivery stream"
    REST_API = "REST API"
    DISTRIBUTION = "distribution"


@dataclass(frozen=True)
class _Template:
    """A graph of every resource of a kind: (metric, statistic, what the line says)."""

    title: str
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class _KindFacts:
    namespace: str
    dimensions: tuple[str, ...]
    graphs: tuple[_Template, ...]


_FACTS: Mapping[Kind, _KindFacts] = MappingProxyType(
    {
        Kind.FUNCTION: _KindFacts(
            "AWS/Lambda",
            ("FunctionName",),
            (
                _Template("Invocations", (("Invocations", "Sum", ""),)),
                _Template(
                    "Errors and throttles", (("Errors", "Sum", "errors"), ("Throttles", "Sum", "throttles"))
                ),
                _Template("Duration, ms", (("Duration", "p50", "p50"), ("Duration", "p99", "p99"))),
                _Template("Running at once", (("ConcurrentExecutions", "Maximum", ""),)),
            ),
        ),
        Kind.QUEUE: _KindFacts(
            "AWS/SQS",
            ("QueueName",),
            (
                _Template("Messages that wait", (("ApproximateNumberOfMessagesVisible", "Maximum", ""),)),
                _Template(
                    "Age of the oldest message, s", (("ApproximateAgeOfOldestMessage", "Maximum", ""),)
                ),
            ),
        ),
        Kind.TABLE: _KindFacts(
            "AWS/DynamoDB",
            ("TableName",),
            (
                _Template(
                    "Capacity used",
                    (
                        ("ConsumedReadCapacityUnits", "Sum", "read"),
                        ("ConsumedWriteCapacityUnits", "Sum", "write"),
                    ),
                ),
                _Template(
                    "Throttled",
                    (("ReadThrottleEvents", "Sum", "read"), ("WriteThrottleEvents", "Sum", "write")),
                ),
            ),
        ),
        Kind.STREAM: _KindFacts(
            "AWS/Kinesis",
            ("StreamName",),
            (
                _Template("Records in", (("IncomingRecords", "Sum", ""),)),
                _Template("Refused writes", (("WriteProvisionedThroughputExceeded", "Sum", ""),)),
                _Template(
                    "Age of the oldest record read, ms",
                    (("GetRecords.IteratorAgeMilliseconds", "Maximum", ""),),
                ),
            ),
        ),
        Kind.DELIVERY_STREAM: _KindFacts(
            "AWS/Firehose",
            ("DeliveryStreamName",),
            (
                _Template("Records in", (("IncomingRecords", "Sum", ""),)),
                _Template(
                    "Age of the oldest undelivered record, s",
                    (("DeliveryToS3.DataFreshness", "Maximum", ""),),
                ),
            ),
        ),
        Kind.REST_API: _KindFacts(
            "AWS/ApiGateway",
            ("ApiName", "Stage"),
            (
                _Template("Requests", (("Count", "Sum", ""),)),
                _Template("Refused and failed", (("4XXError", "Sum", "4xx"), ("5XXError", "Sum", "5xx"))),
                _Template("Latency, ms", (("Latency", "p50", "p50"), ("Latency", "p99", "p99"))),
            ),
        ),
        Kind.DISTRIBUTION: _KindFacts(
            "AWS/CloudFront",
            ("DistributionId", "Region"),
            (
                _Template("Requests", (("Requests", "Sum", ""),)),
                _Template(
                    "Error rate, %", (("4xxErrorRate", "Average", "4xx"), ("5xxErrorRate", "Average", "5xx"))
                ),
            ),
        ),
    }
)


@dataclass(frozen=True)
class Watched:
    """One resource: `dimensions` are those by which CloudWatch knows its kind."""

    kind: Kind
    label: str
    dimensions: Mapping[str, pulumi.Input[str]]

    def __post_init__(self) -> None:
        expected = _FACTS[self.kind].dimensions
        if tuple(self.dimensions) != expected:
            raise ValueError(
                f"{self.kind} {self.label!r} has dimensions {tuple(self.dimensions)}: "
                f"CloudWatch knows it by {expected}"
            )


def function(label: str, name: pulumi.Input[str]) -> Watched:
    """A Lambda function by its name."""
    return Watched(Kind.FUNCTION, label, {"FunctionName": name})


def queue(label: str, name: pulumi.Input[str]) -> Watched:
    """A queue by its name."""
    return Watched(Kind.QUEUE, label, {"QueueName": name})


def table(label: str, name: pulumi.Input[str]) -> Watched:
    """A DynamoDB table by its name."""
    return Watched(Kind.TABLE, label, {"TableName": name})


def stream(label: str, name: pulumi.Input[str]) -> Watched:
    """A Kinesis stream by its name."""
    return Watched(Kind.STREAM, label, {"StreamName": name})


def delivery_stream(label: str, name: pulumi.Input[str]) -> Watched:
    """A Firehose stream by its name."""
    return Watched(Kind.DELIVERY_STREAM, label, {"DeliveryStreamName": name})


def rest_api(label: str, name: pulumi.Input[str], stage: pulumi.Input[str]) -> Watched:
    """A stage of a REST API, by the API's name and its own."""
    return Watched(Kind.REST_API, label, {"ApiName": name, "Stage": stage})


def distribution(label: str, distribution_id: pulumi.Input[str]) -> Watched:
    """A CloudFront distribution; its metrics are in us-east-1, so is the component that it belongs to."""
    return Watched(Kind.DISTRIBUTION, label, {"DistributionId": distribution_id, "Region": "Global"})


@dataclass(frozen=True)
class WatchedComponent:
    """A component of the platform, its resources of one Region, and graphs of metrics of its own."""

    name: str
    region: Region
    resources: Sequence[Watched]
    own_graphs: Sequence[Graph] = ()

    def graphs(self) -> list[Graph]:
        """Its own graphs, then for each kind of resource those of the table, a line for each resource."""
        made = list(self.own_graphs)
        for kind in Kind:
            resources = [resource for resource in self.resources if resource.kind is kind]
            if resources:
                made += [self._graph(kind, template, resources) for template in _FACTS[kind].graphs]
        if not made:
            raise ValueError(f"component {self.name!r} has nothing to show: name its resources")
        return made

    def _graph(self, kind: Kind, template: _Template, resources: Sequence[Watched]) -> Graph:
        namespace = _FACTS[kind].namespace
        return Graph(
            f"{kind[0].upper()}{kind[1:]}: {template.title}",
            self.region,
            [
                Line(Metric(namespace, metric, resource.dimensions), stat, f"{resource.label} {says}".strip())
                for resource in resources
                for metric, stat, says in template.lines
            ],
        )


def own_metric(namespace: str, name: str, service: str, **more: str) -> Metric:
    """A metric that a function of ours writes: Powertools adds the dimension `service`."""
    return Metric(namespace, name, {"service": service, **more})
