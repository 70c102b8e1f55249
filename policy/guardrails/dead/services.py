"""Nothing is built on what AWS has closed or will close.

PASS     services that AWS still develops
FAIL     a service that is closed, closed to new customers, or replaced; or a type that has a successor
UNKNOWN  never
"""

from __future__ import annotations

from pulumi_policy import Severity

from ..core.demands import NotLike, demand, demand_rule
from ..core.forbidden import Forbidden, forbidden_rule

GROUP = "dead services"

_WAF = "Use aws.wafv2"
_ELB = "Use aws.lb"

ROWS = (
    Forbidden(
        "iotfleetwise", "is of AWS IoT FleetWise, closed to new customers", "Use AWS IoT Core topic rules"
    ),
    Forbidden(
        "iotevents", "is of AWS IoT Events, closed in 2026", "Use EventBridge, Step Functions or Lambda"
    ),
    Forbidden("iotanalytics", "is of AWS IoT Analytics, closed in 2025", "Use Kinesis, Firehose and Athena"),
    *(
        Forbidden(
            f"aws:pinpoint/{name}",
            "is of Amazon Pinpoint, closed in 2026",
            "Use SES, SNS or End User Messaging",
        )
        for name in (
            "admChannel:AdmChannel",
            "apnsChannel:ApnsChannel",
            "apnsSandboxChannel:ApnsSandboxChannel",
            "apnsVoipChannel:ApnsVoipChannel",
            "apnsVoipSandboxChannel:ApnsVoipSandboxChannel",
            "app:App",
            "baiduChannel:BaiduChannel",
            "emailChannel:EmailChannel",
            "emailTemplate:EmailTemplate",
            "eventStream:EventStream",
            "gcmChannel:GcmChannel",
            "smsChannel:SmsChannel",
        )
    ),
    Forbidden("codestar", "is of AWS CodeStar, closed in 2024", "Use CodeBuild and CodePipeline"),
    Forbidden("codestarconnections", "has the old name of CodeConnections", "Use aws.codeconnections"),
    Forbidden("cloud9", "is of AWS Cloud9, closed to new customers", "Use an IDE of your own"),
    Forbidden("codecatalyst", "is of Amazon CodeCatalyst, closed to new customers", "Use another forge"),
    Forbidden(
        "codegurureviewer", "is of CodeGuru Reviewer, closed to new customers", "Use another review tool"
    ),
    Forbidden(
        "datapipeline", "is of AWS Data Pipeline, closed to new customers", "Use Glue or Step Functions"
    ),
    Forbidden("elastictranscoder", "is of Elastic Transcoder, closed in 2025", "Use MediaConvert"),
    Forbidden("evidently", "is of CloudWatch Evidently, closed in 2025", "Use AppConfig feature flags"),
    Forbidden("inspector", "is of Inspector Classic, closed in 2026", "Use aws.inspector2"),
    Forbidden("mediastore", "is of AWS MediaStore, closed in 2025", "Use S3"),
    Forbidden("opsworks", "is of AWS OpsWorks, closed in 2024", "Use Systems Manager"),
    Forbidden("qldb", "is of Amazon QLDB, closed in 2025", "Use Aurora PostgreSQL"),
    Forbidden("appmesh", "is of AWS App Mesh, closed in 2026", "Use ECS Service Connect or VPC Lattice"),
    Forbidden(
        "glacier", "is of the vaults of S3 Glacier, closed to new customers", "Use a storage class of S3"
    ),
    Forbidden(
        "timestreamwrite", "is of Timestream for LiveAnalytics, closed to new customers", "Use InfluxDB"
    ),
    Forbidden("simpledb", "is of Amazon SimpleDB, replaced by DynamoDB", "Use aws.dynamodb"),
    Forbidden("swf", "is of Amazon SWF, replaced by Step Functions", "Use aws.sfn"),
    Forbidden("waf", "is of WAF Classic, closed in 2025", _WAF),
    Forbidden("wafregional", "is of WAF Classic, closed in 2025", _WAF),
    Forbidden("elasticsearch", "is of Elasticsearch, replaced by OpenSearch", "Use aws.opensearch"),
    Forbidden("aws:elb/loadBalancer:LoadBalancer", "is a Classic Load Balancer", _ELB, "ELB.3"),
    Forbidden(
        "aws:kinesis/analyticsApplication:AnalyticsApplication",
        "is of Kinesis Data Analytics for SQL, closed in 2026",
        "Use aws.kinesisanalyticsv2",
    ),
    Forbidden(
        "aws:ec2/launchConfiguration:LaunchConfiguration",
        "is replaced by launch templates",
        "Use aws.ec2.LaunchTemplate",
        "AutoScaling.9",
    ),
    Forbidden(
        "aws:s3/bucketObject:BucketObject", "is replaced by BucketObjectv2", "Use aws.s3.BucketObjectv2"
    ),
    Forbidden(
        "aws:dynamodb/globalTable:GlobalTable",
        "is the 2017 version of global tables",
        "Use replicas of Table",
    ),
)

RULE = forbidden_rule(
    "dead-services",
    GROUP,
    "No resource is of a service that AWS has closed, will close, or has replaced.",
    ROWS,
    url="https://aws.amazon.com/products/lifecycle/",
    severity=Severity.HIGH,
)

_OLD_RUNTIMES = NotLike(
    r"nodejs(?:\d\.|[468]|1[02468]|20).*|python(?:2|3\.(?:[6-9]|10)).*|java8|dotnet(?:core|[5-8]).*|go1.*"
    r"|ruby(?:2|3\.[012]).*|provided|provided\.al2",
    "a runtime that AWS no longer patches or soon will not",
    "python3.9",
)

VERSIONS = demand_rule(
    "dead-versions",
    GROUP,
    "No function or cluster runs a version that AWS no longer patches.",
    (
        demand(
            "aws:lambda/function:Function",
            "runtime",
            _OLD_RUNTIMES,
            absent=True,
            control="Lambda.2",
        ),
        demand(
            "aws:lambda/layerVersion:LayerVersion",
            "compatibleRuntimes",
            _OLD_RUNTIMES,
            absent=True,
            control="Lambda.2",
        ),
        demand(
            "aws:eks/cluster:Cluster",
            "version",
            NotLike(r"1\.(?:[12]\d|3[0-2])", "a version of Kubernetes out of standard support", "1.29"),
            absent=True,
            control="EKS.2",
        ),
        demand(
            "aws:synthetics/canary:Canary",
            "runtimeVersion",
            NotLike(
                r"syn-nodejs-(?:2\.|puppeteer-[1-8]\.).*|syn-python-selenium-[1-4]\..*",
                "an old runtime",
                "syn-nodejs-2.0",
            ),
        ),
        demand(
            "aws:glue/job:Job",
            "glueVersion",
            NotLike(r"[012]\..*", "a version of Glue without support", "2.0"),
            control="Glue.4",
        ),
        demand(
            "aws:ecs/service:Service",
            "platformVersion",
            NotLike(r"1\.[0-3]\..*", "an old platform", "1.3.0"),
            absent=True,
            control="ECS.10",
        ),
        demand(
            "aws:opensearch/domain:Domain",
            "engineVersion",
            NotLike(
                r"Elasticsearch_.*|OpenSearch_1\..*",
                "a version of the engine without standard support",
                "OpenSearch_1.3",
            ),
        ),
    ),
    url="https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
    remediation="Move to a version that is patched.",
    severity=Severity.MEDIUM,
)
