"""Where the lake is asked in SQL: a workgroup that bounds and encrypts every query, with the named ones."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.analytics.queries import QUESTIONS
from components.bucket import EncryptedBucket, EncryptedBucketArgs, expire
from components.tags import Tags

GIB = 1024**3
RESULTS_KEPT_DAYS = 30


@dataclass(frozen=True)
class QueryWorkgroupArgs:
    """`scan_limit_gib`: a query that reads more is stopped. `time_zone`: the market's, an IANA name."""

    account_id: str
    database_name: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    time_zone: str
    scan_limit_gib: int
    protect: bool
    tags: Tags

    def __post_init__(self) -> None:
        if self.scan_limit_gib < 1:
            raise ValueError(f"scan_limit_gib is {self.scan_limit_gib}: let a query read 1 GiB or more")


class QueryWorkgroup(pulumi.ComponentResource):
    """The workgroup, the bucket of its results and the queries that answer what stakeholders ask."""

    arn: pulumi.Output[str]
    workgroup_name: pulumi.Output[str]
    key_arn: pulumi.Input[str]
    results: EncryptedBucket

    def __init__(
        self, name: str, args: QueryWorkgroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:analytics:QueryWorkgroup", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.results = EncryptedBucket(
            f"{name}-results",
            EncryptedBucketArgs(
                key_arn=args.key_arn,
                tags=args.tags,
                protect=args.protect,
                noncurrent_days=1,
                lifecycle_rules=[expire(RESULTS_KEPT_DAYS, rule_id="expire-results", prefix="athena/")],
            ),
            opts=child,
        )
        workgroup = aws.athena.Workgroup(
            f"{name}-workgroup",
            aws.athena.WorkgroupArgs(
                description="Questions to the lake",
                state="ENABLED",
                force_destroy=not args.protect,
                configuration=aws.athena.WorkgroupConfigurationArgs(
                    # What a client asks for is not heard: limit, place and key are the workgroup's.
                    enforce_workgroup_configuration=True,
                    bytes_scanned_cutoff_per_query=args.scan_limit_gib * GIB,
                    publish_cloudwatch_metrics_enabled=True,
                    requester_pays_enabled=False,
                    engine_version=aws.athena.WorkgroupConfigurationEngineVersionArgs(
                        selected_engine_version="Athena engine version 3"
                    ),
                    result_configuration=_results(args, self.results.bucket_name),
                ),
                tags=args.tags,
            ),
            opts=child,
        )
        for question in QUESTIONS:
            aws.athena.NamedQuery(
                f"{name}-{question.name}",
                aws.athena.NamedQueryArgs(
                    name=question.name,
                    description=question.asks,
                    database=args.database_name,
                    workgroup=workgroup.name,
                    query=question.in_zone(args.time_zone),
                ),
                opts=pulumi.ResourceOptions(parent=workgroup),
            )
        self.arn = workgroup.arn
        self.workgroup_name = workgroup.name
        self.key_arn = args.key_arn
        self.register_outputs({"workgroupName": self.workgroup_name})


def _results(
    args: QueryWorkgroupArgs, bucket_name: pulumi.Output[str]
) -> aws.athena.WorkgroupConfigurationResultConfigurationArgs:
    return aws.athena.WorkgroupConfigurationResultConfigurationArgs(
        output_location=pulumi.Output.concat("s3://", bucket_name, "/athena/"),
        expected_bucket_owner=args.account_id,
        encryption_configuration=(
            aws.athena.WorkgroupConfigurationResultConfigurationEncryptionConfigurationArgs(
                encryption_option="SSE_KMS", kms_key_arn=args.key_arn
            )
        ),
    )
