"""Disks, file systems, images, backups, and the encryption settings of buckets."""

from .slots import given, key_rule, must, slot

BUCKET_ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
BUCKET = "aws:s3/bucket:Bucket"
BUCKET_V2 = "aws:s3/bucketV2:BucketV2"

_KMS = must("sseAlgorithm", "aws:kms", "aws:kms:dsse")
_INSTANCES = (
    "aws:ec2/instance:Instance",
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
)
_OBJECTS = (
    "aws:s3/bucketObject:BucketObject",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/objectCopy:ObjectCopy",
)

SLOTS = (
    slot(
        BUCKET_ENCRYPTION,
        "kmsMasterKeyId",
        _KMS,
        block="rules[].applyServerSideEncryptionByDefault",
        control="S3.17",
    ),
    slot(
        BUCKET,
        "kmsMasterKeyId",
        _KMS,
        block="serverSideEncryptionConfiguration.rule.applyServerSideEncryptionByDefault",
        when=given("serverSideEncryptionConfiguration"),
        control="S3.17",
    ),
    slot(
        BUCKET_V2,
        "kmsMasterKeyId",
        _KMS,
        block="serverSideEncryptionConfigurations[].rules[].applyServerSideEncryptionByDefaults[]",
        when=given("serverSideEncryptionConfigurations"),
        control="S3.17",
    ),
    # An object takes the key of its bucket unless it names one, or another algorithm, itself.
    slot(
        _OBJECTS,
        "kmsKeyId",
        must("serverSideEncryption", "aws:kms", "aws:kms:dsse", default="aws:kms"),
        if_key=True,
    ),
    slot(
        BUCKET,
        "replicaKmsKeyId",
        block="replicationConfiguration.rules[].destination",
        if_block=True,
        control="S3.17",
    ),
    slot(
        BUCKET_V2,
        "replicaKmsKeyId",
        block="replicationConfigurations[].rules[].destinations[]",
        if_block=True,
        control="S3.17",
    ),
    slot(
        "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
        "encryptionConfiguration.replicaKmsKeyId",
        block="rules[].destination",
        control="S3.17",
    ),
    slot(
        ("aws:s3tables/tableBucket:TableBucket", "aws:s3tables/table:Table"),
        "kmsKeyArn",
        _KMS,
        block="encryptionConfiguration",
    ),
    slot("aws:ebs/defaultKmsKey:DefaultKmsKey", "keyArn", control="EC2.7"),
    slot("aws:ebs/volume:Volume", "kmsKeyId", must("encrypted", "true"), control="EC2.3"),
    slot("aws:ebs/snapshotCopy:SnapshotCopy", "kmsKeyId", must("encrypted", "true")),
    slot("aws:ebs/snapshotImport:SnapshotImport", "kmsKeyId", must("encrypted", "true")),
    slot("aws:ec2/amiCopy:AmiCopy", "kmsKeyId", must("encrypted", "true")),
    slot(_INSTANCES, "kmsKeyId", must("encrypted", "true"), block="rootBlockDevice", control="EC2.3"),
    slot(
        _INSTANCES,
        "kmsKeyId",
        must("encrypted", "true"),
        block="ebsBlockDevices[]",
        if_block=True,
        control="EC2.3",
    ),
    slot(
        "aws:ec2/launchTemplate:LaunchTemplate",
        "kmsKeyId",
        must("encrypted", "true"),
        block="blockDeviceMappings[].ebs",
        if_block=True,
        control="EC2.3",
    ),
    slot("aws:efs/fileSystem:FileSystem", "kmsKeyId", must("encrypted", "true"), control="EFS.1"),
    slot(
        "aws:efs/replicationConfiguration:ReplicationConfiguration",
        "kmsKeyId",
        block="destination",
        control="EFS.1",
    ),
    slot(
        (
            "aws:fsx/fileCache:FileCache",
            "aws:fsx/lustreFileSystem:LustreFileSystem",
            "aws:fsx/ontapFileSystem:OntapFileSystem",
            "aws:fsx/openZfsFileSystem:OpenZfsFileSystem",
            "aws:fsx/windowsFileSystem:WindowsFileSystem",
        ),
        "kmsKeyId",
    ),
    slot(
        (
            "aws:ecr/repository:Repository",
            "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate",
        ),
        "kmsKey",
        must("encryptionType", "KMS", "KMS_DSSE"),
        block="encryptionConfigurations[]",
        control="ECR.5",
    ),
    slot("aws:backup/vault:Vault", "kmsKeyArn", control="Backup.1"),
    slot(
        "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault", "encryptionKeyArn", control="Backup.1"
    ),
)

RULE = key_rule(
    "encryption-storage",
    "Buckets, disks, file systems, images and backups",
    SLOTS,
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html",
)
