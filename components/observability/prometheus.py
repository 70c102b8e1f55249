"""A managed Prometheus workspace for what runs in containers: rules, alerts, logs.

Services write to it by remote write, with the metric names of OpenTelemetry's HTTP conventions:
https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Statement
from components.observability.slo import BURN_RATES, ERROR_RATE, LATENCY, BurnRate, Slo, Urgency
from components.tags import DataClass, component_tags

COUNT = "http_server_request_duration_seconds_count"
BUCKET = "http_server_request_duration_seconds_bucket"
RETENTION_DAYS = 90
EVALUATION_INTERVAL = "60s"


@dataclass(frozen=True)
class PrometheusArgs:
    """`topics` has a topic of this Region for each urgency; its policy and key let `aps` publish."""

    foundation: Foundation
    topics: Mapping[Urgency, pulumi.Input[str]]


class Prometheus(pulumi.ComponentResource):
    """Workspace, recording and alerting rules, alert manager. `endpoint` ends before `api/v1/...`."""

    workspace_arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]

    def __init__(self, name: str, args: PrometheusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:observability:Prometheus", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        tags = component_tags(base.tags, "observability", DataClass.INTERNAL)
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            aws.cloudwatch.LogGroupArgs(
                # Under vendedlogs one policy of the account lets every service deliver, which is never full.
                name=f"/aws/vendedlogs/prometheus/{base.prefix}",
                retention_in_days=base.log_retention_days,
                kms_key_id=base.key_arn(DataDomain.LOGS),
                tags=tags,
            ),
            opts=child,
        )
        workspace = aws.amp.Workspace(
            f"{name}-workspace",
            aws.amp.WorkspaceArgs(
                alias=base.prefix,
                kms_key_arn=base.key_arn(DataDomain.LOGS),
                logging_configuration=aws.amp.WorkspaceLoggingConfigurationArgs(
                    log_group_arn=pulumi.Output.concat(logs.arn, ":*")
                ),
                tags=tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=base.production),
        )
        aws.amp.WorkspaceConfiguration(
            f"{name}-configuration",
            aws.amp.WorkspaceConfigurationArgs(
                workspace_id=workspace.id, retention_period_in_days=RETENTION_DAYS
            ),
            opts=child,
        )
        aws.amp.RuleGroupNamespace(
            f"{name}-rules",
            aws.amp.RuleGroupNamespaceArgs(
                name="http-services",
                workspace_id=workspace.id,
                data=json.dumps(rule_groups(), indent=1),
                tags=tags,
            ),
            opts=child,
        )
        aws.amp.AlertManagerDefinition(
            f"{name}-alerts",
            aws.amp.AlertManagerDefinitionArgs(
                workspace_id=workspace.id,
                definition=pulumi.Output.json_dumps(
                    {"alertmanager_config": pulumi.Output.json_dumps(_routes(args.topics, str(base.region)))}
                ),
            ),
            opts=child,
        )
        self.workspace_arn = workspace.arn
        self.endpoint = workspace.prometheus_endpoint
        self.register_outputs({"workspaceArn": self.workspace_arn, "endpoint": self.endpoint})

    def write_statement(self) -> Statement:
        """What the role of a collector needs."""
        return Statement(sid="RemoteWrite", actions=["aps:RemoteWrite"], resources=[self.workspace_arn])


def rule_groups() -> dict[str, Any]:
    """The rules, as Prometheus reads them: JSON is YAML. For each job, by the objectives of the rider API."""
    return {
        "groups": [
            _group(ERROR_RATE, _error_share),
            _group(LATENCY, _slow_share),
        ]
    }


def _error_share(window: str) -> str:
    failed = f'{COUNT}{{http_response_status_code=~"5.."}}'
    return f"sum by (job) (rate({failed}[{window}])) / sum by (job) (rate({COUNT}[{window}]))"


def _slow_share(window: str) -> str:
    limit = f"{(LATENCY.limit_ms or 0) / 1_000:g}"
    in_time = f'{BUCKET}{{le=~"{limit}([.]0)?"}}'  # exporters write 1 or 1.0
    return f"1 - sum by (job) (rate({in_time}[{window}])) / sum by (job) (rate({COUNT}[{window}]))"


def _group(slo: Slo, share: Callable[[str], str]) -> dict[str, Any]:
    windows = sorted({minutes for rate in BURN_RATES for minutes in (rate.long, rate.short)})
    recorded = [{"record": _record(slo, minutes), "expr": share(f"{minutes}m")} for minutes in windows]
    return {
        "name": slo.name,
        "interval": EVALUATION_INTERVAL,
        "rules": [*recorded, *(_alert(slo, rate) for rate in BURN_RATES)],
    }


def _record(slo: Slo, minutes: int) -> str:
    return f"job:bad_{slo.name.replace('-', '_')}:share{minutes}m"


def _alert(slo: Slo, rate: BurnRate) -> dict[str, Any]:
    threshold = f"{slo.threshold(rate):.9g}"
    return {
        "alert": f"{slo.name}-{rate.name}",
        "expr": " and ".join(f"{_record(slo, m)} > {threshold}" for m in (rate.long, rate.short)),
        "labels": {"urgency": str(rate.urgency), "slo": slo.name},
        "annotations": {
            "summary": f"{{{{ $labels.job }}}}: the {slo.name} budget is spent {rate.factor:g} times too fast"
        },
    }


def _routes(topics: Mapping[Urgency, pulumi.Input[str]], region: str) -> dict[str, Any]:
    """Of one job one message: a page keeps its tickets quiet."""
    return {
        "route": {
            "receiver": str(Urgency.TICKET),
            "group_by": ["job"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "12h",
            "routes": [
                {"receiver": str(Urgency.PAGE), "matchers": [f'urgency="{Urgency.PAGE}"']},
            ],
        },
        "inhibit_rules": [
            {
                "source_matchers": [f'urgency="{Urgency.PAGE}"'],
                "target_matchers": [f'urgency="{Urgency.TICKET}"'],
                "equal": ["job"],
            }
        ],
        "receivers": [
            {
                "name": str(urgency),
                "sns_configs": [
                    {"topic_arn": topics[urgency], "sigv4": {"region": region}, "send_resolved": True}
                ],
            }
            for urgency in Urgency
        ],
    }
