"""The data catalogue, its jobs and its queries."""

from .slots import differs, equals, key_rule, must, slot

_CATALOGUE = "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"
_JOBS = "aws:glue/securityConfiguration:SecurityConfiguration"
_WORKGROUP = "aws:athena/workgroup:Workgroup"
_MANAGED_RESULTS = "configuration.managedQueryResultsConfiguration.enabled"

SLOTS = (
    slot(
        _CATALOGUE,
        "sseAwsKmsKeyId",
        must("catalogEncryptionMode", "SSE-KMS", "SSE-KMS-WITH-SERVICE-ROLE"),
        block="dataCatalogEncryptionSettings.encryptionAtRest",
    ),
    slot(
        _CATALOGUE,
        "awsKmsKeyId",
        must("returnConnectionPasswordEncrypted", "true"),
        block="dataCatalogEncryptionSettings.connectionPasswordEncryption",
    ),
    slot(
        _JOBS,
        "kmsKeyArn",
        must("cloudwatchEncryptionMode", "SSE-KMS"),
        block="encryptionConfiguration.cloudwatchEncryption",
    ),
    slot(
        _JOBS,
        "kmsKeyArn",
        must("jobBookmarksEncryptionMode", "CSE-KMS"),
        block="encryptionConfiguration.jobBookmarksEncryption",
    ),
    slot(
        _JOBS, "kmsKeyArn", must("s3EncryptionMode", "SSE-KMS"), block="encryptionConfiguration.s3Encryption"
    ),
    # A client may choose its own result settings unless the workgroup enforces its own, which is the default.
    slot(
        _WORKGROUP,
        "resultConfiguration.encryptionConfiguration.kmsKeyArn",
        must("enforceWorkgroupConfiguration", "true", default="true"),
        must("resultConfiguration.encryptionConfiguration.encryptionOption", "SSE_KMS", "CSE_KMS"),
        block="configuration",
        when=differs(_MANAGED_RESULTS, "true"),
    ),
    slot(
        _WORKGROUP,
        "encryptionConfiguration.kmsKey",
        block="configuration.managedQueryResultsConfiguration",
        when=equals(_MANAGED_RESULTS, "true"),
    ),
    slot(_WORKGROUP, "kmsKey", block="configuration.customerContentEncryptionConfiguration", if_block=True),
    slot(
        _WORKGROUP,
        "kmsKey",
        block="configuration.monitoringConfiguration.managedLoggingConfiguration",
        if_block=True,
    ),
    slot(
        _WORKGROUP,
        "kmsKey",
        block="configuration.monitoringConfiguration.s3LoggingConfiguration",
        if_block=True,
    ),
    slot(
        "aws:athena/database:Database",
        "kmsKey",
        must("encryptionOption", "SSE_KMS", "CSE_KMS"),
        block="encryptionConfiguration",
    ),
    slot("aws:timestreamquery/scheduledQuery:ScheduledQuery", "kmsKeyId"),
)

RULE = key_rule(
    "encryption-analytics",
    "The data catalogue, its jobs and query results",
    SLOTS,
    "https://docs.aws.amazon.com/athena/latest/ug/encrypting-query-results-stored-in-s3.html",
)
