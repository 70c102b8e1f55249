"""OpenSearch for logs: the domain, who may do what, and every log group's events on their way to it."""

import json
from dataclasses import replace

import pytest

from components.observability.log_search import LogSearch, LogSearchArgs, SearchNetwork
from tests.components.observability_building import observed
from tests.components.operations_building import foundation, key_arn
from tests.iam_evaluator import Request, allows, statements
from tests.recording import ACCOUNT, REGION, Recording, record

DOMAIN = "aws:opensearch/domain:Domain"
FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
READER = "arn:aws:iam::111122223333:role/reader"


@pytest.fixture(params=["dev", "prod"])
def watch(request: pytest.FixtureRequest) -> Recording:
    """Each in turn."""
    return observed(production=request.param == "prod")


def role(watch: Recording, name: str) -> str:
    return watch.one("aws:iam/role:Role", name).arn


def test_the_domain_is_in_three_zones_of_the_private_subnets(watch: Recording) -> None:
    domain = watch.one(DOMAIN)
    cluster = domain["clusterConfig"]
    assert cluster["zoneAwarenessEnabled"] is True
    assert cluster["zoneAwarenessConfig"] == {"availabilityZoneCount": 3}
    assert cluster["instanceCount"] == 3
    assert domain["vpcOptions"]["subnetIds"] == ["subnet-1", "subnet-2", "subnet-3"]


def test_production_has_masters_of_its_own_and_more_room() -> None:
    dev, prod = observed(production=False), observed(production=True)
    assert prod.one(DOMAIN)["clusterConfig"]["dedicatedMasterCount"] == 3
    assert dev.one(DOMAIN)["clusterConfig"]["dedicatedMasterEnabled"] is False
    assert prod.one(DOMAIN)["ebsOptions"]["volumeSize"] > dev.one(DOMAIN)["ebsOptions"]["volumeSize"]


def test_the_domain_is_encrypted_at_rest_between_nodes_and_towards_clients(watch: Recording) -> None:
    domain = watch.one(DOMAIN)
    assert domain["encryptAtRest"] == {"enabled": True, "kmsKeyId": key_arn(watch)}
    assert domain["nodeToNodeEncryption"] == {"enabled": True}
    assert domain["domainEndpointOptions"] == {
        "enforceHttps": True,
        "tlsSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10",
    }


def test_access_is_fine_grained_without_passwords(watch: Recording) -> None:
    security = watch.one(DOMAIN)["advancedSecurityOptions"]
    assert security["enabled"] is True
    assert security["internalUserDatabaseEnabled"] is False
    assert security["anonymousAuthEnabled"] is False
    assert security["masterUserOptions"] == {"masterUserArn": role(watch, "-security-role")}


def test_only_roles_of_ours_reach_the_domains_api(watch: Recording) -> None:
    domain = watch.one(DOMAIN)
    path = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/{domain['domainName']}/logs-*/_search"
    for arn, expected in (
        (role(watch, "-security-role"), True),
        (role(watch, "-firehose-role"), True),
        (READER, True),
        (f"arn:aws:iam::{ACCOUNT}:role/other", False),
    ):
        assert allows(domain["accessPolicies"], Request("es:ESHttpGet", path, aws=arn)) is expected


def test_audit_and_all_other_logs_are_published_and_the_domain_may_write_only_those(watch: Recording) -> None:
    options = watch.one(DOMAIN)["logPublishingOptions"]
    assert {option["logType"] for option in options} == {
        "AUDIT_LOGS",
        "ES_APPLICATION_LOGS",
        "INDEX_SLOW_LOGS",
        "SEARCH_SLOW_LOGS",
    }
    document = watch.one("aws:cloudwatch/logResourcePolicy:LogResourcePolicy")["policyDocument"]
    for option in options:
        group = option["cloudwatchLogGroupArn"]
        assert allows(document, Request("logs:PutLogEvents", f"{group}:*", service="es.amazonaws.com"))
    other = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:other:*"
    assert not allows(document, Request("logs:PutLogEvents", other, service="es.amazonaws.com"))


def test_the_domain_is_reached_by_https_from_delivery_and_readers_only(watch: Recording) -> None:
    domain_group = f"{watch.one('aws:ec2/securityGroup:SecurityGroup', '-logs-domain').name}-id"
    clients = f"{watch.one('aws:ec2/securityGroup:SecurityGroup', '-logs-clients').name}-id"
    assert watch.one(DOMAIN)["vpcOptions"]["securityGroupIds"] == [domain_group]
    ingress = watch.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {(r["securityGroupId"], r["fromPort"], r["toPort"], r["ipProtocol"]) for r in ingress} == {
        (domain_group, 443, 443, "tcp")
    }
    sources = {r.inputs.get("referencedSecurityGroupId") or r.inputs["cidrIpv4"] for r in ingress}
    assert sources == {clients, "10.10.0.0/16"}
    egress = watch.one("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert (egress["securityGroupId"], egress["referencedSecurityGroupId"]) == (clients, domain_group)


def test_the_security_function_is_in_the_vpc_and_may_change_this_domain_only(watch: Recording) -> None:
    made = watch.one("aws:lambda/function:Function", "-security-function")
    assert made["vpcConfig"]["subnetIds"] == ["subnet-1", "subnet-2", "subnet-3"]
    assert len(made["vpcConfig"]["securityGroupIds"]) == 1
    may = watch.one("aws:iam/rolePolicy:RolePolicy", "-security-role-policy")["policy"]
    ours = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/{watch.one(DOMAIN)['domainName']}/_plugins/x"
    assert allows(may, Request("es:ESHttpPut", ours))
    assert not allows(may, Request("es:ESHttpPut", ours.replace("-logs/", "-other/")))
    assert allows(may, Request("ec2:CreateNetworkInterface"))


def test_the_domain_is_told_of_its_roles_whenever_they_or_the_code_change(watch: Recording) -> None:
    invocation = watch.one("aws:lambda/invocation:Invocation")
    told = json.loads(invocation["input"])
    assert told == {
        "endpoint": f"https://{watch.one(DOMAIN).name}",
        "writers": [role(watch, "-firehose-role")],
        "readers": [READER],
        "index_days": 30,
    }
    assert invocation["qualifier"] == "1"


def test_firehose_delivers_inside_the_vpc_and_keeps_what_is_refused(watch: Recording) -> None:
    firehose = watch.one(FIREHOSE)
    assert firehose["destination"] == "opensearch"
    assert firehose["serverSideEncryption"] == {
        "enabled": True,
        "keyType": "CUSTOMER_MANAGED_CMK",
        "keyArn": key_arn(watch),
    }
    target = firehose["opensearchConfiguration"]
    assert target["domainArn"] == watch.one(DOMAIN).arn
    assert target["indexRotationPeriod"] == "OneDay"
    assert target["s3BackupMode"] == "FailedDocumentsOnly"
    assert target["s3Configuration"]["kmsKeyArn"] == key_arn(watch)
    assert (
        target["s3Configuration"]["bucketArn"] == watch.one("aws:s3/bucket:Bucket", "-undelivered-bucket").arn
    )
    assert target["vpcConfig"]["subnetIds"] == ["subnet-1", "subnet-2", "subnet-3"]
    assert target["cloudwatchLoggingOptions"]["enabled"] is True


def test_firehoses_role_keeps_in_its_bucket_and_delivers_to_this_domain(watch: Recording) -> None:
    may = watch.one("aws:iam/rolePolicy:RolePolicy", "-firehose-role-policy")["policy"]
    bucket = watch.one("aws:s3/bucket:Bucket", "-undelivered-bucket").arn
    domain = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/{watch.one(DOMAIN)['domainName']}"
    assert allows(may, Request("s3:PutObject", f"{bucket}/2026"))
    assert not allows(may, Request("s3:PutObject", "arn:aws:s3:::other/2026"))
    assert allows(may, Request("es:ESHttpPut", f"{domain}/_bulk"))
    assert not allows(may, Request("es:ESHttpDelete", f"{domain}/logs-1"))
    assert allows(may, Request("kms:GenerateDataKey", key_arn(watch)))


def test_every_log_group_is_subscribed_but_those_that_would_loop(watch: Recording) -> None:
    policy = watch.one("aws:cloudwatch/logAccountPolicy:LogAccountPolicy")
    assert (policy["policyType"], policy["scope"]) == ("SUBSCRIPTION_FILTER_POLICY", "ALL")
    alias = watch.one("aws:lambda/alias:Alias", "-forwarder-alias")
    assert json.loads(policy["policyDocument"])["DestinationArn"] == alias.arn
    start, _, names = policy["selectionCriteria"].partition("LogGroupName NOT IN ")
    assert start == ""
    delivery = ("-forwarder-logs", "-firehose-logs", "-security-logs", "-audit-logs")
    domain = ("-es-application-logs", "-index-slow-logs", "-search-slow-logs")
    expected = {watch.one("aws:cloudwatch/logGroup:LogGroup", name).name for name in (*delivery, *domain)}
    assert set(json.loads(names)) == expected


def test_only_log_groups_of_this_account_may_call_the_forwarder(watch: Recording) -> None:
    permission = watch.one("aws:lambda/permission:Permission", "-forwarder-permission")
    assert permission["principal"] == "logs.amazonaws.com"
    assert (permission["sourceAccount"], permission["qualifier"]) == (ACCOUNT, "live")
    assert permission["sourceArn"] == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"


def test_what_the_forwarder_fails_at_is_kept_and_told(watch: Recording) -> None:
    queue = watch.one("aws:sqs/queue:Queue", "-dead-letters")
    config = watch.one(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "-forwarder-failures"
    )
    assert config["destinationConfig"]["onFailure"]["destination"] == queue.arn
    alarms = {
        a.name.removeprefix("watch-logs-delivery-")
        for a in watch.only("-logs-delivery-").all("aws:cloudwatch/metricAlarm:MetricAlarm")
    }
    assert alarms == {
        "forwarder-errors",
        "forwarder-throttles",
        "forwarder-dead-letters",
        "undelivered",
        "late",
    }


def test_the_service_role_is_left_out_where_the_account_has_it() -> None:
    def make(service_linked_role: bool) -> Recording:
        return record(
            lambda: LogSearch(
                "logs",
                LogSearchArgs(
                    foundation(production=False),
                    SearchNetwork("vpc", ["a", "b", "c"]),
                    service_linked_role=service_linked_role,
                ),
            )
        )

    type_ = "aws:iam/serviceLinkedRole:ServiceLinkedRole"
    assert make(True).one(type_)["awsServiceName"] == "opensearchservice.amazonaws.com"
    assert not make(False).all(type_)


def test_a_domain_name_that_opensearch_does_not_take_and_no_retention_are_refused() -> None:
    def make(prefix: str, index_days: int) -> None:
        base = replace(foundation(production=True), prefix=prefix)
        LogSearchArgs(base, SearchNetwork("vpc", ["a", "b", "c"]), index_days=index_days)

    with pytest.raises(ValueError, match="OpenSearch takes 28"):
        record(lambda: make("bluehorizons-staging-sg-2", 30))
    with pytest.raises(ValueError, match="index_days is 0"):
        record(lambda: make("bluehorizons-prod-sg", 0))


def test_no_statement_of_the_delivery_allows_every_action(watch: Recording) -> None:
    for policy in watch.only("-logs-").all("aws:iam/rolePolicy:RolePolicy"):
        for statement in statements(policy["policy"]):
            assert not [action for action in statement["Action"] if action.endswith("*")]
