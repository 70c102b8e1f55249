"""Cases that are easily got wrong, written out with the properties as a program gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from guardrails.core.rule import Outcome, ResourceRule
from guardrails.pack import RULES
from guardrails.tags.required import DEFAULT
from offline.values import secret
from tests.policy.shapes import KEY_ARN, UNKNOWN, resource


class Case(NamedTuple):
    """One resource, and the paths at which the rules whose names begin so must fail it."""

    rules: str
    token: str
    props: Mapping[str, Any]
    paths: set[str]


def _failures(case: Case) -> set[str]:
    """The paths at which a rule of the case fails the resource."""
    rules = [
        rule
        for rule in RULES
        if isinstance(rule, ResourceRule) and rule.concerns(case.token) and rule.name.startswith(case.rules)
    ]
    assert rules
    found = resource(case.token, case.props, provider=PROVIDER, config=CONFIG.get(case.rules))
    verdicts = [verdict for rule in rules for verdict in rule.judge(found)]
    return {verdict.path.partition(" ")[0] for verdict in verdicts if verdict.outcome is Outcome.FAIL}


STREAM = "aws:kinesis/stream:Stream"
FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
TABLE = "aws:dynamodb/table:Table"
FUNCTION = "aws:lambda/function:Function"
PARAMETER = "aws:ssm/parameter:Parameter"
REDSHIFT = "aws:redshift/cluster:Cluster"
QUEUE = "aws:sqs/queue:Queue"
BUCKET_SSE = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
RDS = "aws:rds/instance:Instance"
WORKGROUP = "aws:athena/workgroup:Workgroup"
EKS = "aws:eks/cluster:Cluster"
ECR = "aws:ecr/repository:Repository"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
SCHEDULE = "aws:scheduler/schedule:Schedule"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
ACL = "aws:wafv2/webAcl:WebAcl"
REGIONAL_ACL = "arn:aws:wafv2:ap-southeast-1:111122223333:regional/webacl/a/1"
METRICS = {"visibilityConfig": {"cloudwatchMetricsEnabled": True}}
CONFIG = {"residency-": {"allowedRegions": ["ap-southeast-1"]}}
POLICY = "aws:iam/policy:Policy"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
PROVIDER = {"region": "ap-southeast-1", "defaultTags": json.dumps({"tags": dict.fromkeys(DEFAULT, "x")})}
SSE = {"enabled": True, "kmsKeyArn": KEY_ARN}
RESULTS = {"encryptionConfiguration": {"encryptionOption": "SSE_KMS", "kmsKeyArn": KEY_ARN}}

_ENCRYPTION: dict[str, tuple[str, Mapping[str, Any], set[str]]] = {
    "stream with type and key": (STREAM, {"encryptionType": "KMS", "kmsKeyId": KEY_ARN}, set()),
    "stream with a key but no type": (STREAM, {"kmsKeyId": KEY_ARN}, {"encryptionType"}),
    "stream with a type but no key": (STREAM, {"encryptionType": "KMS"}, {"kmsKeyId"}),
    "stream with the managed alias": (
        STREAM,
        {"encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis"},
        {"kmsKeyId"},
    ),
    "stream with nothing": (STREAM, {}, {"encryptionType", "kmsKeyId"}),
    "delivery stream fed by a stream": (
        FIREHOSE,
        {
            "kinesisSourceConfiguration": {"kinesisStreamArn": UNKNOWN},
            "extendedS3Configuration": {"kmsKeyArn": KEY_ARN},
        },
        set(),
    ),
    "delivery stream fed by a stream not known yet": (
        FIREHOSE,
        {"kinesisSourceConfiguration": UNKNOWN, "extendedS3Configuration": {"kmsKeyArn": UNKNOWN}},
        set(),
    ),
    "delivery stream put to directly, without a key": (
        FIREHOSE,
        {"extendedS3Configuration": {"kmsKeyArn": KEY_ARN}},
        {"serverSideEncryption.keyArn"},
    ),
    "delivery stream with a key of AWS": (
        FIREHOSE,
        {"serverSideEncryption": {"enabled": True, "keyType": "AWS_OWNED_CMK"}},
        {"serverSideEncryption.keyType", "serverSideEncryption.keyArn"},
    ),
    "delivery stream whose backup has no key": (
        FIREHOSE,
        {
            "kinesisSourceConfiguration": {"kinesisStreamArn": "arn"},
            "extendedS3Configuration": {"kmsKeyArn": KEY_ARN, "s3BackupConfiguration": {"bucketArn": "arn"}},
        },
        {"extendedS3Configuration.s3BackupConfiguration.kmsKeyArn"},
    ),
    "queue with the encryption of SQS itself": (QUEUE, {"sqsManagedSseEnabled": True}, {"kmsMasterKeyId"}),
    "table without settings": (TABLE, {}, {"serverSideEncryption.kmsKeyArn"}),
    "table with a replica without key": (
        TABLE,
        {"serverSideEncryption": SSE, "replicas": [{"kmsKeyArn": KEY_ARN}, {"regionName": "ap-southeast-5"}]},
        {"replicas[1].kmsKeyArn"},
    ),
    "table whose first replica is unknown and second is bad": (
        TABLE,
        {"serverSideEncryption": SSE, "replicas": [UNKNOWN, {"kmsKeyArn": ""}]},
        {"replicas[1].kmsKeyArn"},
    ),
    "table with encryption switched off": (
        TABLE,
        {"serverSideEncryption": {"enabled": False, "kmsKeyArn": KEY_ARN}},
        {"serverSideEncryption.enabled"},
    ),
    "warehouse that says false in text": (
        REDSHIFT,
        {"encrypted": "false", "kmsKeyId": KEY_ARN},
        {"encrypted"},
    ),
    "warehouse that says true in text": (REDSHIFT, {"encrypted": "true", "kmsKeyId": KEY_ARN}, set()),
    "function without environment": (FUNCTION, {"handler": "h"}, set()),
    "function with an empty environment": (FUNCTION, {"environment": {"variables": {}}}, set()),
    "function with variables": (FUNCTION, {"environment": {"variables": {"A": "b"}}}, {"kmsKeyArn"}),
    "function with an unknown variable": (
        FUNCTION,
        {"environment": {"variables": {"A": UNKNOWN}}},
        {"kmsKeyArn"},
    ),
    "function with an unknown environment": (FUNCTION, {"environment": UNKNOWN}, {"kmsKeyArn"}),
    "parameter in plain text": (PARAMETER, {"type": "String"}, set()),
    "secure parameter without key": (PARAMETER, {"type": "SecureString"}, {"keyId"}),
    "secure parameter with the managed key": (
        PARAMETER,
        {"type": "SecureString", "keyId": "alias/aws/ssm"},
        {"keyId"},
    ),
    "parameter of unknown type": (PARAMETER, {"type": UNKNOWN}, set()),
    "bucket settings with AES256": (
        BUCKET_SSE,
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        {
            "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm",
            "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId",
        },
    ),
    "bucket settings with two layers": (
        BUCKET_SSE,
        {
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {
                        "sseAlgorithm": "aws:kms:dsse",
                        "kmsMasterKeyId": KEY_ARN,
                    }
                }
            ]
        },
        set(),
    ),
    "bucket settings without rules": (
        BUCKET_SSE,
        {"rules": []},
        {"rules[].applyServerSideEncryptionByDefault.kmsMasterKeyId"},
    ),
    "object with the key of its bucket": (OBJECT, {"bucket": "b"}, set()),
    "object that leaves the key of its bucket": (
        OBJECT,
        {"serverSideEncryption": "AES256"},
        {"serverSideEncryption"},
    ),
    "object with a managed key": (OBJECT, {"kmsKeyId": "alias/aws/s3"}, {"kmsKeyId"}),
    "database with insights and its own secret": (
        RDS,
        {
            "storageEncrypted": True,
            "kmsKeyId": KEY_ARN,
            "performanceInsightsEnabled": True,
            "manageMasterUserPassword": True,
        },
        {"performanceInsightsKmsKeyId", "masterUserSecretKmsKeyId"},
    ),
    "read replica with its source's key": (RDS, {"replicateSourceDb": UNKNOWN}, set()),
    "database not encrypted": (RDS, {"kmsKeyId": KEY_ARN}, {"storageEncrypted"}),
    "workgroup that does not enforce its settings": (
        WORKGROUP,
        {"configuration": {"enforceWorkgroupConfiguration": False, "resultConfiguration": RESULTS}},
        {"configuration.enforceWorkgroupConfiguration"},
    ),
    "workgroup that enforces by default": (
        WORKGROUP,
        {"configuration": {"resultConfiguration": RESULTS}},
        set(),
    ),
    "workgroup with managed results": (
        WORKGROUP,
        {"configuration": {"managedQueryResultsConfiguration": {"enabled": True}}},
        {"configuration.managedQueryResultsConfiguration.encryptionConfiguration.kmsKey"},
    ),
    "cluster that encrypts something else": (
        EKS,
        {"encryptionConfig": {"resources": ["configmaps"], "provider": {"keyArn": KEY_ARN}}},
        {"encryptionConfig.resources"},
    ),
    "cluster that encrypts secrets": (
        EKS,
        {"encryptionConfig": {"resources": ["secrets"], "provider": {"keyArn": KEY_ARN}}},
        set(),
    ),
    "image repository with AES256": (
        ECR,
        {"encryptionConfigurations": [{"encryptionType": "AES256"}]},
        {"encryptionConfigurations[0].encryptionType", "encryptionConfigurations[0].kmsKey"},
    ),
    "schedule with a key that resolved to nothing": (SCHEDULE, {"kmsKeyArn": ""}, {"kmsKeyArn"}),
    "schedule with a key made from a role": (
        SCHEDULE,
        {"kmsKeyArn": "arn:aws:iam::111122223333:role/r"},
        {"kmsKeyArn"},
    ),
}


_OTHERS: dict[str, tuple[str, str, Mapping[str, Any], set[str]]] = {
    "distribution without an ACL": ("waf-", DISTRIBUTION, {}, {"webAclId"}),
    "distribution with a regional ACL": ("waf-", DISTRIBUTION, {"webAclId": REGIONAL_ACL}, {"webAclId"}),
    "distribution with an ACL not known yet": ("waf-", DISTRIBUTION, {"webAclId": UNKNOWN}, set()),
    "ACL without rules": ("waf-", ACL, {**METRICS, "scope": "REGIONAL", "rules": []}, {"rules"}),
    "ACL with all rules in count": (
        "waf-",
        ACL,
        {**METRICS, "scope": "REGIONAL", "rules": [{**METRICS, "action": {"count": {}}}]},
        {"rules"},
    ),
    "HTTP API": ("waf-", "aws:apigatewayv2/api:Api", {"protocolType": "HTTP"}, {"disableExecuteApiEndpoint"}),
    "function URL for everybody": (
        "waf-",
        "aws:lambda/functionUrl:FunctionUrl",
        {"authorizationType": "NONE"},
        {"authorizationType"},
    ),
    "SSH for IPv6": (
        "exposure-",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "cidrIpv6": "::/0"},
        {"cidrIpv6"},
    ),
    "half of the world": (
        "exposure-",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432, "cidrIpv4": "128.0.0.0/1"},
        {"cidrIpv4"},
    ),
    "HTTPS for the world": (
        "exposure-",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "0.0.0.0/0"},
        set(),
    ),
    "cluster whose endpoint nobody closed": (
        "exposure-",
        EKS,
        {"vpcConfig": {"endpointPrivateAccess": True}},
        {"vpcConfig.endpointPublicAccess"},
    ),
    "queue policy not known yet": (
        "exposure-",
        "aws:sqs/queuePolicy:QueuePolicy",
        {"policy": UNKNOWN},
        set(),
    ),
    "table with a replica abroad": (
        "residency-",
        TABLE,
        {"region": "ap-southeast-1", "replicas": [{"regionName": "us-west-2"}, {"regionName": UNKNOWN}]},
        {"replicas[0].regionName"},
    ),
    "action as one text": (
        "iam-permissions",
        POLICY,
        {"policy": '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*"}}'},
        {"policy"},
    ),
    "actions as a list": (
        "iam-permissions",
        POLICY,
        {"policy": '{"Statement": [{"Effect": "Deny"}, {"Effect": "Allow", "Action": ["a:B", "*"]}]}'},
        {"policy"},
    ),
    "all actions but some": (
        "iam-",
        POLICY,
        {"policy": '{"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}'},
        {"policy"},
    ),
    "permissions not known yet": ("iam-", POLICY, {"policy": UNKNOWN}, set()),
    "permissions that hold a secret": (
        "iam-",
        POLICY,
        {"policy": secret('{"Statement": [{"Action": "*"}]}')},
        {"policy"},
    ),
    "trust of everybody": (
        "iam-",
        "aws:iam/role:Role",
        {"assumeRolePolicy": '{"Statement": {"Principal": "*", "Action": "sts:AssumeRole"}}'},
        {"assumeRolePolicy"},
    ),
    "function of a dead runtime": ("dead-", FUNCTION, {"runtime": "python3.8"}, {"runtime"}),
    "application of a dead service": ("dead-", "aws:pinpoint/app:App", {}, {"The"}),
    "stream read for ever": (
        "events-",
        MAPPING,
        {"startingPosition": "LATEST", "functionResponseTypes": ["ReportBatchItemFailures"]},
        {
            "maximumRetryAttempts",
            "maximumRecordAgeInSeconds",
            "destinationConfig.onFailure.destinationArn",
            "bisectBatchOnFunctionError",
        },
    ),
    "queue read by parts": (
        "events-",
        MAPPING,
        {"functionResponseTypes": ["ReportBatchItemFailures"]},
        set(),
    ),
    "schedule whose first retry is unknown": (
        "events-",
        SCHEDULE,
        {"target": {"retryPolicy": {"maximumRetryAttempts": UNKNOWN}}},
        {"target.deadLetterConfig.arn"},
    ),
    "table without protection": (
        "protection-",
        TABLE,
        {"pointInTimeRecovery": {"enabled": False}, "deletionProtectionEnabled": UNKNOWN},
        {"pointInTimeRecovery.enabled"},
    ),
    "tags in default tags only": ("tags-", TABLE, {}, set()),
    "blank tag": ("tags-", TABLE, {"tags": {"Owner": " "}}, {"tags.Owner"}),
    "table abroad": ("residency-", TABLE, {"region": "us-west-2"}, {"region"}),
}

CASES = {name: Case("encryption-", *row) for name, row in _ENCRYPTION.items()}
CASES |= {name: Case(*row) for name, row in _OTHERS.items()}


@pytest.mark.parametrize("case", CASES)
def test_the_case_fails_exactly_where_it_should(case: str) -> None:
    assert _failures(CASES[case]) == CASES[case].paths
