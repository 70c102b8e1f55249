"""Who may bring changes, what they can never do, canaries on every alias, images, signed code."""

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pulumi
import pytest

from components.delivery import (
    CodeSigning,
    CodeSigningArgs,
    Delivery,
    DeliveryArgs,
    FunctionCanaries,
    FunctionCanariesArgs,
    Releases,
    Repository,
    WorkloadBoundary,
    WorkloadBoundaryArgs,
)
from components.delivery.boundary import MAX_POLICY
from components.delivery.checks import CHECKS, check_of
from components.delivery.registry import ImageRepositoryArgs
from components.encryption import DataDomain
from components.foundation import Foundation
from components.lambda_function import FUNCTIONS_DIR, LambdaFunction, LambdaFunctionArgs
from components.markets import Region, UnavailableServiceError
from tests.components.operations_building import foundation, key_arn
from tests.iam_evaluator import Request, allows, statements
from tests.recording import ACCOUNT, REGION, Recorded, Recording, record

GROUP = "aws:codedeploy/deploymentGroup:DeploymentGroup"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ALIAS = "aws:lambda/alias:Alias"
SOURCES = ("rider_api", "telemetry_processor")
BOUNDARY = "arn:aws:iam::111122223333:policy/boundaries/b"
ISSUER = "token.actions.githubusercontent.com"


def function(
    base: Foundation, name: str, source: str, opts: pulumi.ResourceOptions | None = None
) -> LambdaFunction:
    return LambdaFunction(
        f"{base.prefix}-{name}",
        LambdaFunctionArgs(
            function=source,
            description="d",
            home=base.function_home,
            environment={"A": "b"},
            environment_key_arn=base.key_arn(DataDomain.LOGS),
            statements=[],
            tags=base.tags,
        ),
        opts=opts,
    )


def canaried(*, production: bool = True, alarm_names: tuple[str, ...] = ()) -> Recording:
    """Two functions that inherit the rules, and their canaries."""

    def build() -> None:
        base = foundation(production=production)
        releases = Releases(canaries=True)
        opts = pulumi.ResourceOptions(transformations=releases.rules(base.region))
        for source in SOURCES:
            function(base, source.replace("_", "-"), source, opts)
        functions = releases.functions(base.region)
        FunctionCanaries("canaries", FunctionCanariesArgs(base, functions, alarm_names=alarm_names))

    return record(build)


def delivered(*, production: bool = True, **changes: Any) -> Recording:
    def build() -> None:
        base = foundation(production=production)
        arguments: dict[str, Any] = {
            "stack": "prod-id",
            "boundary_arn": BOUNDARY,
            "repository": Repository("bluehorizons/platform"),
            "images": ["rental"],
            **changes,
        }
        Delivery("delivery", DeliveryArgs(base, **arguments))

    return record(build)


# ---- GitHub ------------------------------------------------------------------------------------------------


def trust(stack: Recording, purpose: str) -> dict[str, Any]:
    (statement,) = statements(stack.one(ROLE, f"-github-{purpose}")["assumeRolePolicy"])
    return statement


@pytest.mark.parametrize(("purpose", "environment"), [("deploy", "prod-id"), ("preview", "prod-id-preview")])
def test_only_this_repository_branch_and_environment_get_a_role(purpose: str, environment: str) -> None:
    stack = delivered()
    provider = stack.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    assert (provider["url"], provider["clientIdLists"]) == (f"https://{ISSUER}", ["sts.amazonaws.com"])
    statement = trust(stack, purpose)
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": provider.arn}
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": f"repo:bluehorizons/platform:environment:{environment}",
            f"{ISSUER}:ref": "refs/heads/main",
        }
    }


@pytest.mark.parametrize("name", ["platform", "*/platform", "a/b/c", "bluehorizons/*", ""])
def test_a_repository_that_could_be_anybodys_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="repository is"):
        Repository(name)


@pytest.mark.parametrize("branch", ["*", "feature/*", "", "a b"])
def test_a_branch_that_could_be_any_is_refused(branch: str) -> None:
    with pytest.raises(ValueError, match="branch is"):
        Repository("bluehorizons/platform", branch)


def effective(stack: Recording, purpose: str, request: Request) -> bool:
    """Whether the role's inline policy and its boundary both allow the request."""
    policy = stack.one(ROLE_POLICY, f"-github-{purpose}-policy")["policy"]
    boundary = stack.one("aws:iam/policy:Policy", "-github-boundary")["policy"]
    return allows(policy, request) and allows(boundary, request)


def iam(kind: str, name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def test_a_deployment_makes_roles_only_below_the_workloads_boundary() -> None:
    stack = delivered()
    role = iam("role", "bluehorizons-prod-sg-rental-role")
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"):
        bounded = Request(action, role, context={"iam:PermissionsBoundary": BOUNDARY})
        assert effective(stack, "deploy", bounded)
        assert not effective(stack, "deploy", Request(action, role))
        other = Request(action, iam("role", "somebody"), context={"iam:PermissionsBoundary": BOUNDARY})
        assert not effective(stack, "deploy", other)


def test_a_deployment_passes_its_roles_to_services_that_act_with_them_only() -> None:
    stack = delivered()
    role = iam("role", "bluehorizons-prod-sg-rental-role")
    for service, expected in (("lambda.amazonaws.com", True), ("ec2.amazonaws.com", False)):
        request = Request("iam:PassRole", role, context={"iam:PassedToService": service})
        assert effective(stack, "deploy", request) is expected


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:PutRolePolicy", iam("role", "bluehorizons-prod-sg-github-deploy")),
        ("iam:UpdateAssumeRolePolicy", iam("role", "bluehorizons-prod-sg-github-deploy")),
        ("iam:DeleteRolePermissionsBoundary", iam("role", "bluehorizons-prod-sg-github-preview")),
        ("iam:CreatePolicyVersion", iam("policy", "boundaries/bluehorizons-prod-sg-workload-boundary")),
        ("iam:UpdateOpenIDConnectProviderThumbprint", iam("oidc-provider", ISSUER)),
        ("iam:CreateUser", iam("user", "x")),
        ("iam:CreateAccessKey", iam("user", "x")),
        ("organizations:LeaveOrganization", "*"),
        ("account:CloseAccount", "*"),
    ],
)
def test_a_deployment_can_change_neither_its_own_rights_nor_make_identities_that_stay(
    action: str, resource: str
) -> None:
    boundary = delivered().one("aws:iam/policy:Policy", "-github-boundary")["policy"]
    context = {"iam:PermissionsBoundary": BOUNDARY, "iam:PassedToService": "lambda.amazonaws.com"}
    assert not allows(boundary, Request(action, resource, context=context))


def test_both_roles_are_within_the_deployments_boundary_and_a_preview_sees_no_data() -> None:
    stack = delivered()
    boundary = stack.one("aws:iam/policy:Policy", "-github-boundary").arn
    for purpose, seconds in (("deploy", 7_200), ("preview", 3_600)):
        role = stack.one(ROLE, f"-github-{purpose}")
        assert (role["permissionsBoundary"], role["maxSessionDuration"]) == (boundary, seconds)
    attached = stack.one("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "-github-preview-managed")
    assert attached["policyArn"].endswith("/ViewOnlyAccess")


def test_a_preview_reads_state_and_writes_nothing_but_its_lock() -> None:
    bucket, key = "arn:aws:s3:::state", "arn:aws:kms:ap-southeast-1:111122223333:key/state"
    stack = delivered(state_bucket_arn=bucket, state_key_arn=key)
    for purpose, expected in (("preview", False), ("deploy", True)):
        assert effective(stack, purpose, Request("s3:PutObject", f"{bucket}/.pulumi/locks/x"))
        assert effective(stack, purpose, Request("kms:Decrypt", key))
        assert effective(stack, purpose, Request("s3:PutObject", f"{bucket}/.pulumi/stacks/x")) is expected
        assert effective(stack, purpose, Request("kms:Encrypt", key)) is expected


def test_the_hubs_role_is_the_only_one_of_another_account() -> None:
    hub = "arn:aws:iam::444455556666:role/market-id"
    stack = delivered(foreign_role_arns=[hub])
    assert effective(stack, "deploy", Request("sts:AssumeRole", hub))
    assert not effective(stack, "deploy", Request("sts:AssumeRole", hub.replace("-id", "-jp")))


def test_without_a_repository_nobody_deploys_from_github() -> None:
    stack = delivered(repository=None, images=[])
    assert {resource.type for resource in stack.only("delivery").resources} == {
        "bluehorizons:delivery:Delivery"
    }


# ---- boundaries --------------------------------------------------------------------------------------------


def bounded() -> Recording:
    def build() -> None:
        base = foundation(production=True)
        boundary = WorkloadBoundary("bound", WorkloadBoundaryArgs(ACCOUNT, base.prefix, base.tags))
        rules = Releases(canaries=False, boundary_arn=boundary.arn).rules(base.region)
        function(base, "fn", "log_forwarder", pulumi.ResourceOptions(transformations=rules))
        Delivery(
            "delivery",
            DeliveryArgs(base, "prod", boundary.arn, Repository("bluehorizons/platform")),
            opts=pulumi.ResourceOptions(transformations=rules),
        )

    return record(build)


def test_every_role_that_inherits_the_rules_is_bounded_and_the_deployments_keep_their_own() -> None:
    stack = bounded()
    workload = stack.one("aws:iam/policy:Policy", "bound-policy")
    assert stack.one(ROLE, "-fn-role")["permissionsBoundary"] == workload.arn
    own = stack.one("aws:iam/policy:Policy", "-github-boundary").arn
    assert stack.one(ROLE, "-github-deploy")["permissionsBoundary"] == own
    assert (workload["path"], workload["name"]) == ("/boundaries/", "bluehorizons-prod-sg-workload-boundary")


def test_boundaries_fit_what_iam_takes() -> None:
    for policy in bounded().all("aws:iam/policy:Policy"):
        assert len("".join(policy["policy"].split())) <= MAX_POLICY, policy.name


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("dynamodb:PutItem", True),
        ("kms:Decrypt", True),
        ("logs:PutLogEvents", True),
        ("ec2:CreateNetworkInterface", True),
        ("route53:ChangeResourceRecordSets", True),
        ("iam:CreateRole", False),
        ("iam:PassRole", False),
        ("sts:AssumeRole", False),
        ("organizations:LeaveOrganization", False),
        ("kms:ScheduleKeyDeletion", False),
        ("kms:PutKeyPolicy", False),
        ("lambda:UpdateFunctionCode", False),
        ("logs:DeleteLogGroup", False),
        ("s3:PutBucketPolicy", False),
        ("cloudtrail:StopLogging", False),
        ("guardduty:DeleteDetector", False),
    ],
)
def test_a_role_of_the_workload_works_with_data_and_touches_no_fence(action: str, expected: bool) -> None:
    document = json.loads(bounded().one("aws:iam/policy:Policy", "bound-policy")["policy"])
    own_account = [s for s in document["Statement"] if "Condition" not in s]
    assert allows(json.dumps({"Statement": own_account}), Request(action)) is expected


def test_data_leaves_the_account_by_none_of_the_ways_out() -> None:
    (way_out,) = [
        s
        for s in statements(bounded().one("aws:iam/policy:Policy", "bound-policy")["policy"])
        if "Condition" in s
    ]
    assert way_out["Effect"] == "Deny"
    assert way_out["Condition"] == {
        "StringNotEquals": {"aws:ResourceAccount": [ACCOUNT]},
        "Null": {"aws:ResourceAccount": ["false"]},
    }
    for action in ("dynamodb:PutItem", "s3:PutObject", "sqs:SendMessage", "sns:Publish"):
        assert any(fnmatchcase(action, pattern) for pattern in way_out["Action"])


# ---- canaries ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def canaries() -> Recording:
    """Two functions with canaries."""
    return canaried()


def test_codedeploy_moves_the_aliases_and_pulumi_leaves_them_alone() -> None:
    seen: dict[str, list[str]] = {}

    def spy(args: pulumi.ResourceTransformationArgs) -> None:
        if args.type_ == ALIAS:
            seen[args.name] = list(getattr(args.opts, "ignore_changes", None) or [])

    def build() -> None:
        base = foundation(production=True)
        ruled = [*Releases(canaries=True).rules(base.region), spy]
        function(base, "a", "rider_api", pulumi.ResourceOptions(transformations=ruled))
        plain = [*Releases(canaries=False).rules(base.region), spy]
        function(base, "b", "rider_api", pulumi.ResourceOptions(transformations=plain))

    record(build)
    assert seen == {
        "bluehorizons-prod-sg-a-alias": ["functionVersion", "routingConfig"],
        "bluehorizons-prod-sg-b-alias": [],
    }


def test_every_alias_that_pulumi_leaves_alone_has_a_deployment_group(canaries: Recording) -> None:
    aliases = {a.name for a in canaries.all(ALIAS)} - {"canaries-hook-alias"}
    groups = {f"bluehorizons-prod-sg-{group['deploymentGroupName']}-alias" for group in canaries.all(GROUP)}
    assert groups == aliases != set()


def test_a_deployment_is_a_canary_that_alarms_take_back(canaries: Recording) -> None:
    plan = canaries.one("aws:codedeploy/deploymentConfig:DeploymentConfig")
    assert plan["computePlatform"] == "Lambda"
    assert plan["trafficRoutingConfig"] == {
        "type": "TimeBasedCanary",
        "timeBasedCanary": {"interval": 10, "percentage": 10},
    }
    for group in canaries.all(GROUP):
        assert group["deploymentStyle"] == {
            "deploymentOption": "WITH_TRAFFIC_CONTROL",
            "deploymentType": "BLUE_GREEN",
        }
        assert group["autoRollbackConfiguration"]["enabled"] is True
        assert set(group["autoRollbackConfiguration"]["events"]) == {
            "DEPLOYMENT_FAILURE",
            "DEPLOYMENT_STOP_ON_ALARM",
            "DEPLOYMENT_STOP_ON_REQUEST",
        }
        own = canaries.one(
            "aws:cloudwatch/metricAlarm:MetricAlarm", f"-{group['deploymentGroupName']}-errors"
        )
        assert group["alarmConfiguration"] == {
            "enabled": True,
            "alarms": [own.name],
            "ignorePollAlarmFailure": False,
        }


def test_the_alarm_of_a_canary_is_on_the_alias_and_fires_within_the_canary(canaries: Recording) -> None:
    alarm = canaries.one("aws:cloudwatch/metricAlarm:MetricAlarm", "-rider-api-errors")
    metrics = [query["metric"] for query in alarm["metricQueries"] if "metric" in query]
    name = "bluehorizons-prod-sg-rider-api-function"
    assert {m["metricName"] for m in metrics} == {"Errors", "Invocations"}
    for metric in metrics:
        assert metric["dimensions"] == {"FunctionName": name, "Resource": f"{name}:live"}
        assert metric["period"] == 60
    assert alarm["datapointsToAlarm"] * 60 < 10 * 60
    assert alarm["threshold"] == 0.01


def test_more_alarms_stop_a_deployment_where_they_are_named() -> None:
    stack = canaried(alarm_names=("bluehorizons-prod-sg-rider-api-page",))
    for group in stack.all(GROUP):
        assert "bluehorizons-prod-sg-rider-api-page" in group["alarmConfiguration"]["alarms"]


def hook(stack: Recording) -> Recorded:
    return stack.one("aws:lambda/function:Function", "canaries-hook-function")


def test_the_hook_knows_how_to_try_each_function(canaries: Recording) -> None:
    checks = json.loads(hook(canaries)["environment"]["variables"]["CHECKS"])
    assert checks == {
        "bluehorizons-prod-sg-rider-api-function": "get /v1/bookings",
        "bluehorizons-prod-sg-telemetry-processor-function": "records",
    }
    assert hook(canaries)["reservedConcurrentExecutions"] == 2


def test_the_hook_may_invoke_versions_of_these_functions_and_answer_codedeploy(canaries: Recording) -> None:
    may = canaries.one(ROLE_POLICY, "canaries-hook-role-policy")["policy"]
    made = canaries.one("aws:lambda/function:Function", "-rider-api-function").arn
    assert allows(may, Request("lambda:InvokeFunction", f"{made}:8"))
    assert not allows(may, Request("lambda:InvokeFunction", made.replace("rider-api", "other") + ":8"))
    assert not allows(may, Request("lambda:UpdateAlias", made))
    assert allows(may, Request("codedeploy:PutLifecycleEventHookExecutionStatus"))


def test_codedeploy_may_move_these_aliases_and_call_the_hook(canaries: Recording) -> None:
    may = canaries.one(ROLE_POLICY, "canaries-role-policy")["policy"]
    made = canaries.one("aws:lambda/function:Function", "-rider-api-function").arn
    assert allows(may, Request("lambda:UpdateAlias", made))
    assert allows(may, Request("lambda:InvokeFunction", hook(canaries).arn))
    assert not allows(may, Request("lambda:InvokeFunction", made))
    assert allows(may, Request("kms:GenerateDataKey", key_arn(canaries, DataDomain.TELEMETRY)))
    assert allows(may, Request("sns:Publish", "arn:topic"))
    alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:x"
    assert allows(may, Request("cloudwatch:DescribeAlarms", alarm))


def test_operations_hear_of_deployments_that_were_taken_back(canaries: Recording) -> None:
    for group in canaries.all(GROUP):
        (trigger,) = group["triggerConfigurations"]
        assert trigger["triggerTargetArn"] == "arn:topic"
        assert set(trigger["triggerEvents"]) == {"DeploymentFailure", "DeploymentRollback", "DeploymentStop"}


def test_a_release_is_told_all_that_it_needs() -> None:
    told: list[object] = []

    def build() -> None:
        base = foundation(production=True)
        made = FunctionCanaries(
            "canaries", FunctionCanariesArgs(base, {f"{base.prefix}-fn": function(base, "fn", "invoicer")})
        )
        made.canaries.apply(told.append)

    record(build)
    assert told == [
        [
            {
                "region": "ap-southeast-1",
                "function": "bluehorizons-prod-sg-fn-function",
                "alias": "live",
                "version": "1",
                "application": "canaries-application",
                "group": "fn",
                "hook": "canaries-hook-function",
            }
        ]
    ]


def test_every_function_of_the_platform_can_be_tried() -> None:
    folders = {path.parent.name for path in FUNCTIONS_DIR.glob("*/handler.py")}
    assert folders - {"pretraffic_hook"} <= set(CHECKS)


def test_a_function_that_nobody_said_how_to_try_is_refused() -> None:
    with pytest.raises(ValueError, match="function 'new' has no health check: add a row"):
        check_of("new")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"functions": {}}, "functions is empty"),
        ({"percent": 100}, "percent is 100"),
        ({"minutes": 1}, "minutes is 1"),
        ({"alarm_names": ["a"] * 10}, "10 alarm_names"),
    ],
)
def test_canaries_that_could_not_work_are_refused(changes: dict[str, Any], fault: str) -> None:
    def build() -> None:
        base = foundation(production=True)
        arguments: dict[str, Any] = {"functions": {"f": function(base, "f", "invoicer")}, **changes}
        FunctionCanariesArgs(base, **arguments)

    with pytest.raises(ValueError, match=fault):
        record(build)


def test_more_functions_than_the_hooks_environment_holds_are_refused() -> None:
    def build() -> None:
        base = foundation(production=True)
        one = function(base, "f", "invoicer")
        many = {f"f{number}": replaced(one, f"{'x' * 120}{number}") for number in range(30)}
        FunctionCanaries("canaries", FunctionCanariesArgs(base, many))

    with pytest.raises(ValueError, match="30 functions need"):
        record(build)


def replaced(made: LambdaFunction, name: str) -> Any:
    """The function under another name."""

    class Renamed:
        source = made.source
        function_name = pulumi.Output.from_input(name)
        function_arn = made.function_arn
        alias_arn = made.alias_arn
        alias_name = made.alias_name
        version = made.version

    return Renamed()


# ---- images ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("production", [False, True])
def test_images_are_immutable_scanned_and_encrypted_with_our_key(production: bool) -> None:
    stack = delivered(production=production)
    repository = stack.one("aws:ecr/repository:Repository")
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": key_arn(stack)}]
    assert repository["forceDelete"] is not production
    environment = "prod" if production else "dev"
    assert repository["name"] == f"bluehorizons-{environment}-sg-rental"


def test_old_and_broken_images_go() -> None:
    rules = json.loads(delivered().one("aws:ecr/lifecyclePolicy:LifecyclePolicy")["policy"])["rules"]
    selections = {rule["selection"]["tagStatus"]: rule["selection"] for rule in rules}
    assert selections["untagged"]["countNumber"] == 7
    assert selections["any"]["countType"] == "imageCountMoreThan"
    assert all(rule["action"] == {"type": "expire"} for rule in rules)


@pytest.mark.parametrize("name", ["Rental", "a/b", "-a", "a__b", ""])
def test_a_repository_name_that_ecr_does_not_take_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="repository_name is"):
        ImageRepositoryArgs(name, "arn:key", False, {})


# ---- signed code -------------------------------------------------------------------------------------------


def signed(*, enforce: bool = True) -> Recording:
    def build() -> None:
        base = foundation(production=True)
        signing = CodeSigning("signing", CodeSigningArgs(base, enforce=enforce))
        opts = pulumi.ResourceOptions(transformations=[signing.rule])
        function(base, "fn", "log_forwarder", opts)

    return record(build)


def test_the_code_of_a_function_goes_signed_through_the_bucket() -> None:
    stack = signed()
    made = stack.one("aws:lambda/function:Function", "-fn-function")
    unsigned = stack.one("aws:s3/bucketObjectv2:BucketObjectv2")
    job = stack.one("aws:signer/signingJob:SigningJob")
    bucket = f"{stack.one('aws:s3/bucket:Bucket', 'signing-code-bucket').name}-id"
    assert "log_forwarder/handler.py" in unsigned["source"].assets
    assert job["source"]["s3"] == {
        "bucket": bucket,
        "key": unsigned["key"],
        "version": f"version-of-{unsigned.name}",
    }
    assert "code" not in made.inputs
    assert (made["s3Bucket"], made["s3Key"]) == (bucket, f"signed-by-{job.name}")
    assert made["codeSigningConfigArn"] == stack.one("aws:lambda/codeSigningConfig:CodeSigningConfig").arn


@pytest.mark.parametrize(("enforce", "policy"), [(True, "Enforce"), (False, "Warn")])
def test_unsigned_code_is_refused_or_counted(enforce: bool, policy: str) -> None:
    stack = signed(enforce=enforce)
    config = stack.one("aws:lambda/codeSigningConfig:CodeSigningConfig")
    assert config["policies"] == {"untrustedArtifactOnDeployment": policy}
    profile = stack.one("aws:signer/signingProfile:SigningProfile")
    assert profile["platformId"] == "AWSLambda-SHA384-ECDSA"
    assert "-" not in profile["name"]
    assert config["allowedPublishers"] == {"signingProfileVersionArns": [f"{profile.arn}/1"]}


def test_a_region_without_signer_says_where_there_is_one() -> None:
    def build() -> None:
        CodeSigningArgs(replace(foundation(production=True), region=Region.JAKARTA))

    with pytest.raises(UnavailableServiceError, match=r"ap-southeast-3 has no AWS Signer.*ap-southeast-1"):
        record(build)
