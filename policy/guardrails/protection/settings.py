"""What holds data can be restored, and is not deleted in haste.

`protection-backups`: backups, recovery to a point in time, versions, retention.
`protection-deletion`: what refuses a deletion. A stack whose data may go, such as one for development, sets
this rule to `advisory` in the pack's configuration.

PASS     backups for at least a week, protection on, nothing that empties a resource in order to delete it
FAIL     backups or protection off, or left out where that means off
UNKNOWN  the deciding property is known only at deployment
"""

from __future__ import annotations

from pulumi_policy import Severity

from ..core.conditions import differs, not_given
from ..core.demands import FALSE, TRUE, Between, demand, demand_rule, one_of
from ..waf.endpoints import LOAD_BALANCERS

GROUP = "backup and deletion protection"

_TABLE = "aws:dynamodb/table:Table"
_INSTANCE = "aws:rds/instance:Instance"
_CLUSTER = "aws:rds/cluster:Cluster"
_LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
_WEEK = Between(7)
_DAY = Between(1)

BACKUPS = demand_rule(
    "protection-backups",
    GROUP,
    "Tables, databases, streams and buckets can be restored to what they were.",
    (
        demand(_TABLE, "pointInTimeRecovery.enabled", TRUE, control="DynamoDB.2"),
        # A replica inherits neither recovery nor protection.
        demand(_TABLE, "pointInTimeRecovery", TRUE, block="replicas[]", if_block=True, control="DynamoDB.2"),
        demand("aws:dynamodb/tableReplica:TableReplica", "pointInTimeRecovery", TRUE, control="DynamoDB.2"),
        demand(
            ("aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketVersioningV2:BucketVersioningV2"),
            "versioningConfiguration.status",
            one_of("Enabled"),
            control="S3.14",
        ),
        # What may be unlocked by whoever may do much is not locked.
        demand(_LOCK, "rule.defaultRetention.mode", one_of("COMPLIANCE")),
        demand(_LOCK, "rule.defaultRetention.days", Between(30), absent=True),
        # AWS's default of a day is less than a weekend: what a consumer could not read is gone on Monday.
        demand("aws:kinesis/stream:Stream", "retentionPeriod", Between(72), control="Kinesis.3"),
        demand(
            _INSTANCE, "backupRetentionPeriod", _WEEK, when=not_given("replicateSourceDb"), control="RDS.11"
        ),
        demand(_CLUSTER, "backupRetentionPeriod", _WEEK, control="RDS.11"),
        demand(_CLUSTER, "copyTagsToSnapshot", TRUE, control="RDS.16"),
        demand(_INSTANCE, "copyTagsToSnapshot", TRUE, control="RDS.17"),
        demand(
            "aws:redshift/cluster:Cluster", "automatedSnapshotRetentionPeriod", _WEEK, control="Redshift.3"
        ),
        demand("aws:docdb/cluster:Cluster", "backupRetentionPeriod", _WEEK, control="DocumentDB.2"),
        demand("aws:neptune/cluster:Cluster", "backupRetentionPeriod", _WEEK, control="Neptune.5"),
        demand(
            "aws:elasticache/replicationGroup:ReplicationGroup",
            "snapshotRetentionLimit",
            _DAY,
            control="ElastiCache.1",
        ),
        demand("aws:elasticache/serverlessCache:ServerlessCache", "snapshotRetentionLimit", _DAY),
        demand("aws:memorydb/cluster:Cluster", "snapshotRetentionLimit", _DAY),
        demand(
            "aws:efs/backupPolicy:BackupPolicy", "backupPolicy.status", one_of("ENABLED"), control="EFS.7"
        ),
        demand("aws:keyspaces/table:Table", "pointInTimeRecovery.status", one_of("ENABLED")),
        demand(
            (
                "aws:fsx/ontapFileSystem:OntapFileSystem",
                "aws:fsx/openZfsFileSystem:OpenZfsFileSystem",
                "aws:fsx/windowsFileSystem:WindowsFileSystem",
            ),
            "automaticBackupRetentionDays",
            _WEEK,
        ),
    ),
    url="https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/back-up-data.html",
    remediation="Switch backups on, and keep them for at least a week.",
    severity=Severity.HIGH,
)

DELETION = demand_rule(
    "protection-deletion",
    GROUP,
    "Tables, databases, user pools, buckets and load balancers refuse to be deleted.",
    (
        demand(_TABLE, "deletionProtectionEnabled", TRUE, control="DynamoDB.6"),
        demand(
            _TABLE,
            "deletionProtectionEnabled",
            TRUE,
            block="replicas[]",
            if_block=True,
            control="DynamoDB.6",
        ),
        demand(
            "aws:dynamodb/tableReplica:TableReplica", "deletionProtectionEnabled", TRUE, control="DynamoDB.6"
        ),
        demand("aws:cognito/userPool:UserPool", "deletionProtection", one_of("ACTIVE")),
        demand(_INSTANCE, "deletionProtection", TRUE, control="RDS.8"),
        demand(_CLUSTER, "deletionProtection", TRUE, control="RDS.7"),
        demand(
            (_INSTANCE, _CLUSTER, "aws:redshift/cluster:Cluster"), "skipFinalSnapshot", FALSE, absent=True
        ),
        demand("aws:docdb/cluster:Cluster", "deletionProtection", TRUE, control="DocumentDB.5"),
        demand("aws:neptune/cluster:Cluster", "deletionProtection", TRUE, control="Neptune.4"),
        demand("aws:neptunegraph/graph:Graph", "deletionProtection", TRUE),
        demand("aws:dsql/cluster:Cluster", "deletionProtectionEnabled", TRUE),
        demand("aws:eks/cluster:Cluster", "deletionProtection", TRUE),
        demand(
            LOAD_BALANCERS,
            "enableDeletionProtection",
            TRUE,
            when=differs("loadBalancerType", "gateway"),
            control="ELB.6",
        ),
        demand(
            "aws:networkfirewall/firewall:Firewall", "deleteProtection", TRUE, control="NetworkFirewall.9"
        ),
        demand(
            "aws:cloudtrail/eventDataStore:EventDataStore", "terminationProtectionEnabled", TRUE, absent=True
        ),
        demand(
            (
                "aws:s3/bucket:Bucket",
                "aws:s3/bucketV2:BucketV2",
                "aws:s3/bucketObjectv2:BucketObjectv2",
                "aws:s3/directoryBucket:DirectoryBucket",
                "aws:s3tables/tableBucket:TableBucket",
                "aws:backup/vault:Vault",
                "aws:athena/workgroup:Workgroup",
                "aws:athena/database:Database",
                "aws:route53/zone:Zone",
            ),
            "forceDestroy",
            FALSE,
            absent=True,
        ),
        demand("aws:ecr/repository:Repository", "forceDelete", FALSE, absent=True),
        demand("aws:secretsmanager/secret:Secret", "recoveryWindowInDays", _WEEK, absent=True),
    ),
    url="https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/change-management.html",
    remediation="Switch the protection on; take it off, in a change of its own, when the resource must go.",
    severity=Severity.HIGH,
)
