"""What a Region is watched by, in dev and in production, with every switch on and with every switch off."""

import json
from typing import Any

import pytest

from components.encryption import DataDomain
from components.markets import Region
from components.observability import (
    Observability,
    ObservabilityArgs,
    RiderApiTarget,
    WatchedComponent,
)
from components.observability.canary import CanaryArgs
from components.observability.dashboard import Graph, Heading, dashboard_body
from components.observability.prometheus import rule_groups
from components.observability.tracing import TracingArgs
from components.observability.watched import (
    Kind,
    Watched,
)
from tests.components.cloudwatch_evaluator import COMPOSITE, METRIC_ALARM
from tests.components.observability_building import COMPONENTS, observe, observed
from tests.components.operations_building import foundation, key_arn, prefix
from tests.iam_evaluator import Request, allows
from tests.recording import ACCOUNT, REGION, Recorded, Recording, record

DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"
CANARY = "aws:synthetics/canary:Canary"


@pytest.fixture
def dev() -> Recording:
    """Everything on, in dev."""
    return observed(production=False)


@pytest.fixture
def prod() -> Recording:
    """Everything on, in production."""
    return observed(production=True)


@pytest.fixture(params=["dev", "prod"])
def watch(request: pytest.FixtureRequest) -> Recording:
    """Each in turn."""
    return observed(production=request.param == "prod")


# ---- objectives --------------------------------------------------------------------------------------------


def windows_of(watch: Recording, slo: str) -> list[Recorded]:
    return [alarm for alarm in watch.all(METRIC_ALARM) if alarm.name.startswith(f"watch-slo-{slo}-")]


@pytest.mark.parametrize(
    ("slo", "fast"),
    [
        ("availability", 0.072),
        ("error-rate", 0.0144),
        ("latency", 0.144),
        ("throughput", 0.0144),
        ("telemetry-freshness", 0.144),
        ("alert-delay", 0.144),
    ],
)
def test_each_objective_is_watched_over_every_window(watch: Recording, slo: str, fast: float) -> None:
    windows = windows_of(watch, slo)
    periods = sorted(
        query["metric"]["period"] / 60 for alarm in windows for query in alarm["metricQueries"][1:2]
    )
    assert periods == [5, 30, 60, 360, 360, 4_320]
    assert max(alarm["threshold"] for alarm in windows) == fast
    assert all(
        alarm["evaluationPeriods"] * alarm["metricQueries"][1]["metric"]["period"] <= 604_800
        for alarm in windows
    )


def metrics_of(watch: Recording, slo: str) -> set[tuple[str, str, str]]:
    return {
        (query["metric"]["namespace"], query["metric"]["metricName"], query["metric"]["stat"])
        for alarm in windows_of(watch, slo)
        for query in alarm["metricQueries"]
        if "metric" in query
    }


def test_each_objective_is_measured_by_its_own_metrics(watch: Recording) -> None:
    assert metrics_of(watch, "availability") == {("CloudWatchSynthetics", "SuccessPercent", "Average")}
    assert metrics_of(watch, "error-rate") == {
        ("AWS/ApiGateway", "5XXError", "Sum"),
        ("AWS/ApiGateway", "Count", "Sum"),
    }
    assert metrics_of(watch, "latency") == {("AWS/ApiGateway", "Latency", "PR(:1000)")}
    assert metrics_of(watch, "throughput") == {
        ("AWS/Lambda", "Throttles", "Sum"),
        ("AWS/Lambda", "Invocations", "Sum"),
    }
    assert metrics_of(watch, "telemetry-freshness") == {("AWS/Lambda", "IteratorAge", "PR(:60000)")}
    assert metrics_of(watch, "alert-delay") == {("BlueHorizons/Maintenance", "AlertDelay", "PR(:120000)")}


def test_throughput_counts_every_function_once(watch: Recording) -> None:
    for alarm in windows_of(watch, "throughput"):
        measured = [query["metric"] for query in alarm["metricQueries"] if "metric" in query]
        assert sorted((m["metricName"], m["dimensions"]["FunctionName"]) for m in measured) == [
            ("Invocations", "fn-gbfs"),
            ("Invocations", "fn-rider"),
            ("Throttles", "fn-gbfs"),
            ("Throttles", "fn-rider"),
        ]


def test_each_surface_pages_by_one_alarm_over_all_its_objectives(watch: Recording) -> None:
    composites = {c.name.removeprefix("watch-slo-"): c for c in watch.all(COMPOSITE)}
    assert set(composites) == {
        f"{surface}-{urgency}"
        for surface in ("rider-api", "telemetry", "alerts")
        for urgency in ("page", "ticket")
    }
    rule = composites["rider-api-page"]["alarmRule"]
    for slo in ("availability", "error-rate", "latency", "throughput"):
        for alarm in windows_of(watch, slo):
            assert (f'"{alarm.name}"' in rule) is ("-slow-" not in alarm.name)
    assert len(rule) < 10_240
    assert all(c["alarmActions"] == ["arn:topic"] for c in composites.values())


# ---- dashboards --------------------------------------------------------------------------------------------


def body(watch: Recording, name: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(watch.one(DASHBOARD, f"-{name}-dashboard")["dashboardBody"])
    return made


def test_every_dashboard_is_one_that_cloudwatch_takes(watch: Recording) -> None:
    for dashboard in watch.all(DASHBOARD):
        document = json.loads(dashboard["dashboardBody"])
        taken: set[tuple[int, int]] = set()
        assert 1 <= len(document["widgets"]) <= 500
        for widget in document["widgets"]:
            cells = {
                (x, y)
                for x in range(widget["x"], widget["x"] + widget["width"])
                for y in range(widget["y"], widget["y"] + widget["height"])
            }
            assert max(x for x, _ in cells) < 24
            assert not cells & taken, f"{dashboard.name}: widgets overlap"
            taken |= cells
            check_widget(widget)


def check_widget(widget: dict[str, Any]) -> None:
    properties = widget["properties"]
    match widget["type"]:
        case "text":
            assert properties["markdown"]
        case "alarm":
            assert properties["alarms"]
        case "metric":
            assert properties["region"] in set(Region)
            assert properties["period"] % 60 == 0
            ids = []
            for metric in properties["metrics"]:
                *path, options = metric
                ids.append(options.get("id"))
                if "expression" in options:
                    assert path == []
                    continue
                namespace, name, *dimensions = path
                assert "/" in namespace or namespace == "CloudWatchSynthetics"
                assert name
                assert len(dimensions) >= 2
                assert len(dimensions) % 2 == 0
                assert options["stat"]
            named = [id_ for id_ in ids if id_]
            assert len(named) == len(set(named))
        case other:
            raise AssertionError(f"widget type {other} is not known")


def test_a_graph_is_of_the_region_of_what_it_shows(watch: Recording) -> None:
    for name, region in (
        ("rental", "ap-southeast-1"),
        ("telemetry", "ap-northeast-1"),
        ("back-office", "us-east-1"),
    ):
        regions = {w["properties"]["region"] for w in body(watch, name)["widgets"] if w["type"] == "metric"}
        assert regions == {region}


def test_the_markets_dashboard_shows_who_was_told_and_every_objective_with_its_thresholds(
    watch: Recording,
) -> None:
    widgets = body(watch, "market")["widgets"]
    (board,) = (w for w in widgets if w["type"] == "alarm")
    assert set(board["properties"]["alarms"]) == {c.arn for c in watch.all(COMPOSITE)}
    levels = {
        w["properties"]["title"].split(":")[0]: [
            a["value"] for a in w["properties"]["annotations"]["horizontal"]
        ]
        for w in widgets
        if "annotations" in w["properties"]
    }
    assert len(levels) == 6
    assert levels["error-rate"] == [0.0144, 0.006, 0.001]
    titles = {w["properties"].get("title") for w in widgets}
    assert "Trips invoiced" in titles


def test_a_component_without_anything_to_show_is_refused() -> None:
    with pytest.raises(ValueError, match="component 'empty' has nothing to show"):
        WatchedComponent("empty", Region.SINGAPORE, []).graphs()


def test_a_resource_by_dimensions_that_cloudwatch_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="'q' has dimensions"):
        Watched(Kind.QUEUE, "q", {"Name": "q"})


def test_two_components_of_one_name_are_refused() -> None:
    def make() -> None:
        ObservabilityArgs(foundation(production=False), components=[COMPONENTS[0], COMPONENTS[0]])

    with pytest.raises(ValueError, match="components holds rental twice"):
        record(make)


def test_a_dashboard_with_more_than_cloudwatch_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="501 widgets"):
        dashboard_body([Heading("x")] * 501)


def test_a_graph_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="'g' has 0 lines"):
        Graph("g", Region.SINGAPORE, [])


# ---- traces ------------------------------------------------------------------------------------------------


def test_traces_are_kept_with_our_key(watch: Recording) -> None:
    encryption = watch.one("aws:xray/encryptionConfig:EncryptionConfig")
    assert (encryption["type"], encryption["keyId"]) == ("KMS", key_arn(watch))


def test_dev_traces_everything_and_production_a_twentieth(dev: Recording, prod: Recording) -> None:
    for stack, share in ((dev, 1.0), (prod, 0.05)):
        rule = stack.one("aws:xray/samplingRule:SamplingRule")
        assert (rule["fixedRate"], rule["reservoirSize"]) == (share, 1)
        assert (rule["serviceType"], rule["serviceName"]) == ("AWS::ApiGateway::Stage", "api/live")


def test_requests_that_failed_or_were_slow_are_a_group_with_insights(watch: Recording) -> None:
    group = watch.one("aws:xray/group:Group")
    assert group["filterExpression"] == 'service("api/live") AND (fault = true OR responsetime > 1)'
    assert group["insightsConfiguration"] == {"insightsEnabled": True, "notificationsEnabled": True}
    assert len(group["groupName"]) <= 32


def test_a_prefix_that_xray_does_not_take_is_refused() -> None:
    with pytest.raises(ValueError, match="X-Ray takes 32"):
        TracingArgs("bluehorizons-staging-sg-2", "k", 0.5, {})
    with pytest.raises(ValueError, match="share is 5"):
        TracingArgs("p", "k", 5, {})


# ---- the canary --------------------------------------------------------------------------------------------


def test_the_canary_asks_every_minute_in_production_and_every_five_in_dev(
    dev: Recording, prod: Recording
) -> None:
    assert dev.one(CANARY)["schedule"] == {"expression": "rate(5 minutes)"}
    assert prod.one(CANARY)["schedule"] == {"expression": "rate(1 minute)"}


def test_the_canary_runs_our_script_and_keeps_what_it_saw_with_our_key(watch: Recording) -> None:
    canary = watch.one(CANARY)
    script = watch.one("aws:s3/bucketObjectv2:BucketObjectv2")
    assert set(script["source"].assets) == {"python/rider_api.py"}
    assert canary["handler"] == "rider_api.handler"
    assert (canary["s3Key"], canary["s3Version"]) == (script["key"], f"version-of-{script.name}")
    assert canary["artifactConfig"]["s3Encryption"] == {
        "encryptionMode": "SSE_KMS",
        "kmsKeyArn": key_arn(watch),
    }
    assert canary["kmsKeyArn"] == key_arn(watch)
    assert canary["runConfig"]["environmentVariables"] == {"RIDER_API_URL": "https://api.sg.example"}
    assert canary["startCanary"] is True
    assert canary["runtimeVersion"].startswith("syn-python-")
    assert "activeTracing" not in canary["runConfig"]  # AWS refuses it for this runtime


def test_the_canarys_logs_end_because_only_ours_can_be_made(watch: Recording) -> None:
    logs = watch.one("aws:cloudwatch/logGroup:LogGroup", "-canary-logs")
    assert logs["name"].startswith("/aws/lambda/cwsyn-")
    assert logs["retentionInDays"] > 0
    assert logs["kmsKeyId"] == key_arn(watch)
    may = watch.one("aws:iam/rolePolicy:RolePolicy", "-canary-role-policy")["policy"]
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{logs['name']}"
    assert allows(may, Request("logs:PutLogEvents", f"{group}:log-stream:x"))
    assert not allows(may, Request("logs:CreateLogGroup", group))


def test_the_canary_writes_its_own_metrics_and_no_others(watch: Recording) -> None:
    may = watch.one("aws:iam/rolePolicy:RolePolicy", "-canary-role-policy")["policy"]
    for namespace, expected in (("CloudWatchSynthetics", True), ("BlueHorizons/Rental", False)):
        request = Request("cloudwatch:PutMetricData", context={"cloudwatch:namespace": namespace})
        assert allows(may, request) is expected


def test_a_canary_that_is_silent_is_an_alarm(watch: Recording) -> None:
    silent = watch.one(METRIC_ALARM, "-canary-silent")
    assert (silent["treatMissingData"], silent["comparisonOperator"]) == ("breaching", "LessThanThreshold")
    assert silent["alarmActions"] == ["arn:topic"]


def test_a_canary_too_rare_for_the_shortest_window_is_refused() -> None:
    def make() -> None:
        CanaryArgs(foundation(production=False), "https://x", 15)

    with pytest.raises(ValueError, match="minutes is 15"):
        record(make)


# ---- Prometheus --------------------------------------------------------------------------------------------


def test_the_workspace_is_encrypted_and_logged(watch: Recording) -> None:
    workspace = watch.one("aws:amp/workspace:Workspace")
    assert workspace["kmsKeyArn"] == key_arn(watch)
    logs = watch.one("aws:cloudwatch/logGroup:LogGroup", "-prometheus-logs")
    assert workspace["loggingConfiguration"] == {"logGroupArn": f"{logs.arn}:*"}
    assert logs["name"].startswith("/aws/vendedlogs/")
    assert logs["kmsKeyId"] == key_arn(watch)


def test_prometheus_alerts_by_the_same_burn_rates() -> None:
    groups = {group["name"]: group["rules"] for group in rule_groups()["groups"]}
    assert set(groups) == {"error-rate", "latency"}
    for slo, rules in groups.items():
        recorded = {rule["record"] for rule in rules if "record" in rule}
        assert len(recorded) == 5
        alerts = [rule for rule in rules if "alert" in rule]
        assert [alert["labels"]["urgency"] for alert in alerts] == ["page", "page", "ticket"]
        for alert in alerts:
            named = [part.split(" > ")[0] for part in alert["expr"].split(" and ")]
            assert len(named) == 2
            assert set(named) <= recorded, slo
    fast = next(rule for rule in groups["error-rate"] if rule.get("alert") == "error-rate-fast")
    assert fast["expr"] == "job:bad_error_rate:share60m > 0.0144 and job:bad_error_rate:share5m > 0.0144"


def test_prometheus_tells_each_urgency_its_topic_and_a_page_keeps_tickets_quiet(watch: Recording) -> None:
    definition = json.loads(watch.one("aws:amp/alertManagerDefinition:AlertManagerDefinition")["definition"])
    config = json.loads(definition["alertmanager_config"])
    receivers = {receiver["name"]: receiver["sns_configs"][0] for receiver in config["receivers"]}
    assert {name: sns["topic_arn"] for name, sns in receivers.items()} == {
        "page": "arn:topic",
        "ticket": "arn:topic",
    }
    assert receivers["page"]["sigv4"] == {"region": "ap-southeast-1"}
    assert config["route"]["receiver"] == "ticket"
    assert config["route"]["routes"] == [{"receiver": "page", "matchers": ['urgency="page"']}]
    (quiet,) = config["inhibit_rules"]
    assert (quiet["source_matchers"], quiet["target_matchers"]) == (['urgency="page"'], ['urgency="ticket"'])


def test_the_rules_are_on_the_workspace(watch: Recording) -> None:
    rules = watch.one("aws:amp/ruleGroupNamespace:RuleGroupNamespace")
    assert rules["workspaceId"] == f"{watch.one('aws:amp/workspace:Workspace').name}-id"
    assert json.loads(rules["data"]) == rule_groups()


# ---- switches ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("production", [False, True])
def test_what_is_switched_off_is_not_there(production: bool) -> None:
    off = observe(production=production, everything=False)
    types = {resource.type for resource in off.resources}
    for service in ("synthetics", "opensearch", "amp", "kinesis", "lambda", "codedeploy"):
        assert not [type_ for type_ in types if type_.startswith(f"aws:{service}/")]
    assert not off.all(METRIC_ALARM)
    assert not off.all(COMPOSITE)
    assert not off.all(DASHBOARD)
    assert off.one("aws:xray/encryptionConfig:EncryptionConfig")["type"] == "KMS"
    assert not off.all("aws:xray/group:Group")


def test_without_a_url_there_is_no_canary_and_no_availability_objective() -> None:
    def make() -> None:
        api = RiderApiTarget("api", "live", ["fn"])
        Observability("watch", ObservabilityArgs(foundation(production=True), rider_api=api))

    watch = record(make)
    assert not watch.all(CANARY)
    assert not windows_of(watch, "availability")
    assert windows_of(watch, "error-rate")


def test_an_api_that_nothing_serves_is_refused() -> None:
    with pytest.raises(ValueError, match="functions of the rider API is empty"):
        RiderApiTarget("api", "live", [])


def test_every_log_group_is_encrypted_and_ends(dev: Recording, prod: Recording) -> None:
    for stack, days in ((dev, 14), (prod, 365)):
        groups = stack.all("aws:cloudwatch/logGroup:LogGroup")
        assert len(groups) >= 8
        for group in groups:
            assert (group["retentionInDays"], group["kmsKeyId"]) == (days, key_arn(stack, DataDomain.LOGS))


def test_names_of_alarms_and_dashboards_begin_with_the_stacks(dev: Recording, prod: Recording) -> None:
    for stack, production in ((dev, False), (prod, True)):
        start = prefix(production=production)
        names = {c["alarmName"] for c in stack.all(COMPOSITE)}
        assert names == {
            f"{start}-{surface}-{urgency}"
            for surface in ("rider-api", "telemetry", "alerts")
            for urgency in ("page", "ticket")
        }
        boards = {dashboard["dashboardName"] for dashboard in stack.all(DASHBOARD)}
        assert boards == {start, f"{start}-rental", f"{start}-telemetry", f"{start}-back-office"}
