"""What watches an account: trail, findings, configuration, baseline, bill; in dev and production."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pulumi_aws as aws
import pytest

from components.bucket import EncryptedBucketArgs
from components.encryption import DataDomain
from components.governance import Governance, GovernanceArgs, TrailScope
from components.governance.config_rules import MAX_TAG_KEYS, RULES, ManagedRule, rules_of
from components.governance.costs import CostWatchArgs, least_anomaly_usd
from components.governance.deeds import DEEDS
from components.governance.trail import AuditTrailArgs
from components.markets import Region
from tests.components.operations_building import foundation, prefix
from tests.iam_evaluator import Request, allows
from tests.recording import ACCOUNT, Recorded, Recording, record

REGIONS = (Region.SINGAPORE, Region.MALAYSIA, Region.NORTHERN_VIRGINIA)
TRAIL = "aws:cloudtrail/trail:Trail"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
BUDGET = "aws:budgets/budget:Budget"
EMAIL = "operations@bluehorizons.example"


def govern(*, production: bool, **changes: Any) -> Recording:
    """In three Regions; with something changed in two, which is enough to see it."""
    where = (REGIONS[0], REGIONS[-1]) if changes else REGIONS

    def build() -> None:
        bases = [foundation(production=production, region=region) for region in where]
        providers = {region: aws.Provider(f"guard-{region}", region=region) for region in where}
        arguments: dict[str, Any] = {
            "regions": [*bases, bases[0]],  # primary and ingest are often one
            "providers": providers,
            "cost_provider": providers[Region.NORTHERN_VIRGINIA],
            "budget_monthly_usd": 15_000 if production else 300,
            "email": EMAIL,
            **changes,
        }
        Governance("governance", GovernanceArgs(**arguments))

    return record(build)


@cache
def governed(*, production: bool) -> Recording:
    """Once for all tests: they only read."""
    return govern(production=production)


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Recording:
    """Each in turn."""
    return governed(production=request.param == "prod")


def key(stack: Recording, region: Region = Region.SINGAPORE) -> str:
    return stack.one("aws:kms/key:Key", f"-{region}-keys-{DataDomain.LOGS}").arn


# ---- the trail ---------------------------------------------------------------------------------------------


def test_the_trail_records_every_region_and_can_be_validated(stack: Recording) -> None:
    trail = stack.one(TRAIL)
    for setting in (
        "isMultiRegionTrail",
        "includeGlobalServiceEvents",
        "enableLogFileValidation",
        "enableLogging",
    ):
        assert trail[setting] is True, setting
    assert trail["isOrganizationTrail"] is False
    assert trail["kmsKeyId"] == key(stack)
    assert trail.provider_name == "guard-ap-southeast-1"
    (management,) = trail["advancedEventSelectors"]
    assert management["fieldSelectors"] == [{"field": "eventCategory", "equals": ["Management"]}]


def bucket(stack: Recording, kind: str) -> Recorded:
    return stack.one("aws:s3/bucket:Bucket", f"-{kind}-bucket")


def bucket_policy(stack: Recording, kind: str) -> str:
    return str(stack.one("aws:s3/bucketPolicy:BucketPolicy", f"-{kind}-policy")["policy"])


def test_only_this_trail_writes_to_its_bucket(stack: Recording) -> None:
    document = bucket_policy(stack, "records")
    arn = bucket(stack, "records").arn
    trail = f"arn:aws:cloudtrail:ap-southeast-1:{ACCOUNT}:trail/{stack.one(TRAIL)['name']}"
    context = {
        "aws:SourceArn": trail,
        "s3:x-amz-acl": "bucket-owner-full-control",
        "aws:SecureTransport": "true",
    }
    write = Request(
        "s3:PutObject", f"{arn}/AWSLogs/{ACCOUNT}/x", service="cloudtrail.amazonaws.com", context=context
    )
    assert allows(document, write)
    assert not allows(document, replace(write, resource=f"{arn}/AWSLogs/999999999999/x"))
    assert not allows(document, replace(write, context={**context, "aws:SourceArn": f"{trail}2"}))
    assert not allows(document, replace(write, context={**context, "aws:SecureTransport": "false"}))
    assert not allows(document, replace(write, service="logs.amazonaws.com"))
    look = Request("s3:GetBucketAcl", arn, service="cloudtrail.amazonaws.com", context=context)
    assert allows(document, look)


def test_the_key_lets_trails_of_this_account_encrypt_and_no_others(stack: Recording) -> None:
    document = stack.one("aws:kms/key:Key", "-ap-southeast-1-keys-logs")["policy"]
    own = f"arn:aws:cloudtrail:ap-southeast-1:{ACCOUNT}:trail/x"
    for trail, expected in ((own, True), (own.replace(ACCOUNT, "999999999999"), False)):
        context = {"aws:SourceArn": trail, "kms:EncryptionContext:aws:cloudtrail:arn": trail}
        request = Request("kms:GenerateDataKey", service="cloudtrail.amazonaws.com", context=context)
        assert allows(document, request) is expected


def test_in_production_records_are_locked_for_a_year_and_kept_for_seven() -> None:
    prod, dev = governed(production=True), governed(production=False)
    assert bucket(prod, "records")["objectLockEnabled"] is True
    lock = prod.one("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    assert lock["rule"] == {"defaultRetention": {"mode": "COMPLIANCE", "days": 365}}
    assert "objectLockEnabled" not in bucket(dev, "records").inputs
    assert not dev.all("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")
    for stack, days in ((prod, 2_555), (dev, 90)):
        lifecycle = stack.one(
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "-records-lifecycle"
        )
        rules = {rule["id"]: rule for rule in lifecycle["rules"]}
        assert rules["expire"]["expiration"] == {"days": days}
        assert ("archive" in rules) is (stack is prod)


def test_a_lock_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="locked_days is 0"):
        EncryptedBucketArgs(key_arn="k", tags={}, protect=True, locked_days=0)


def test_unusual_rates_are_looked_for_in_production() -> None:
    insights = governed(production=True).one(TRAIL)["insightSelectors"]
    assert {selector["insightType"] for selector in insights} == {"ApiCallRateInsight", "ApiErrorRateInsight"}
    assert "insightSelectors" not in governed(production=False).one(TRAIL).inputs


def test_each_rare_deed_is_an_alarm(stack: Recording) -> None:
    logs = stack.one("aws:cloudwatch/logGroup:LogGroup", "-audit-logs")
    assert stack.one(TRAIL)["cloudWatchLogsGroupArn"] == f"{logs.arn}:*"
    assert logs["kmsKeyId"] == key(stack)
    for deed in DEEDS:
        filter_ = stack.one(FILTER, f"-audit-{deed.name}")
        assert (filter_["logGroupName"], filter_["pattern"]) == (logs.name, deed.pattern)
        metric = filter_["metricTransformation"]
        alarm = stack.one(ALARM, f"-audit-{deed.name}")
        assert (alarm["namespace"], alarm["metricName"]) == (metric["namespace"], metric["name"])
        assert (alarm["threshold"], alarm["alarmActions"]) == (0, ["arn:topic"])
    assert {"root", "trail-changed", "key-lost", "who-may-deploy"} <= {deed.name for deed in DEEDS}


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
def test_a_pattern_is_balanced_and_no_longer_than_logs_takes(deed: Any) -> None:
    assert deed.pattern.startswith("{")
    assert deed.pattern.endswith("}")
    assert deed.pattern.count("(") == deed.pattern.count(")")
    assert deed.pattern.count('"') % 2 == 0
    assert len(deed.pattern) <= 1_024


def test_every_access_to_watched_objects_is_recorded() -> None:
    stack = govern(production=True, watched_bucket_arns=["arn:aws:s3:::lake"])
    _, objects = stack.one(TRAIL)["advancedEventSelectors"]
    assert {
        field["field"]: field.get("equals") or field["startsWiths"] for field in objects["fieldSelectors"]
    } == {
        "eventCategory": ["Data"],
        "resources.type": ["AWS::S3::Object"],
        "resources.ARN": ["arn:aws:s3:::lake/"],
    }


def test_the_hubs_trail_records_all_accounts_of_the_organisation() -> None:
    stack = govern(production=True, trail=TrailScope.ORGANIZATION, organization_id="o-abc")
    assert stack.one(TRAIL)["isOrganizationTrail"] is True
    context = {
        "aws:SourceArn": f"arn:aws:cloudtrail:ap-southeast-1:{ACCOUNT}:trail/{stack.one(TRAIL)['name']}",
        "s3:x-amz-acl": "bucket-owner-full-control",
        "aws:SecureTransport": "true",
    }
    arn = bucket(stack, "records").arn
    member = Request(
        "s3:PutObject",
        f"{arn}/AWSLogs/o-abc/999999999999/x",
        service="cloudtrail.amazonaws.com",
        context=context,
    )
    assert allows(bucket_policy(stack, "records"), member)


def test_where_the_hubs_trail_records_there_is_no_second_one() -> None:
    stack = govern(production=True, trail=None)
    assert not stack.all(TRAIL)
    assert not stack.only("governance-audit").resources


def test_a_trail_of_an_organisation_that_nobody_named_is_refused() -> None:
    def build() -> None:
        AuditTrailArgs(foundation(production=True), TrailScope.ORGANIZATION)

    with pytest.raises(ValueError, match="needs its organization_id"):
        record(build)


# ---- threats and exposure ----------------------------------------------------------------------------------


def test_every_region_of_the_stack_is_watched_once_by_its_own_provider(stack: Recording) -> None:
    for type_ in ("aws:guardduty/detector:Detector", "aws:cfg/recorder:Recorder"):
        assert sorted(resource.provider_name for resource in stack.all(type_)) == sorted(
            f"guard-{region}" for region in REGIONS
        )


def test_guardduty_is_on_everywhere_and_looks_into_all_that_it_can_in_production() -> None:
    for production, status in ((True, "ENABLED"), (False, "DISABLED")):
        stack = governed(production=production)
        for detector in stack.all("aws:guardduty/detector:Detector"):
            assert detector["enable"] is True
            assert detector["findingPublishingFrequency"] == "FIFTEEN_MINUTES"
        for region in REGIONS:
            features = stack.only(f"-{region}-").all("aws:guardduty/detectorFeature:DetectorFeature")
            assert {feature["name"]: feature["status"] for feature in features} == dict.fromkeys(
                (
                    "EBS_MALWARE_PROTECTION",
                    "EKS_AUDIT_LOGS",
                    "LAMBDA_NETWORK_LOGS",
                    "RDS_LOGIN_EVENTS",
                    "S3_DATA_EVENTS",
                ),
                status,
            )


def test_what_is_shared_outside_is_looked_for_everywhere_and_what_is_unused_once() -> None:
    for production in (True, False):
        analyzers = governed(production=production).all("aws:accessanalyzer/analyzer:Analyzer")
        types = sorted(analyzer["type"] for analyzer in analyzers)
        assert types == ["ACCOUNT"] * 3 + (["ACCOUNT_UNUSED_ACCESS"] if production else [])


def test_findings_are_kept_and_the_grave_ones_are_alarms(stack: Recording) -> None:
    region = Region.SINGAPORE
    of_region = stack.only(f"-{region}-threats")
    logs = of_region.one("aws:cloudwatch/logGroup:LogGroup")
    assert logs["name"].startswith("/aws/events/")
    assert logs["kmsKeyId"] == key(stack, region)
    target = of_region.one("aws:cloudwatch/eventTarget:EventTarget")
    assert target["arn"] == logs.arn
    lost = of_region.one("aws:sqs/queue:Queue")
    assert target["deadLetterConfig"] == {"arn": lost.arn}
    rule = of_region.one("aws:cloudwatch/eventRule:EventRule")
    lost_policy = of_region.one("aws:sqs/queuePolicy:QueuePolicy")["policy"]
    for source, expected in ((rule.arn, True), (f"{rule.arn}2", False)):
        request = Request(
            "sqs:SendMessage",
            lost.arn,
            service="events.amazonaws.com",
            context={"aws:SourceArn": source},
        )
        assert allows(lost_policy, request) is expected
    assert of_region.one(ALARM, "-findings-dead-letters")["alarmActions"] == ["arn:topic"]
    pattern = json.loads(rule["eventPattern"])
    assert set(pattern["source"]) == {"aws.guardduty", "aws.access-analyzer"}
    document = of_region.one("aws:cloudwatch/logResourcePolicy:LogResourcePolicy")["policyDocument"]
    events = "events.amazonaws.com"
    for service, source, expected in (
        (events, rule.arn, True),
        (events, "arn:aws:events:r:another-account:rule/any", False),
        ("s3.amazonaws.com", rule.arn, False),
    ):
        request = Request(
            "logs:PutLogEvents", f"{logs.arn}:*", service=service, context={"aws:SourceArn": source}
        )
        assert allows(document, request) is expected
    for purpose in ("threat", "shared-outside"):
        metric = of_region.one(FILTER, f"-{purpose}")["metricTransformation"]
        alarm = of_region.one(ALARM, f"-{purpose}")
        assert (alarm["namespace"], alarm["metricName"]) == (metric["namespace"], metric["name"])
    assert "severity >= 7" in of_region.one(FILTER, "-threat")["pattern"]


# ---- configuration -----------------------------------------------------------------------------------------


def test_everything_is_recorded_and_what_is_global_once(stack: Recording) -> None:
    for recorder in stack.all("aws:cfg/recorder:Recorder"):
        primary = recorder.provider_name == "guard-ap-southeast-1"
        assert recorder["recordingGroup"] == {"allSupported": True, "includeGlobalResourceTypes": primary}
        assert recorder["roleArn"].endswith("/AWSServiceRoleForConfig")
    assert all(status["isEnabled"] is True for status in stack.all("aws:cfg/recorderStatus:RecorderStatus"))


def test_production_records_at_once_and_dev_daily() -> None:
    for production, frequency in ((True, "CONTINUOUS"), (False, "DAILY")):
        for recorder in governed(production=production).all("aws:cfg/recorder:Recorder"):
            assert recorder["recordingMode"] == {"recordingFrequency": frequency}


def test_the_history_of_all_regions_is_in_one_encrypted_bucket_that_config_may_write(
    stack: Recording,
) -> None:
    for channel in stack.all("aws:cfg/deliveryChannel:DeliveryChannel"):
        assert channel["s3BucketName"] == f"{bucket(stack, 'history').name}-id"
        assert channel["s3KmsKeyArn"] == key(stack)
    arn = bucket(stack, "history").arn
    context = {
        "aws:SourceAccount": ACCOUNT,
        "s3:x-amz-acl": "bucket-owner-full-control",
        "aws:SecureTransport": "true",
    }
    write = Request(
        "s3:PutObject",
        f"{arn}/AWSLogs/{ACCOUNT}/Config/x",
        service="config.amazonaws.com",
        context=context,
    )
    document = bucket_policy(stack, "history")
    assert allows(document, write)
    assert not allows(document, replace(write, context={**context, "aws:SourceAccount": "999999999999"}))
    policy = stack.one("aws:kms/key:Key", "-ap-southeast-1-keys-logs")["policy"]
    for account, expected in ((ACCOUNT, True), ("999999999999", False)):
        request = Request(
            "kms:GenerateDataKey", service="config.amazonaws.com", context={"aws:SourceAccount": account}
        )
        assert allows(policy, request) is expected


def test_rules_of_the_account_are_checked_once_and_the_others_everywhere(stack: Recording) -> None:
    for rule in RULES:
        checked = [
            r for r in stack.all("aws:cfg/rule:Rule") if r["source"]["sourceIdentifier"] == rule.identifier
        ]
        assert len(checked) == (1 if rule.account_wide else len(REGIONS)), rule.identifier
        for one in checked:
            assert one["source"]["owner"] == "AWS"
            assert json.loads(one.inputs.get("inputParameters", "{}")) == dict(rule.parameters)


def test_rules_have_a_name_each_and_the_agreed_tags_are_required() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    assert all(len(name) <= 128 for name in names)
    (tags,) = [rule for rule in RULES if rule.identifier == "REQUIRED_TAGS"]
    assert list(tags.parameters) == [f"tag{number}Key" for number in range(1, MAX_TAG_KEYS + 1)]


def test_a_rule_that_a_region_lacks_is_left_out_there() -> None:
    rule = ManagedRule("X_Y", "x", lacking=frozenset({Region.MALAYSIA}))
    assert rule.name == "x-y"
    for region in (Region.MALAYSIA, Region.SINGAPORE):
        expected = [r for r in RULES if region not in r.lacking and not r.account_wide]
        assert rules_of(region, primary=False) == expected


# ---- the account -------------------------------------------------------------------------------------------


def test_passwords_are_long_and_not_used_again(stack: Recording) -> None:
    policy = stack.one("aws:iam/accountPasswordPolicy:AccountPasswordPolicy")
    assert policy["minimumPasswordLength"] == 16
    assert policy["passwordReusePrevention"] == 24


def test_no_bucket_of_the_account_can_be_public(stack: Recording) -> None:
    block = stack.one("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock")
    assert all(
        block[setting] is True
        for setting in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )


def test_disks_of_every_region_are_encrypted_with_its_key_and_shared_with_nobody(stack: Recording) -> None:
    for region in REGIONS:
        of_region = stack.only(f"governance-{region}-")
        assert of_region.one("aws:ebs/encryptionByDefault:EncryptionByDefault")["enabled"] is True
        assert of_region.one("aws:ebs/defaultKmsKey:DefaultKmsKey")["keyArn"] == key(stack, region)
        snapshots = of_region.one("aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess")
        assert snapshots["state"] == "block-all-sharing"
        metadata = of_region.one("aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults")
        assert metadata["httpTokens"] == "required"


def test_configs_role_is_made_where_the_account_has_none() -> None:
    type_ = "aws:iam/serviceLinkedRole:ServiceLinkedRole"
    assert governed(production=True).one(type_)["awsServiceName"] == "config.amazonaws.com"
    assert not govern(production=True, config_service_role=False).all(type_)


# ---- the bill ----------------------------------------------------------------------------------------------


def test_the_month_has_a_budget_and_somebody_hears_before_it_is_gone() -> None:
    for production, limit in ((True, "15000"), (False, "300")):
        budget = governed(production=production).one(BUDGET)
        assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == (limit, "USD", "MONTHLY")
        steps = {(n["threshold"], n["notificationType"]) for n in budget["notifications"]}
        assert {(80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED")} <= steps
        assert len(steps) <= 5  # AWS takes no more
        for notification in budget["notifications"]:
            assert notification["subscriberEmailAddresses"] == [EMAIL]
            assert notification["thresholdType"] == "PERCENTAGE"


def test_the_bill_is_watched_from_us_east_1(stack: Recording) -> None:
    for resource in (
        *stack.all(BUDGET),
        *stack.all("aws:costexplorer/anomalySubscription:AnomalySubscription"),
    ):
        assert resource.provider_name == "guard-us-east-1"


def test_anomalies_that_matter_for_the_budget_are_told() -> None:
    for production, usd in ((True, "300"), (False, "10")):
        stack = governed(production=production)
        subscription = stack.one("aws:costexplorer/anomalySubscription:AnomalySubscription")
        monitor = stack.one("aws:costexplorer/anomalyMonitor:AnomalyMonitor")
        assert subscription["monitorArnLists"] == [monitor.arn]
        assert subscription["thresholdExpression"]["dimension"] == {
            "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
            "matchOptions": ["GREATER_THAN_OR_EQUAL"],
            "values": [usd],
        }
        assert subscription["subscribers"] == [{"type": "EMAIL", "address": EMAIL}]


def test_an_account_that_has_its_monitor_keeps_it() -> None:
    stack = govern(production=True, anomaly_monitor_arn="arn:monitor")
    assert not stack.all("aws:costexplorer/anomalyMonitor:AnomalyMonitor")
    subscription = stack.one("aws:costexplorer/anomalySubscription:AnomalySubscription")
    assert subscription["monitorArnLists"] == ["arn:monitor"]


def test_the_least_anomaly_is_two_per_cent_of_the_budget_and_never_loose_change() -> None:
    assert [least_anomaly_usd(usd) for usd in (1, 500, 15_000)] == [10, 10, 300]


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="monthly_usd is 0"):
        CostWatchArgs("p", 0, EMAIL, {})


# ---- guards ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fault"),
    [({"regions": []}, "regions is empty"), ({"providers": {}}, "providers has none for ap-southeast-1")],
)
def test_a_guard_without_a_place_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        govern(production=True, **changes)


def test_names_that_the_world_sees_begin_with_the_stacks(stack: Recording) -> None:
    start = prefix(production=stack is governed(production=True))
    assert stack.one(TRAIL)["name"] == f"{start}-audit"
    assert stack.one(BUDGET)["name"] == f"{start}-month"
