"""Functions, clusters, builds and pipelines."""

from .slots import given, key_rule, must, slot

_ECS_CLUSTER = "aws:ecs/cluster:Cluster"

SLOTS = (
    slot("aws:lambda/function:Function", "kmsKeyArn", when=given("environment.variables")),
    slot("aws:lambda/function:Function", "sourceKmsKeyArn", if_key=True),
    slot(
        "aws:lambda/eventSourceMapping:EventSourceMapping", "kmsKeyArn", when=given("filterCriteria.filters")
    ),
    slot(
        "aws:eks/cluster:Cluster",
        "provider.keyArn",
        must("resources", "secrets"),
        block="encryptionConfig",
        control="EKS.3",
    ),
    slot(_ECS_CLUSTER, "kmsKeyId", block="configuration.executeCommandConfiguration", if_block=True),
    slot(_ECS_CLUSTER, "kmsKeyId", block="configuration.managedStorageConfiguration", if_block=True),
    slot(
        _ECS_CLUSTER,
        "fargateEphemeralStorageKmsKeyId",
        block="configuration.managedStorageConfiguration",
        if_block=True,
    ),
    slot(
        "aws:ecs/service:Service",
        "kmsKeyId",
        must("encrypted", "true"),
        block="volumeConfiguration.managedEbsVolume",
        if_block=True,
    ),
    slot(
        "aws:ecs/service:Service",
        "kmsKey",
        block="serviceConnectConfiguration.services[].tls",
        if_block=True,
    ),
    slot("aws:codebuild/project:Project", "encryptionKey"),
    slot(
        "aws:codebuild/reportGroup:ReportGroup",
        "encryptionKey",
        must("encryptionDisabled", "false", default="false"),
        block="exportConfig.s3Destination",
        if_block=True,
    ),
    slot(
        "aws:codepipeline/pipeline:Pipeline",
        "encryptionKey.id",
        must("encryptionKey.type", "KMS"),
        block="artifactStores[]",
    ),
    slot("aws:codeartifact/domain:Domain", "encryptionKey"),
)

RULE = key_rule(
    "encryption-compute",
    "Function environments, cluster secrets, build artefacts and pipelines",
    SLOTS,
    "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html",
)
