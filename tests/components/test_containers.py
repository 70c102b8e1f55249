"""Where containers run: ECS and EKS, in production and elsewhere, with the rider API as the workload."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from components.containers import (
    ContainerImage,
    ContainerPlatform,
    ContainerPlatformArgs,
    RiderApiArgs,
    Workload,
    rider_api_workload,
)
from components.foundation import Foundation
from components.markets import Region
from components.network import WORKLOAD_PORT
from components.rental import RentalTables
from components.settings import ContainerPlatformKind
from components.table import TableReference
from containers.rider_api.environment import TokenEnvironment
from rental_store.environment import RentalEnvironment
from tests.components.network_building import build, foundation, network, on
from tests.iam_evaluator import Request, allows, statements
from tests.recording import ACCOUNT, Recorded, Recording
from tests.stacks import ROOT

DIGEST = f"sha256:{'0' * 64}"
REPOSITORY = f"arn:aws:ecr:ap-southeast-1:{ACCOUNT}:repository/rider-api"
URL = f"{ACCOUNT}.dkr.ecr.ap-southeast-1.amazonaws.com/rider-api"
CERTIFICATE = f"arn:aws:acm:ap-southeast-1:{ACCOUNT}:certificate/1"
SECRET = f"arn:aws:secretsmanager:ap-southeast-1:{ACCOUNT}:secret:payment-AbCdEf"
SECRET_KEY = f"arn:aws:kms:ap-southeast-1:{ACCOUNT}:key/secrets"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/deploy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
CLUSTER = "aws:ecs/cluster:Cluster"
SERVICE = "awsx:ecs:FargateService"
EKS = "aws:eks/cluster:Cluster"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"


RENTAL_TABLE, STATE_TABLE, ALERTS_TABLE = (
    f"arn:aws:dynamodb:ap-southeast-1:{ACCOUNT}:table/{name}" for name in ("rental", "state", "alerts")
)


def table(arn: str) -> TableReference:
    known = pulumi.Output.from_input
    return TableReference(
        name=known(arn.rpartition("/")[2]), arn=known(arn), stream_arn=known(f"{arn}/stream/1")
    )


def tables() -> RentalTables:
    return RentalTables(
        rental=table(RENTAL_TABLE),
        rental_key_arn=f"arn:aws:kms:ap-southeast-1:{ACCOUNT}:key/rental",
        vehicle_state=table(STATE_TABLE),
        alerts=table(ALERTS_TABLE),
        telemetry_key_arn=f"arn:aws:kms:ap-southeast-1:{ACCOUNT}:key/telemetry",
    )


def image() -> ContainerImage:
    return ContainerImage(repository_arn=REPOSITORY, repository_url=URL, digest=DIGEST)


def rider_api(base: Foundation, *, pushed: bool = True) -> Workload:
    return rider_api_workload(
        RiderApiArgs(
            foundation=base,
            tables=tables(),
            ingest_region=Region.SINGAPORE,
            pool_region=Region.SINGAPORE,
            pool_id="ap-southeast-1_pool",
            client_id="app",
            image=image() if pushed else None,
        )
    )


def platform(
    kind: ContainerPlatformKind,
    *,
    production: bool,
    change: Callable[[Workload], Workload] = lambda workload: workload,
    pushed: bool = True,
) -> tuple[Recording, list[str]]:
    """The recording, and the manifest where there is one."""
    manifests: list[str] = []

    def make() -> None:
        base = foundation(production=production)
        made = ContainerPlatform(
            "bluehorizons-prod-sg-containers",
            ContainerPlatformArgs(
                kind=kind,
                foundation=base,
                network=network(base),
                workload=change(rider_api(base, pushed=pushed)),
                certificate_arn=CERTIFICATE,
                admins={"deploy": DEPLOYER},
            ),
            opts=on(base.region),
        )
        if made.eks and made.eks.manifest:
            made.eks.manifest.apply(manifests.append)

    return build(make), manifests


@pytest.fixture(scope="module")
def ecs() -> Recording:
    """ECS in production, with a secret."""

    def with_secret(workload: Workload) -> Workload:
        return dataclasses.replace(workload, secrets={"PAYMENT_KEY": SECRET}, secret_key_arns=[SECRET_KEY])

    return platform(ContainerPlatformKind.ECS, production=True, change=with_secret)[0]


@pytest.fixture(scope="module")
def ecs_dev() -> Recording:
    """ECS outside of production."""
    return platform(ContainerPlatformKind.ECS, production=False)[0]


@pytest.fixture(scope="module")
def eks() -> tuple[Recording, list[str]]:
    """EKS in production."""
    return platform(ContainerPlatformKind.EKS, production=True)


def container(recording: Recording) -> dict[str, Any]:
    (only,) = json.loads(recording.one("aws:ecs/taskDefinition:TaskDefinition")["containerDefinitions"])
    assert isinstance(only, dict)
    return only


# ---- the workload ------------------------------------------------------------------------------------------


def test_the_container_is_told_all_that_its_code_asks_for(ecs: Recording) -> None:
    told = {entry["name"]: entry["value"] for entry in container(ecs)["environment"]}
    assert RentalEnvironment.read(told).tables_region == "ap-southeast-1"
    pool = TokenEnvironment.read(told)
    assert pool.issuer == "https://cognito-idp.ap-southeast-1.amazonaws.com/ap-southeast-1_pool"
    assert pool.client_id == "app"
    assert told["IOT_REGION"] == "ap-southeast-1"


def test_the_container_may_do_what_its_function_may_and_no_more(ecs: Recording) -> None:
    document = ecs.one(ROLE_POLICY, "-task-role-policy")["policy"]
    assert allows(document, Request("dynamodb:UpdateItem", RENTAL_TABLE))
    assert allows(document, Request("dynamodb:GetItem", STATE_TABLE))
    assert allows(
        document, Request("iot:Publish", f"arn:aws:iot:ap-southeast-1:{ACCOUNT}:topic/bh/sg/x/commands")
    )
    assert not allows(document, Request("dynamodb:DeleteTable", RENTAL_TABLE))
    assert not allows(document, Request("secretsmanager:GetSecretValue", SECRET))
    assert not [s for s in statements(document) if "*" in s["Resource"]]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "Rider_API"}, "use up to 32 lower-case"),
        ({"cpu": 512, "memory": 8_192}, "no 512 CPU units with 8192 MiB"),
        ({"cpu": 500}, "no 500 CPU units"),
        ({"minimum": 0}, "0 to 12 copies"),
        ({"minimum": 13}, "13 to 12 copies"),
        ({"secrets": {"MARKET": SECRET}, "secret_key_arns": [SECRET_KEY]}, "MARKET is both"),
        ({"secrets": {"PAYMENT_KEY": SECRET}}, "secrets need secret_key_arns"),
    ],
    ids=str,
)
def test_a_workload_that_could_not_run_is_refused_with_the_reason(
    changes: Mapping[str, Any], reason: str
) -> None:
    def make() -> None:
        workload = rider_api(foundation())
        with pytest.raises(ValueError, match=reason):
            dataclasses.replace(workload, **changes)

    build(make)


@pytest.mark.parametrize("digest", ["latest", "sha256:00", f"SHA256:{'0' * 64}", ""])
def test_an_image_is_named_by_its_digest(digest: str) -> None:
    with pytest.raises(ValueError, match="digest is"):
        ContainerImage(repository_arn=REPOSITORY, repository_url=URL, digest=digest)


def test_the_platform_says_what_it_lacks() -> None:
    def make() -> None:
        base = foundation()
        vpc, workload = network(base), rider_api(base)
        for kind, reason in (
            (ContainerPlatformKind.NONE, "create no ContainerPlatform"),
            (ContainerPlatformKind.ECS, "needs a certificate_arn"),
            (ContainerPlatformKind.EKS, "without admins"),
        ):
            with pytest.raises(ValueError, match=reason):
                ContainerPlatformArgs(kind=kind, foundation=base, network=vpc, workload=workload)

    build(make)


# ---- ECS ---------------------------------------------------------------------------------------------------


def test_a_service_is_rolled_back_when_its_containers_fail_or_answer_with_errors(ecs: Recording) -> None:
    service = ecs.one(SERVICE)
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    errors = next(a for a in ecs.all(ALARM) if a["metricName"] == "HTTPCode_Target_5XX_Count")
    assert service["alarms"] == {"enable": True, "rollback": True, "alarmNames": [errors.name]}
    assert (service["deploymentMinimumHealthyPercent"], service["deploymentMaximumPercent"]) == (100, 200)


def test_production_runs_on_kept_capacity_in_three_zones_and_dev_on_spare(
    ecs: Recording, ecs_dev: Recording
) -> None:
    for stack, capacity, copies in ((ecs, "FARGATE", (3, 12)), (ecs_dev, "FARGATE_SPOT", (1, 2))):
        service = stack.one(SERVICE)
        assert service["capacityProviderStrategies"] == [{"capacityProvider": capacity, "weight": 1}]
        scaling = stack.one("aws:appautoscaling/target:Target")
        assert (scaling["minCapacity"], scaling["maxCapacity"]) == copies
        assert service["desiredCount"] == copies[0]


def test_containers_have_no_public_address_and_sit_behind_their_group(ecs: Recording) -> None:
    settings = ecs.one(SERVICE)["networkConfiguration"]
    group = ecs.one("aws:ec2/securityGroup:SecurityGroup", "-workload").name
    assert settings["assignPublicIp"] is False
    assert settings["securityGroups"] == [f"{group}-id"]
    assert len(settings["subnets"]) == 3
    assert all("-private-" in subnet for subnet in settings["subnets"])


def test_a_container_is_nobody_with_nothing_to_write_to(ecs: Recording) -> None:
    runs = container(ecs)
    user = runs["user"]
    assert f"USER {user}:{user}" in (ROOT / "containers/rider_api/Dockerfile").read_text()
    assert runs["readonlyRootFilesystem"] is True
    assert runs["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    assert runs["image"] == f"{URL}@{DIGEST}"
    assert runs["portMappings"] == [{"containerPort": WORKLOAD_PORT, "protocol": "tcp"}]
    assert ecs.one(SERVICE)["enableExecuteCommand"] is False
    task = ecs.one("aws:ecs/taskDefinition:TaskDefinition")
    assert task["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    assert (task["cpu"], task["memory"], task["networkMode"]) == ("512", "1024", "awsvpc")


def test_a_secret_comes_from_secrets_manager_and_only_who_starts_the_container_reads_it(
    ecs: Recording, ecs_dev: Recording
) -> None:
    assert container(ecs)["secrets"] == [{"name": "PAYMENT_KEY", "valueFrom": SECRET}]
    document = ecs.one(ROLE_POLICY, "-execution-role-policy")["policy"]
    assert allows(document, Request("secretsmanager:GetSecretValue", SECRET))
    assert allows(document, Request("kms:Decrypt", SECRET_KEY))
    assert not allows(document, Request("secretsmanager:GetSecretValue", f"{SECRET}2"))
    without = ecs_dev.one(ROLE_POLICY, "-execution-role-policy")["policy"]
    actions = {action for s in statements(without) for action in s["Action"]}
    assert not {a for a in actions if a.startswith(("secretsmanager:", "kms:"))}


def test_only_ecs_of_this_account_starts_containers_and_pulls_this_image(ecs: Recording) -> None:
    document = ecs.one(ROLE_POLICY, "-execution-role-policy")["policy"]
    assert allows(document, Request("ecr:BatchGetImage", REPOSITORY))
    assert not allows(document, Request("ecr:BatchGetImage", f"{REPOSITORY}-other"))
    assert not allows(document, Request("ecr:PutImage", REPOSITORY))
    trust = ecs.one("aws:iam/role:Role", "-execution-role")["assumeRolePolicy"]
    ours = {"aws:SourceAccount": ACCOUNT}
    assert allows(trust, Request("sts:AssumeRole", service="ecs-tasks.amazonaws.com", context=ours))
    assert not allows(trust, Request("sts:AssumeRole", service="ecs-tasks.amazonaws.com"))


def test_disks_of_containers_are_encrypted_with_a_key_that_only_fargate_here_may_use(ecs: Recording) -> None:
    key = ecs.one("aws:kms/key:Key", "-storage")
    storage = ecs.one(CLUSTER)["configuration"]["managedStorageConfiguration"]
    assert storage == {"fargateEphemeralStorageKmsKeyId": key.arn, "kmsKeyId": key.arn}
    assert key["enableKeyRotation"] is True
    assert key.inputs.get("multiRegion") is not True  # Fargate takes none
    action, ours = "kms:GenerateDataKeyWithoutPlaintext", "kms:EncryptionContext:aws:ecs:clusterAccount"
    asked = Request(action, service="fargate.amazonaws.com", context={ours: ACCOUNT})
    assert allows(key["policy"], asked)
    strangers = Request(action, service="fargate.amazonaws.com", context={ours: "999999999999"})
    assert not allows(key["policy"], strangers)
    grants = next(s for s in statements(key["policy"]) if s["Action"] == ["kms:CreateGrant"])
    assert grants["Condition"]["ForAllValues:StringEquals"] == {"kms:GrantOperations": ["Decrypt"]}


def test_lines_of_containers_are_encrypted_and_end(ecs: Recording, ecs_dev: Recording) -> None:
    for stack, days in ((ecs, 365), (ecs_dev, 14)):
        group = stack.one("aws:cloudwatch/logGroup:LogGroup", "-ecs-logs")
        assert (group["retentionInDays"], group["kmsKeyId"]) == (
            days,
            stack.one("aws:kms/key:Key", "-logs").arn,
        )
        assert container(stack)["logConfiguration"]["options"]["awslogs-group"] == group.name


def test_the_load_balancer_is_internal_and_speaks_modern_tls_only(ecs: Recording, ecs_dev: Recording) -> None:
    for stack, kept in ((ecs, True), (ecs_dev, False)):
        balancer = stack.one(BALANCER)
        assert balancer["internal"] is True
        assert all("-private-" in subnet for subnet in balancer["subnets"])
        assert balancer["dropInvalidHeaderFields"] is True
        assert balancer["enableDeletionProtection"] is kept
        listener = stack.one("aws:lb/listener:Listener")
        assert (listener["port"], listener["protocol"]) == (443, "HTTPS")
        assert listener["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
        assert listener["certificateArn"] == CERTIFICATE


def test_the_load_balancer_is_reached_by_the_company_and_reaches_the_containers(ecs: Recording) -> None:
    group = f"{ecs.one('aws:ec2/securityGroup:SecurityGroup', '-lb-group').name}-id"
    workload = f"{ecs.one('aws:ec2/securityGroup:SecurityGroup', '-workload').name}-id"
    rules = ecs.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    reached = [(r.inputs.get("cidrIpv4"), r["fromPort"]) for r in rules if r["securityGroupId"] == group]
    assert reached == [("10.0.0.0/8", 443)]
    to_containers = [r for r in rules if r.inputs.get("referencedSecurityGroupId") == group]
    assert [(r["securityGroupId"], r["fromPort"]) for r in to_containers] == [(workload, WORKLOAD_PORT)]
    out = ecs.one("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "-lb-out")
    assert (out["securityGroupId"], out["referencedSecurityGroupId"]) == (group, workload)


def test_names_that_aws_cuts_short_are_left_to_aws(ecs: Recording) -> None:
    for type_ in (BALANCER, "aws:lb/targetGroup:TargetGroup"):
        made = ecs.one(type_)
        assert len(made["namePrefix"]) <= 6
        assert "name" not in made.inputs


def test_a_container_is_asked_for_its_health_and_given_time_to_stop(ecs: Recording) -> None:
    targets = ecs.one("aws:lb/targetGroup:TargetGroup")
    assert targets["healthCheck"]["path"] == "/health"
    assert (targets["port"], targets["targetType"]) == (WORKLOAD_PORT, "ip")
    assert targets["deregistrationDelay"] == container(ecs)["stopTimeout"] == 30


def test_copies_follow_processor_and_requests(ecs: Recording) -> None:
    cluster = ecs.one(CLUSTER).name
    tracked = {}
    for policy in ecs.all("aws:appautoscaling/policy:Policy"):
        assert policy["resourceId"] == f"service/{cluster}/rider-api"
        tracking = policy["targetTrackingScalingPolicyConfiguration"]
        metric = tracking["predefinedMetricSpecification"]
        tracked[metric["predefinedMetricType"]] = metric.get("resourceLabel")
    label = f"suffix/{ecs.one(BALANCER).name}/suffix/{ecs.one('aws:lb/targetGroup:TargetGroup').name}"
    assert tracked == {"ECSServiceAverageCPUUtilization": None, "ALBRequestCountPerTarget": label}
    assert ecs.one(SERVICE)["name"] == "rider-api"


def test_operations_hears_of_containers_that_fail_are_few_slow_or_busy(ecs: Recording) -> None:
    watched = {
        alarm["metricName"]: (alarm["comparisonOperator"], alarm["threshold"], alarm["treatMissingData"])
        for alarm in ecs.all(ALARM)
        if "-ecs-" in alarm.name
    }
    assert watched == {
        "HTTPCode_Target_5XX_Count": ("GreaterThanThreshold", 5, "notBreaching"),
        "UnHealthyHostCount": ("GreaterThanThreshold", 0, "notBreaching"),
        "TargetResponseTime": ("GreaterThanThreshold", 1, "notBreaching"),
        "RunningTaskCount": ("LessThanThreshold", 3, "breaching"),
        "CPUUtilization": ("GreaterThanThreshold", 85, "notBreaching"),
        "MemoryUtilization": ("GreaterThanThreshold", 85, "notBreaching"),
    }


def test_without_an_image_all_stands_and_nothing_runs() -> None:
    recording, _ = platform(ContainerPlatformKind.ECS, production=True, pushed=False)
    assert recording.one(BALANCER)
    assert recording.one(CLUSTER)
    for type_ in (SERVICE, "aws:ecs/taskDefinition:TaskDefinition", "aws:appautoscaling/target:Target"):
        assert recording.all(type_) == []
    assert [a for a in recording.all(ALARM) if a["metricName"] == "RunningTaskCount"] == []


# ---- EKS ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster(eks: tuple[Recording, list[str]]) -> Recorded:
    return eks[0].one(EKS)


def test_the_api_server_answers_within_the_company_only(
    eks: tuple[Recording, list[str]], cluster: Recorded
) -> None:
    config = cluster["vpcConfig"]
    assert (config["endpointPrivateAccess"], config["endpointPublicAccess"]) == (True, False)
    assert all("-private-" in subnet for subnet in config["subnetIds"])
    group = eks[0].one("aws:ec2/securityGroup:SecurityGroup", "-api").name
    assert config["securityGroupIds"] == [f"{group}-id"]
    rule = eks[0].one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "-api-in")
    assert (rule["cidrIpv4"], rule["fromPort"]) == ("10.0.0.0/8", 443)


def test_secrets_of_the_cluster_are_encrypted_and_all_its_logs_kept(
    eks: tuple[Recording, list[str]], cluster: Recorded
) -> None:
    recording, _ = eks
    key = recording.one("aws:kms/key:Key", "-rental").arn
    assert cluster["encryptionConfig"] == {"resources": ["secrets"], "provider": {"keyArn": key}}
    assert set(cluster["enabledClusterLogTypes"]) == {
        *("api", "audit", "authenticator", "controllerManager", "scheduler")
    }
    logs = recording.one("aws:cloudwatch/logGroup:LogGroup", "-control-logs")
    assert logs["name"] == f"/aws/eks/{cluster['name']}/cluster"
    assert logs["kmsKeyId"] == recording.one("aws:kms/key:Key", "-logs").arn
    assert logs["retentionInDays"] == 365
    assert cluster["deletionProtection"] is True


def test_only_who_is_named_administers_the_cluster(
    eks: tuple[Recording, list[str]], cluster: Recorded
) -> None:
    assert cluster["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }
    entry = eks[0].one("aws:eks/accessEntry:AccessEntry")
    assert entry["principalArn"] == DEPLOYER
    policy = eks[0].one("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    assert policy["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")
    assert policy["principalArn"] == DEPLOYER


def test_pods_run_on_fargate_in_private_subnets_and_nowhere_else(eks: tuple[Recording, list[str]]) -> None:
    profiles = eks[0].all("aws:eks/fargateProfile:FargateProfile")
    namespaces = {selector["namespace"] for profile in profiles for selector in profile["selectors"]}
    assert namespaces == {"kube-system", "rider-api"}
    assert all("-private-" in subnet for profile in profiles for subnet in profile["subnetIds"])
    assert eks[0].all("aws:eks/nodeGroup:NodeGroup") == []


def test_the_add_ons_need_no_machines(eks: tuple[Recording, list[str]], cluster: Recorded) -> None:
    add_ons = {a["addonName"]: a.inputs.get("configurationValues") for a in eks[0].all("aws:eks/addon:Addon")}
    assert set(add_ons) == {"coredns", "metrics-server"}
    assert json.loads(str(add_ons["coredns"])) == {"computeType": "Fargate"}
    assert cluster["bootstrapSelfManagedAddons"] is False


def test_pods_are_started_by_this_clusters_profiles_only(
    eks: tuple[Recording, list[str]], cluster: Recorded
) -> None:
    trust = eks[0].one("aws:iam/role:Role", "-pod-role")["assumeRolePolicy"]
    base = f"arn:aws:eks:ap-southeast-1:{ACCOUNT}:fargateprofile"
    service = "eks-fargate-pods.amazonaws.com"
    for name, wanted in ((cluster["name"], True), ("other", False)):
        context = {"aws:SourceArn": f"{base}/{name}/x/1"}
        assert allows(trust, Request("sts:AssumeRole", service=service, context=context)) is wanted


def test_the_workloads_role_is_its_service_accounts_alone(eks: tuple[Recording, list[str]]) -> None:
    recording, _ = eks
    (trust,) = statements(recording.one("aws:iam/role:Role", "-workload-role")["assumeRolePolicy"])
    provider = recording.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    host = provider["url"].removeprefix("https://")
    assert trust["Principal"] == {"Federated": [provider.arn]}
    assert trust["Action"] == ["sts:AssumeRoleWithWebIdentity"]
    assert trust["Condition"] == {
        "StringEquals": {
            f"{host}:sub": ["system:serviceaccount:rider-api:rider-api"],
            f"{host}:aud": ["sts.amazonaws.com"],
        }
    }
    document = recording.one(ROLE_POLICY, "-workload-role-policy")["policy"]
    assert allows(document, Request("dynamodb:UpdateItem", RENTAL_TABLE))


def test_a_workload_that_needs_secrets_cannot_run_on_eks() -> None:
    def with_secret(workload: Workload) -> Workload:
        return dataclasses.replace(workload, secrets={"KEY": SECRET}, secret_key_arns=[SECRET_KEY])

    with pytest.raises(ValueError, match="KEY cannot be filled"):
        platform(ContainerPlatformKind.EKS, production=True, change=with_secret)


# ---- the manifest ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def applied(eks: tuple[Recording, list[str]]) -> dict[str, dict[str, Any]]:
    """Kind (and name, where there are two) to resource."""
    (text,) = eks[1]
    document = json.loads(text)
    assert document["kind"] == "List"
    found = {f"{item['kind']}/{item['metadata']['name']}": item for item in document["items"]}
    assert len(found) == len(document["items"])
    return found


def test_the_workload_is_the_same_on_eks_as_on_ecs(
    applied: dict[str, dict[str, Any]], ecs: Recording, eks: tuple[Recording, list[str]]
) -> None:
    pod = applied["Deployment/rider-api"]["spec"]["template"]["spec"]
    (runs,) = pod["containers"]
    assert runs["env"] == container(ecs)["environment"]
    assert runs["image"] == container(ecs)["image"]
    assert runs["resources"]["limits"] == {"cpu": "500m", "memory": "1024Mi"}
    assert runs["resources"]["requests"] == runs["resources"]["limits"]
    account = applied["ServiceAccount/rider-api"]["metadata"]["annotations"]
    role = eks[0].one("aws:iam/role:Role", "-workload-role")
    assert account == {"eks.amazonaws.com/role-arn": role.arn}
    assert pod["serviceAccountName"] == "rider-api"
    scaling = applied["HorizontalPodAutoscaler/rider-api"]["spec"]
    assert (scaling["minReplicas"], scaling["maxReplicas"]) == (3, 12)
    assert "replicas" not in applied["Deployment/rider-api"]["spec"]


def test_a_pod_is_restricted_and_of_an_architecture_that_fargate_has(
    applied: dict[str, dict[str, Any]], ecs: Recording
) -> None:
    pod = applied["Deployment/rider-api"]["spec"]["template"]["spec"]
    (runs,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert str(pod["securityContext"]["runAsUser"]) == container(ecs)["user"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert runs["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    labels = applied["Namespace/rider-api"]["metadata"]["labels"]
    assert labels == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert pod["nodeSelector"] == {"kubernetes.io/arch": "amd64"}
    assert pod["automountServiceAccountToken"] is False


def test_traffic_and_probes_reach_the_port_that_the_server_listens_on(
    applied: dict[str, dict[str, Any]],
) -> None:
    (runs,) = applied["Deployment/rider-api"]["spec"]["template"]["spec"]["containers"]
    for probe in ("readinessProbe", "livenessProbe"):
        assert runs[probe]["httpGet"] == {"path": "/health", "port": WORKLOAD_PORT}
    (port,) = applied["Service/rider-api"]["spec"]["ports"]
    assert port["targetPort"] == runs["ports"][0]["containerPort"] == WORKLOAD_PORT
    labels = applied["Deployment/rider-api"]["spec"]["template"]["metadata"]["labels"]
    assert applied["Service/rider-api"]["spec"]["selector"] == labels


def test_pods_log_to_the_encrypted_group(
    applied: dict[str, dict[str, Any]], eks: tuple[Recording, list[str]]
) -> None:
    group = eks[0].one("aws:cloudwatch/logGroup:LogGroup", "-pod-logs")
    config = applied["ConfigMap/aws-logging"]
    assert config["metadata"]["namespace"] == "aws-observability"
    assert f"log_group_name {group.name}\n" in config["data"]["output.conf"]
    assert "auto_create_group false" in config["data"]["output.conf"]
    document = eks[0].one(ROLE_POLICY, "-pod-role-policy")["policy"]
    assert allows(document, Request("logs:PutLogEvents", f"{group.arn}:log-stream:x"))
    assert not allows(document, Request("logs:CreateLogGroup", group.arn))


def test_without_an_image_there_is_no_manifest() -> None:
    recording, manifests = platform(ContainerPlatformKind.EKS, production=False, pushed=False)
    assert manifests == []
    assert recording.one(EKS)["deletionProtection"] is False
