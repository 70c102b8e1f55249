"""Logs, trails, traces, metrics and findings."""

from .slots import given, key_rule, must, slot

SLOTS = (
    slot("aws:cloudwatch/logGroup:LogGroup", "kmsKeyId"),
    slot("aws:cloudwatch/logAnomalyDetector:LogAnomalyDetector", "kmsKeyId"),
    slot("aws:cloudtrail/trail:Trail", "kmsKeyId", control="CloudTrail.2"),
    slot("aws:cloudtrail/eventDataStore:EventDataStore", "kmsKeyId"),
    slot("aws:xray/encryptionConfig:EncryptionConfig", "keyId", must("type", "KMS")),
    slot("aws:amp/workspace:Workspace", "kmsKeyArn"),
    slot("aws:grafana/workspace:Workspace", "kmsKeyId"),
    slot("aws:cfg/deliveryChannel:DeliveryChannel", "s3KmsKeyArn"),
    slot("aws:guardduty/publishingDestination:PublishingDestination", "kmsKeyArn"),
    slot(
        "aws:synthetics/canary:Canary",
        "kmsKeyArn",
        must("encryptionMode", "SSE_KMS"),
        block="artifactConfig.s3Encryption",
    ),
    slot("aws:synthetics/canary:Canary", "kmsKeyArn", when=given("runConfig.environmentVariables")),
)

RULE = key_rule(
    "encryption-observability",
    "Logs, trails, traces, metrics and findings",
    SLOTS,
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
)
