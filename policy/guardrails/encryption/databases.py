"""Databases, warehouses, search domains and caches."""

from .slots import equals, given, key_rule, must, not_given, slot

_RDS_INSTANCE = "aws:rds/instance:Instance"
_RDS_CLUSTER = "aws:rds/cluster:Cluster"
_INSIGHTS = equals("performanceInsightsEnabled", "true")

SLOTS = (
    slot("aws:dynamodb/table:Table", "kmsKeyArn", must("enabled", "true"), block="serverSideEncryption"),
    slot("aws:dynamodb/table:Table", "kmsKeyArn", block="replicas[]", if_block=True),
    slot("aws:dynamodb/tableReplica:TableReplica", "kmsKeyArn"),
    slot("aws:dynamodb/tableExport:TableExport", "s3SseKmsKeyId", must("s3SseAlgorithm", "KMS")),
    # A read replica in the Region of its source must not name a key: it has its source's.
    slot(
        _RDS_INSTANCE,
        "kmsKeyId",
        must("storageEncrypted", "true"),
        when=not_given("replicateSourceDb"),
        control="RDS.3",
    ),
    slot(_RDS_INSTANCE, "kmsKeyId", if_key=True, when=given("replicateSourceDb"), control="RDS.3"),
    slot(_RDS_CLUSTER, "kmsKeyId", must("storageEncrypted", "true"), control="RDS.27"),
    slot((_RDS_INSTANCE, _RDS_CLUSTER), "performanceInsightsKmsKeyId", when=_INSIGHTS),
    slot("aws:rds/clusterInstance:ClusterInstance", "performanceInsightsKmsKeyId", when=_INSIGHTS),
    slot(
        (_RDS_INSTANCE, _RDS_CLUSTER),
        "masterUserSecretKmsKeyId",
        when=equals("manageMasterUserPassword", "true"),
    ),
    slot(
        (
            "aws:rds/clusterActivityStream:ClusterActivityStream",
            "aws:rds/clusterSnapshotCopy:ClusterSnapshotCopy",
            "aws:rds/snapshotCopy:SnapshotCopy",
            "aws:rds/exportTask:ExportTask",
            "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
            "aws:rds/integration:Integration",
        ),
        "kmsKeyId",
    ),
    slot("aws:redshift/cluster:Cluster", "kmsKeyId", must("encrypted", "true"), control="Redshift.10"),
    slot(
        "aws:redshift/cluster:Cluster",
        "masterPasswordSecretKmsKeyId",
        when=equals("manageMasterPassword", "true"),
    ),
    slot(
        ("aws:redshift/snapshotCopyGrant:SnapshotCopyGrant", "aws:redshift/integration:Integration"),
        "kmsKeyId",
    ),
    slot("aws:redshiftserverless/namespace:Namespace", "kmsKeyId", control="RedshiftServerless.4"),
    slot(
        "aws:redshiftserverless/namespace:Namespace",
        "adminPasswordSecretKmsKeyId",
        when=equals("manageAdminPassword", "true"),
    ),
    slot(
        "aws:opensearch/domain:Domain",
        "kmsKeyId",
        must("enabled", "true"),
        block="encryptAtRest",
        control="Opensearch.1",
    ),
    slot(
        "aws:elasticsearch/domain:Domain",
        "kmsKeyId",
        must("enabled", "true"),
        block="encryptAtRest",
        control="ES.1",
    ),
    slot("aws:docdb/cluster:Cluster", "kmsKeyId", must("storageEncrypted", "true"), control="DocumentDB.1"),
    slot("aws:docdb/elasticCluster:ElasticCluster", "kmsKeyId"),
    slot("aws:neptune/cluster:Cluster", "kmsKeyArn", must("storageEncrypted", "true"), control="Neptune.1"),
    slot(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "kmsKeyId",
        must("atRestEncryptionEnabled", "true"),
        control="ElastiCache.4",
    ),
    slot("aws:elasticache/serverlessCache:ServerlessCache", "kmsKeyId"),
    slot(("aws:memorydb/cluster:Cluster", "aws:memorydb/snapshot:Snapshot"), "kmsKeyArn"),
    slot(
        "aws:keyspaces/table:Table",
        "kmsKeyIdentifier",
        must("type", "CUSTOMER_MANAGED_KMS_KEY"),
        block="encryptionSpecification",
    ),
    slot("aws:timestreamwrite/database:Database", "kmsKeyId"),
)

RULE = key_rule(
    "encryption-databases",
    "Tables, databases, warehouses, search domains and caches",
    SLOTS,
    "https://docs.aws.amazon.com/prescriptive-guidance/latest/encryption-best-practices/welcome.html",
)
