"""From the stream to the lake: Firehose writes partitioned Parquet that a Glue table describes."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_aws.kinesis import (
    FirehoseDeliveryStreamExtendedS3ConfigurationArgs as S3DestinationArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationCloudwatchLoggingOptionsArgs as LoggingOptionsArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationArgs as ConversionArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationInputFormatConfigurationArgs as InputFormatArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationInputFormatConfigurationDeserializerArgs as DeserializerArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationInputFormatConfigurationDeserializerOpenXJsonSerDeArgs as OpenXJsonArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationOutputFormatConfigurationArgs as OutputFormatArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationOutputFormatConfigurationSerializerArgs as SerializerArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationOutputFormatConfigurationSerializerParquetSerDeArgs as ParquetArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationSchemaConfigurationArgs as SchemaArgs,
)

from components.bucket import EncryptedBucket, EncryptedBucketArgs, archive, expire
from components.iam import ServiceRole, Statement, service_role
from components.markets import Region
from components.tags import Tags
from components.telemetry.lake_schema import COLUMNS

TABLE = "telemetry"
BUFFER_SECONDS = 300
BUFFER_MIB = 128  # fewer, larger Parquet files: a query pays for each file that it opens
COLD_AFTER_DAYS = 90
ERRORS_KEPT_DAYS = 30
FIRST_PARTITION = "2026-01-01"


@dataclass(frozen=True)
class TelemetryLakeArgs:
    """`stream_key_arn` decrypts what is read, `lake_key_arn` encrypts what is written."""

    account_id: str
    region: Region
    database_name: str
    stream_arn: pulumi.Input[str]
    stream_key_arn: pulumi.Input[str]
    lake_key_arn: pulumi.Input[str]
    log_key_arn: pulumi.Input[str]
    log_retention_days: int
    protect: bool
    tags: Tags


class TelemetryLake(pulumi.ComponentResource):
    """The raw telemetry of a market, for SQL: bucket, Glue table and the delivery into them."""

    bucket: EncryptedBucket
    delivery_stream_name: pulumi.Output[str]
    database_name: pulumi.Output[str]
    table_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: TelemetryLakeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:telemetry:TelemetryLake", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = EncryptedBucket(
            f"{name}-raw",
            EncryptedBucketArgs(
                key_arn=args.lake_key_arn,
                tags=args.tags,
                protect=args.protect,
                lifecycle_rules=[
                    archive(COLD_AFTER_DAYS, rule_id="cold", prefix=f"{TABLE}/"),
                    expire(ERRORS_KEPT_DAYS, rule_id="expire-errors", prefix="errors/"),
                ],
            ),
            opts=child,
        )
        database = aws.glue.CatalogDatabase(
            f"{name}-database",
            aws.glue.CatalogDatabaseArgs(
                name=args.database_name, description="Raw telemetry", tags=args.tags
            ),
            opts=child,
        )
        table = aws.glue.CatalogTable(
            f"{name}-table", telemetry_table(database.name, self.bucket.bucket_name), opts=child
        )
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            aws.cloudwatch.LogGroupArgs(
                kms_key_id=args.log_key_arn, retention_in_days=args.log_retention_days, tags=args.tags
            ),
            opts=child,
        )
        log_stream = aws.cloudwatch.LogStream(
            f"{name}-log-stream",
            aws.cloudwatch.LogStreamArgs(log_group_name=logs.name, name="S3Delivery"),
            opts=pulumi.ResourceOptions(parent=logs),
        )
        role = service_role(
            f"{name}-delivery-role",
            service="firehose.amazonaws.com",
            account_id=args.account_id,
            description="Lets Firehose bring telemetry from the stream to the lake",
            statements=_delivery_may(args, self.bucket.arn, logs.arn, table.name),
            tags=args.tags,
            parent=self,
        )
        delivery = aws.kinesis.FirehoseDeliveryStream(
            f"{name}-delivery",
            aws.kinesis.FirehoseDeliveryStreamArgs(
                destination="extended_s3",
                # With a Kinesis source Firehose keeps nothing itself: server-side encryption is the stream's.
                kinesis_source_configuration=(
                    aws.kinesis.FirehoseDeliveryStreamKinesisSourceConfigurationArgs(
                        kinesis_stream_arn=args.stream_arn, role_arn=role.arn
                    )
                ),
                extended_s3_configuration=_destination(
                    args, role, self.bucket.arn, database.name, table.name, logs.name, log_stream.name
                ),
                tags=args.tags,
            ),
            opts=child,
        )
        self.delivery_stream_name = delivery.name
        self.database_name = database.name
        self.table_name = table.name
        self.register_outputs({"bucketName": self.bucket.bucket_name, "databaseName": self.database_name})


def telemetry_table(
    database_name: pulumi.Input[str], bucket_name: pulumi.Input[str]
) -> aws.glue.CatalogTableArgs:
    """The table over a lake's bucket, for any database that is to know it."""
    location = pulumi.Output.concat("s3://", bucket_name, f"/{TABLE}/")
    partition = aws.glue.CatalogTablePartitionKeyArgs
    column = aws.glue.CatalogTableStorageDescriptorColumnArgs
    return aws.glue.CatalogTableArgs(
        name=TABLE,
        database_name=database_name,
        description="Telemetry and life-cycle events as cars sent them, by day and hour of arrival (UTC)",
        table_type="EXTERNAL_TABLE",
        # Partition projection: queries need no crawler and no partition ever has to be added.
        parameters={
            "classification": "parquet",
            "projection.enabled": "true",
            "projection.dt.type": "date",
            "projection.dt.format": "yyyy-MM-dd",
            "projection.dt.range": f"{FIRST_PARTITION},NOW",
            "projection.hour.type": "integer",
            "projection.hour.range": "0,23",
            "projection.hour.digits": "2",
            "storage.location.template": pulumi.Output.concat(location, "dt=${dt}/hour=${hour}/"),
        },
        partition_keys=[partition(name="dt", type="string"), partition(name="hour", type="int")],
        storage_descriptor=aws.glue.CatalogTableStorageDescriptorArgs(
            location=location,
            input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            ser_de_info=aws.glue.CatalogTableStorageDescriptorSerDeInfoArgs(
                serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
            ),
            columns=[column(name=name, type=type_) for name, type_ in COLUMNS.items()],
        ),
    )


def _destination(
    args: TelemetryLakeArgs,
    role: ServiceRole,
    bucket_arn: pulumi.Output[str],
    database_name: pulumi.Output[str],
    table_name: pulumi.Output[str],
    log_group_name: pulumi.Output[str],
    log_stream_name: pulumi.Output[str],
) -> S3DestinationArgs:
    return S3DestinationArgs(
        bucket_arn=bucket_arn,
        role_arn=role.arn,
        kms_key_arn=args.lake_key_arn,
        prefix=f"{TABLE}/dt=!{{timestamp:yyyy-MM-dd}}/hour=!{{timestamp:HH}}/",
        error_output_prefix="errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/",
        custom_time_zone="UTC",
        buffering_interval=BUFFER_SECONDS,
        buffering_size=BUFFER_MIB,
        compression_format="UNCOMPRESSED",  # Parquet compresses inside; Firehose refuses both
        cloudwatch_logging_options=(
            LoggingOptionsArgs(enabled=True, log_group_name=log_group_name, log_stream_name=log_stream_name)
        ),
        data_format_conversion_configuration=_to_parquet(args, role, database_name, table_name),
    )


def _to_parquet(
    args: TelemetryLakeArgs,
    role: ServiceRole,
    database_name: pulumi.Output[str],
    table_name: pulumi.Output[str],
) -> ConversionArgs:
    return ConversionArgs(
        input_format_configuration=InputFormatArgs(
            deserializer=DeserializerArgs(
                open_x_json_ser_de=OpenXJsonArgs(
                    case_insensitive=True, convert_dots_in_json_keys_to_underscores=True
                )
            )
        ),
        output_format_configuration=OutputFormatArgs(
            serializer=SerializerArgs(parquet_ser_de=ParquetArgs(compression="SNAPPY"))
        ),
        schema_configuration=SchemaArgs(
            database_name=database_name, table_name=table_name, region=args.region, role_arn=role.arn
        ),
    )


def _delivery_may(
    args: TelemetryLakeArgs,
    bucket_arn: pulumi.Output[str],
    log_group_arn: pulumi.Output[str],
    table_name: pulumi.Output[str],
) -> list[Statement]:
    glue = f"arn:aws:glue:{args.region}:{args.account_id}"
    return [
        Statement(
            sid="ReadStream",
            actions=[
                "kinesis:DescribeStream",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ],
            resources=[args.stream_arn],
        ),
        Statement(
            sid="WriteLake",
            actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            resources=[pulumi.Output.concat(bucket_arn, "/*")],
        ),
        Statement(
            sid="FindLake",
            actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            resources=[bucket_arn],
        ),
        Statement(
            sid="ReadSchema",
            actions=["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
            resources=[
                f"{glue}:catalog",
                f"{glue}:database/{args.database_name}",
                pulumi.Output.concat(f"{glue}:table/{args.database_name}/", table_name),
            ],
        ),
        Statement(sid="DecryptStream", actions=["kms:Decrypt"], resources=[args.stream_key_arn]),
        Statement(
            sid="EncryptLake", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[args.lake_key_arn]
        ),
        Statement(
            sid="WriteLog",
            actions=["logs:PutLogEvents"],
            resources=[pulumi.Output.concat(log_group_arn, ":*")],
        ),
    ]
