"""Properties that send a copy of the data to a Region of their own."""

from __future__ import annotations

from collections.abc import Mapping

REGION_PATHS: Mapping[str, tuple[str, ...]] = {
    "aws:dynamodb/table:Table": ("replicas[].regionName", "globalTableWitness.regionName"),
    "aws:ec2transitgateway/peeringAttachment:PeeringAttachment": ("peerRegion",),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (
        "extendedS3Configuration.dataFormatConversionConfiguration.schemaConfiguration.region",
    ),
    "aws:route53/healthCheck:HealthCheck": ("cloudwatchAlarmRegion",),
    "aws:dynamodb/globalTable:GlobalTable": ("replicas[].regionName",),
    "aws:secretsmanager/secret:Secret": ("replicas[].region",),
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": (
        "replicationConfiguration.rules[].destinations[].region",
    ),
    "aws:efs/replicationConfiguration:ReplicationConfiguration": ("destination.region",),
    "aws:redshift/snapshotCopy:SnapshotCopy": ("destinationRegion",),
    "aws:rds/snapshotCopy:SnapshotCopy": ("destinationRegion",),
    "aws:rds/clusterSnapshotCopy:ClusterSnapshotCopy": ("destinationRegion",),
    "aws:keyspaces/keyspace:Keyspace": ("replicationSpecification.regionLists[]",),
    "aws:cognito/userPool:UserPool": ("smsConfiguration.snsRegion",),
    "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint": ("details.regions[].region",),
    "aws:glue/catalogTable:CatalogTable": ("targetTable.region",),
    "aws:glue/catalogDatabase:CatalogDatabase": ("targetDatabase.region",),
    "aws:codepipeline/pipeline:Pipeline": ("artifactStores[].region", "stages[].actions[].region"),
    "aws:imagebuilder/distributionConfiguration:DistributionConfiguration": ("distributions[].region",),
    "aws:securitylake/dataLake:DataLake": (
        "configuration.region",
        "configuration.replicationConfiguration.regions[]",
    ),
    "aws:securityhub/findingAggregator:FindingAggregator": ("specifiedRegions[]",),
    "aws:ssm/resourceDataSync:ResourceDataSync": ("s3Destination.region",),
}
"""Type token -> paths of names of Regions."""

ARN_PATHS: Mapping[str, tuple[str, ...]] = {
    "aws:backup/plan:Plan": ("rules[].copyActions[].destinationVaultArn",),
    "aws:cloudwatch/eventTarget:EventTarget": ("arn",),
    "aws:sns/topicSubscription:TopicSubscription": ("endpoint",),
    "aws:pipes/pipe:Pipe": ("target",),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (
        "extendedS3Configuration.kmsKeyArn",
        "opensearchConfiguration.domainArn",
    ),
}
"""Type token -> paths of ARNs of what receives the data."""
