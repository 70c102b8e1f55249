"""Streams, queues, topics, buses, schedules, workflows and what tracks positions."""

from .slots import KeySlot, given, key_rule, must, not_given, slot

_FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
_FIREHOSE_BUCKETS = (
    "extendedS3Configuration",
    "extendedS3Configuration.s3BackupConfiguration",
    "elasticsearchConfiguration.s3Configuration",
    "httpEndpointConfiguration.s3Configuration",
    "icebergConfiguration.s3Configuration",
    "opensearchConfiguration.s3Configuration",
    "opensearchserverlessConfiguration.s3Configuration",
    "redshiftConfiguration.s3Configuration",
    "redshiftConfiguration.s3BackupConfiguration",
    "snowflakeConfiguration.s3Configuration",
    "splunkConfiguration.s3Configuration",
)


def _delivered(block: str) -> KeySlot:
    return slot(_FIREHOSE, "kmsKeyArn", block=block, if_block=True, control="DataFirehose.1")


SLOTS = (
    slot("aws:kinesis/stream:Stream", "kmsKeyId", must("encryptionType", "KMS"), control="Kinesis.1"),
    slot("aws:kinesis/videoStream:VideoStream", "kmsKeyId"),
    # AWS refuses a key on a delivery stream that reads another stream: the source holds the data.
    slot(
        _FIREHOSE,
        "keyArn",
        must("enabled", "true"),
        must("keyType", "CUSTOMER_MANAGED_CMK"),
        block="serverSideEncryption",
        when=(not_given("kinesisSourceConfiguration"), not_given("mskSourceConfiguration")),
        control="DataFirehose.1",
    ),
    *(_delivered(block) for block in _FIREHOSE_BUCKETS),
    slot("aws:sns/topic:Topic", "kmsMasterKeyId", control="SNS.1"),
    slot("aws:sqs/queue:Queue", "kmsMasterKeyId", control="SQS.1"),
    slot("aws:cloudwatch/eventBus:EventBus", "kmsKeyIdentifier"),
    slot("aws:cloudwatch/eventArchive:EventArchive", "kmsKeyIdentifier"),
    slot("aws:cloudwatch/eventConnection:EventConnection", "kmsKeyIdentifier"),
    slot("aws:pipes/pipe:Pipe", "kmsKeyIdentifier"),
    slot("aws:scheduler/schedule:Schedule", "kmsKeyArn"),
    slot(
        ("aws:sfn/stateMachine:StateMachine", "aws:sfn/activity:Activity"),
        "kmsKeyId",
        must("type", "CUSTOMER_MANAGED_KMS_KEY"),
        block="encryptionConfiguration",
    ),
    slot("aws:mq/broker:Broker", "kmsKeyId", must("useAwsOwnedKey", "false"), block="encryptionOptions"),
    slot("aws:msk/cluster:Cluster", "encryptionAtRestKmsKeyArn", block="encryptionInfo"),
    slot(
        ("aws:location/tracker:Tracker", "aws:location/geofenceCollection:GeofenceCollection"),
        "kmsKeyId",
    ),
    slot(
        "aws:cognito/userPool:UserPool",
        "kmsKeyId",
        block="lambdaConfig",
        when=given("lambdaConfig.customEmailSender"),
    ),
    slot(
        "aws:cognito/userPool:UserPool",
        "kmsKeyId",
        block="lambdaConfig",
        when=(given("lambdaConfig.customSmsSender"), not_given("lambdaConfig.customEmailSender")),
    ),
)

RULE = key_rule(
    "encryption-messaging",
    "Streams, queues, topics, buses, schedules, workflows and trackers",
    SLOTS,
    "https://docs.aws.amazon.com/streams/latest/dev/server-side-encryption.html",
)
