"""Nothing costs without a limit.

PASS     a retention, a scan limit, a throttle, a capacity or a budget within the limits below
FAIL     none, or one beyond them
UNKNOWN  the deciding property is known only at deployment
"""

from __future__ import annotations

from pulumi_policy import Severity

from ..core.companions import Companion, companion_rule
from ..core.conditions import equals
from ..core.demands import Between, Given, NotLike, demand, demand_rule, one_of
from ..exposure.buckets import BUCKETS

GROUP = "cost guards"

_TEN_YEARS_IN_DAYS = 3_653
_TERABYTE = 2**40
_LARGE_INSTANCES = NotLike(
    r"(?:db\.|cache\.)?(?:[a-z0-9-]+)\.(?:metal.*|(?:8|9|1\d|2\d|3\d|4\d|5\d|9\d)xlarge|112xlarge)"
    r"(?:\.search)?|(?:db\.)?(?:p|g|x|u|inf|trn|dl|hpc)\d.*",
    "an instance of 8xlarge or more, or of a family for special work",
    "m7g.16xlarge",
)
_METHOD = "aws:apigateway/methodSettings:MethodSettings"
_BUDGET = "aws:budgets/budget:Budget"

ROWS = (
    demand("aws:cloudwatch/logGroup:LogGroup", "retentionInDays", Between(1, _TEN_YEARS_IN_DAYS)),
    demand(
        "aws:athena/workgroup:Workgroup",
        "configuration.bytesScannedCutoffPerQuery",
        Between(10_485_760, _TERABYTE),
    ),
    demand(_METHOD, "settings.throttlingRateLimit", Between(0, 10_000)),
    demand(_METHOD, "settings.throttlingBurstLimit", Between(0, 5_000)),
    demand("aws:redshiftserverless/workgroup:Workgroup", "maxCapacity", Between(8, 128)),
    demand("aws:redshiftserverless/workgroup:Workgroup", "baseCapacity", Between(4, 64)),
    demand("aws:dynamodb/table:Table", "billingMode", one_of("PAY_PER_REQUEST")),
    demand("aws:lambda/function:Function", "memorySize", Between(128, 3_008), absent=True),
    demand("aws:kinesis/stream:Stream", "shardCount", Between(1, 200), absent=True),
    demand(
        (
            "aws:ec2/instance:Instance",
            "aws:ec2/launchTemplate:LaunchTemplate",
            "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
        ),
        "instanceType",
        _LARGE_INSTANCES,
        absent=True,
    ),
    demand(
        ("aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance"),
        "instanceClass",
        _LARGE_INSTANCES,
    ),
    demand("aws:opensearch/domain:Domain", "clusterConfig.instanceType", _LARGE_INSTANCES, absent=True),
    demand("aws:opensearch/domain:Domain", "clusterConfig.instanceCount", Between(1, 20), absent=True),
    demand("aws:elasticache/replicationGroup:ReplicationGroup", "nodeType", _LARGE_INSTANCES, absent=True),
    demand("aws:eks/nodeGroup:NodeGroup", "scalingConfig.maxSize", Between(0, 50)),
    demand("aws:autoscaling/group:Group", "maxSize", Between(0, 50)),
    demand("aws:appautoscaling/target:Target", "maxCapacity", Between(0, 500)),
    demand(_BUDGET, "limitAmount", Given(), when=equals("budgetType", "COST")),
    demand(_BUDGET, "notifications", Given()),
    demand(
        (
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
        ),
        "abortIncompleteMultipartUpload.daysAfterInitiation",
        Between(1, 30),
        block="rules[]",
        some=True,
    ),
    demand("aws:synthetics/canary:Canary", "successRetentionPeriod", Between(1, 93), absent=True),
)

RULE = demand_rule(
    "cost-limits",
    GROUP,
    "Logs, scans, requests, capacities and budgets have limits.",
    ROWS,
    url="https://docs.aws.amazon.com/wellarchitected/latest/cost-optimization-pillar/welcome.html",
    remediation="Set a limit that the workload needs and no more.",
    severity=Severity.LOW,
)

COMPANIONS = companion_rule(
    "cost-companions",
    GROUP,
    "Buckets and image repositories let go of what nobody needs.",
    (
        Companion(
            BUCKETS,
            (
                "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
                "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
            ),
            "bucket",
            ("bucket", "id"),
            "lifecycle",
            "Add an aws.s3.BucketLifecycleConfiguration with bucket wired to its id",
            "S3.13",
            unless=("lifecycleRules",),
        ),
        Companion(
            ("aws:ecr/repository:Repository",),
            ("aws:ecr/lifecyclePolicy:LifecyclePolicy",),
            "repository",
            ("name", "id"),
            "lifecycle policy",
            "Add an aws.ecr.LifecyclePolicy with repository wired to its name",
            "ECR.3",
        ),
        Companion(
            ("aws:redshiftserverless/workgroup:Workgroup",),
            ("aws:redshiftserverless/usageLimit:UsageLimit",),
            "resourceArn",
            ("arn",),
            "usage limit",
            "Add an aws.redshiftserverless.UsageLimit with resource_arn wired to its arn",
        ),
    ),
    url="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html",
    severity=Severity.LOW,
)
