"""CloudWatch metrics as values, and what of them is good or bad (service-level indicators)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

MAX_METRICS = 10
"""Of one metric-math alarm:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create-alarm-on-metric-math-expression.html"""


@dataclass(frozen=True)
class Metric:
    """One metric of the Region that the alarm or the graph is in."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True)
class Query:
    """A metric under an id that a metric-math expression names."""

    id: str
    metric: Metric
    stat: str


@dataclass(frozen=True)
class Share:
    """Queries and the expression over them whose value is the share of bad events, 0 to 1."""

    queries: Sequence[Query]
    expression: str

    def alarm_queries(
        self, period_seconds: int, label: str
    ) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
        """As an alarm takes it; the expression is what it watches."""
        query = aws.cloudwatch.MetricAlarmMetricQueryArgs
        return [
            query(id="share", expression=self.expression, label=label, return_data=True),
            *(
                query(
                    id=one.id,
                    return_data=False,
                    metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                        namespace=one.metric.namespace,
                        metric_name=one.metric.name,
                        dimensions=one.metric.dimensions,
                        stat=one.stat,
                        period=period_seconds,
                    ),
                )
                for one in self.queries
            ),
        ]


def bad_of_total(bad: Sequence[Metric], total: Sequence[Metric]) -> Share:
    """Sums of counts: all of `bad` over all of `total`. A metric may be in both.

    Raises ValueError when CloudWatch would refuse so many metrics in an alarm.
    """
    queries: list[Query] = []

    def terms(metrics: Sequence[Metric]) -> str:
        # Who was not called has no data: without FILL one silent function would void the sum.
        return "(" + " + ".join(f"FILL({_id_of(queries, metric)}, 0)" for metric in metrics) + ")"

    bad_sum, total_sum = terms(bad), terms(total)
    if len(queries) > MAX_METRICS:
        raise ValueError(
            f"{len(queries)} metrics in one alarm: CloudWatch takes {MAX_METRICS}; watch fewer together"
        )
    return Share(queries, f"IF({total_sum} > 0, {bad_sum} / {total_sum}, 0)")


def not_within(metric: Metric, limit: int) -> Share:
    """The share of a metric's values above `limit`, by CloudWatch's percentile rank (PR)."""
    return Share([Query("good", metric, f"PR(:{limit})")], "(100 - good) / 100")


def failed_percent(metric: Metric) -> Share:
    """What is missing to 100 of a metric that counts success in per cent."""
    return Share([Query("good", metric, "Average")], "(100 - good) / 100")


def _id_of(queries: list[Query], metric: Metric) -> str:
    for query in queries:
        if query.metric is metric:
            return query.id
    queries.append(Query(f"m{len(queries)}", metric, "Sum"))
    return queries[-1].id
