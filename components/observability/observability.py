"""What a Region of a market is watched by: objectives, alarms, dashboards, traces, probes, logs, metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.encryption import DataDomain
from components.foundation import Foundation
from components.lambda_function import ALIAS
from components.observability.canary import CanaryArgs, RiderApiCanary
from components.observability.dashboard import (
    AlarmBoard,
    Graph,
    Heading,
    ShareGraph,
    Widget,
    dashboard_body,
)
from components.observability.log_search import LogSearch, LogSearchArgs, SearchNetwork
from components.observability.metrics import Metric, bad_of_total, failed_percent, not_within
from components.observability.prometheus import Prometheus, PrometheusArgs
from components.observability.slo import (
    ALERT_DELAY,
    AVAILABILITY,
    BURN_RATES,
    ERROR_RATE,
    FRESHNESS,
    LATENCY,
    THROUGHPUT,
    Slo,
    Urgency,
)
from components.observability.slo_alarms import SloAlarms, SloAlarmsArgs, Watch
from components.observability.tracing import Tracing, TracingArgs
from components.observability.watched import WatchedComponent
from components.tags import DataClass, component_tags

TRACED_SHARE = 0.05  # in production; elsewhere everything is traced
CANARY_MINUTES = 1
OTHER_CANARY_MINUTES = 5


@dataclass(frozen=True)
class RiderApiTarget:
    """The rider API as CloudWatch knows it. `functions` are the names of those behind it; `url` is what
    riders call, None where no canary shall ask (the Region has no Synthetics, or nothing is deployed)."""

    api_name: pulumi.Input[str]
    stage_name: pulumi.Input[str]
    functions: Sequence[pulumi.Input[str]]
    url: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        if not self.functions:
            raise ValueError("functions of the rider API is empty: name those that serve it")


@dataclass(frozen=True)
class TelemetryTarget:
    """`processor_name` is the function's that folds telemetry into vehicle state."""

    processor_name: pulumi.Input[str]


@dataclass(frozen=True)
class AlertTarget:
    """`delay` counts ms from a car's message to staff being told, one value an alert."""

    delay: Metric


@dataclass(frozen=True)
class LogSearchTarget:
    """See LogSearchArgs."""

    network: SearchNetwork
    readers: Sequence[pulumi.Input[str]] = ()
    index_days: int = 30
    service_linked_role: bool = True


@dataclass(frozen=True)
class ObservabilityArgs:
    """What is watched in the foundation's Region: CloudWatch's alarms see no other.

    `topics` says whom to tell by urgency, by default the foundation's alarm topic. `components` may be of any
    Region, each gets a dashboard; `headlines` are graphs on the market's. `market_dashboard` is False in all
    Regions of a market but one. `log_search` and `prometheus` are switches.
    """

    foundation: Foundation
    rider_api: RiderApiTarget | None = None
    telemetry: TelemetryTarget | None = None
    alerts: AlertTarget | None = None
    components: Sequence[WatchedComponent] = ()
    headlines: Sequence[Graph] = ()
    market_dashboard: bool = True
    topics: Mapping[Urgency, pulumi.Input[str]] | None = None
    log_search: LogSearchTarget | None = None
    prometheus: bool = False

    def __post_init__(self) -> None:
        names = [component.name for component in self.components]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"components holds {', '.join(twice)} twice: a dashboard has one name")


class Observability(pulumi.ComponentResource):
    """Instantiated once a Region. Outputs that are None belong to what is switched off."""

    slo_alarms: SloAlarms
    search_endpoint: pulumi.Output[str] | None = None
    prometheus: Prometheus | None = None
    canary: RiderApiCanary | None = None

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:observability:Observability", name, None, opts)
        self._name = name
        self._args = args
        base = args.foundation
        self._child = pulumi.ResourceOptions(parent=self)
        tags = component_tags(base.tags, "observability", DataClass.INTERNAL)
        topics = args.topics or dict.fromkeys(Urgency, base.alarm_topic_arn)
        api = args.rider_api
        Tracing(
            f"{name}-tracing",
            TracingArgs(
                prefix=base.prefix,
                key_arn=base.key_arn(DataDomain.LOGS),
                share=TRACED_SHARE if base.production else 1.0,
                tags=tags,
                api=pulumi.Output.concat(api.api_name, "/", api.stage_name) if api else None,
            ),
            opts=self._child,
        )
        if api is not None and api.url is not None:
            minutes = CANARY_MINUTES if base.production else OTHER_CANARY_MINUTES
            self.canary = RiderApiCanary(
                f"{name}-canary", CanaryArgs(base, api.url, minutes), opts=self._child
            )
        watches = self._watches()
        self.slo_alarms = SloAlarms(
            f"{name}-slo", SloAlarmsArgs(base.prefix, watches, topics, tags), opts=self._child
        )
        self._dashboards(watches)
        if args.log_search is not None:
            search = args.log_search
            self.search_endpoint = LogSearch(
                f"{name}-logs",
                LogSearchArgs(
                    foundation=base,
                    network=search.network,
                    readers=search.readers,
                    index_days=search.index_days,
                    service_linked_role=search.service_linked_role,
                ),
                opts=self._child,
            ).endpoint
        if args.prometheus:
            self.prometheus = Prometheus(f"{name}-prometheus", PrometheusArgs(base, topics), opts=self._child)
        self.register_outputs({"alarmArns": list(self.slo_alarms.spoken.values())})

    def _watches(self) -> list[Watch]:
        """The objectives of what there is, each with its indicator."""
        args = self._args
        watches: list[Watch] = []
        if self.canary is not None:
            watches.append(Watch(AVAILABILITY, failed_percent(self.canary.success)))
        if api := args.rider_api:
            dimensions = {"ApiName": api.api_name, "Stage": api.stage_name}

            def of_api(metric: str) -> Metric:
                return Metric("AWS/ApiGateway", metric, dimensions)

            throttles = [_of_function("Throttles", function) for function in api.functions]
            invocations = [_of_function("Invocations", function) for function in api.functions]
            watches += [
                Watch(ERROR_RATE, bad_of_total([of_api("5XXError")], [of_api("Count")])),
                Watch(LATENCY, not_within(of_api("Latency"), _limit(LATENCY))),
                # Lambda does not count what it throttled among its invocations.
                Watch(THROUGHPUT, bad_of_total(throttles, [*throttles, *invocations])),
            ]
        if telemetry := args.telemetry:
            processor = telemetry.processor_name
            age = Metric(
                "AWS/Lambda",
                "IteratorAge",
                {"FunctionName": processor, "Resource": pulumi.Output.concat(processor, f":{ALIAS}")},
            )
            watches.append(Watch(FRESHNESS, not_within(age, _limit(FRESHNESS))))
        if alerts := args.alerts:
            watches.append(Watch(ALERT_DELAY, not_within(alerts.delay, _limit(ALERT_DELAY))))
        return watches

    def _dashboards(self, watches: Sequence[Watch]) -> None:
        args, prefix = self._args, self._args.foundation.prefix
        for component in args.components:
            widgets: list[Widget] = [Heading(f"# {component.name}\n{component.region}"), *component.graphs()]
            self._dashboard(component.name, f"{prefix}-{component.name}", widgets)
        if args.market_dashboard:
            self._dashboard("market", prefix, self._market(watches))

    def _market(self, watches: Sequence[Watch]) -> list[Widget]:
        base = self._args.foundation
        widgets: list[Widget] = [
            Heading(f"# {base.prefix}\nObjectives over 30 days, and how fast their budgets are spent")
        ]
        if watches:
            widgets.append(AlarmBoard("Who was told", list(self.slo_alarms.spoken.values())))
        widgets += [_slo_graph(watch, self._args.foundation) for watch in watches]
        if self._args.headlines:
            widgets += [Heading("## Business"), *self._args.headlines]
        for component in self._args.components:
            widgets += [Heading(f"## {component.name}"), *component.graphs()[:3]]
        return widgets

    def _dashboard(self, purpose: str, dashboard_name: str, widgets: Sequence[Widget]) -> None:
        aws.cloudwatch.Dashboard(
            f"{self._name}-{purpose}-dashboard",
            aws.cloudwatch.DashboardArgs(
                dashboard_name=dashboard_name, dashboard_body=dashboard_body(widgets)
            ),
            opts=self._child,
        )


def _of_function(metric: str, function_name: pulumi.Input[str]) -> Metric:
    return Metric("AWS/Lambda", metric, {"FunctionName": function_name})


def _limit(slo: Slo) -> int:
    if slo.limit_ms is None:
        raise ValueError(f"objective {slo.name} says nothing of time: give it a limit_ms")
    return slo.limit_ms


def _slo_graph(watch: Watch, base: Foundation) -> ShareGraph:
    slo = watch.slo
    levels = {f"{rate.factor:g}x {rate.urgency}": slo.threshold(rate) for rate in BURN_RATES}
    return ShareGraph(f"{slo.name}: {slo.promise}", base.region, watch.share, levels)
