"""Databases, clusters, brokers, instances and images are not reachable or readable by everybody.

PASS     the property that would open the resource says no, or is left out where that means no
FAIL     it says yes, or is left out where AWS takes that for yes (the endpoint of an EKS cluster)
UNKNOWN  it is known only at deployment
"""

from __future__ import annotations

from pulumi_policy import Severity

from ..core.demands import FALSE, TRUE, Given, NoneOf, demand, demand_rule, one_of
from .security_groups import GROUP

_PUBLIC_ADDRESS = (
    "aws:ec2/instance:Instance",
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
    "aws:ec2/launchConfiguration:LaunchConfiguration",
)
_DATABASES = (
    "aws:rds/cluster:Cluster",
    "aws:dms/replicationInstance:ReplicationInstance",
    "aws:mq/broker:Broker",
    "aws:neptune/clusterInstance:ClusterInstance",
    "aws:timestreaminfluxdb/dbCluster:DbCluster",
    "aws:timestreaminfluxdb/dbInstance:DbInstance",
    "aws:rds/shardGroup:ShardGroup",
    "aws:m2/environment:Environment",
)
_ANYONE = NoneOf(("all",))

ROWS = (
    demand(_DATABASES, "publiclyAccessible", FALSE, absent=True),
    demand("aws:rds/instance:Instance", "publiclyAccessible", FALSE, absent=True, control="RDS.2"),
    demand(
        "aws:rds/clusterInstance:ClusterInstance", "publiclyAccessible", FALSE, absent=True, control="RDS.2"
    ),
    demand("aws:redshift/cluster:Cluster", "publiclyAccessible", FALSE, absent=True, control="Redshift.1"),
    demand(
        "aws:redshiftserverless/workgroup:Workgroup",
        "publiclyAccessible",
        FALSE,
        absent=True,
        control="RedshiftServerless.3",
    ),
    demand("aws:neptunegraph/graph:Graph", "publicConnectivity", FALSE, absent=True),
    # AWS opens the endpoint of a cluster unless told not to.
    demand("aws:eks/cluster:Cluster", "endpointPublicAccess", FALSE, block="vpcConfig", control="EKS.1"),
    demand("aws:eks/cluster:Cluster", "endpointPrivateAccess", TRUE, block="vpcConfig"),
    demand(
        "aws:msk/cluster:Cluster",
        "brokerNodeGroupInfo.connectivityInfo.publicAccess.type",
        one_of("DISABLED"),
        absent=True,
    ),
    demand("aws:opensearch/domain:Domain", "vpcOptions.subnetIds", Given(), control="Opensearch.2"),
    demand("aws:elasticsearch/domain:Domain", "vpcOptions.subnetIds", Given(), control="ES.2"),
    demand(_PUBLIC_ADDRESS, "associatePublicIpAddress", FALSE, absent=True, control="EC2.9"),
    demand(
        "aws:ec2/launchTemplate:LaunchTemplate",
        "associatePublicIpAddress",
        FALSE,
        absent=True,
        block="networkInterfaces[]",
        if_block=True,
        control="EC2.25",
    ),
    demand("aws:ec2/subnet:Subnet", "mapPublicIpOnLaunch", FALSE, absent=True, control="EC2.15"),
    demand(
        ("aws:ecs/service:Service", "aws:ecs/taskSet:TaskSet"),
        "assignPublicIp",
        FALSE,
        absent=True,
        block="networkConfiguration",
        if_block=True,
        control="ECS.2",
    ),
    demand(
        "aws:scheduler/schedule:Schedule",
        "target.ecsParameters.networkConfiguration.assignPublicIp",
        FALSE,
        absent=True,
    ),
    demand(
        "aws:cloudwatch/eventTarget:EventTarget",
        "ecsTarget.networkConfiguration.assignPublicIp",
        FALSE,
        absent=True,
    ),
    demand("aws:ec2/amiLaunchPermission:AmiLaunchPermission", "group", _ANYONE, absent=True),
    demand(
        "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission",
        "accountId",
        _ANYONE,
        control="EC2.1",
    ),
    demand("aws:ec2/imageBlockPublicAccess:ImageBlockPublicAccess", "state", one_of("block-new-sharing")),
    demand(
        "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess",
        "state",
        one_of("block-all-sharing", "block-new-sharing"),
    ),
    demand(
        "aws:ec2/vpcBlockPublicAccessOptions:VpcBlockPublicAccessOptions",
        "internetGatewayBlockMode",
        one_of("block-bidirectional", "block-ingress"),
        control="EC2.172",
    ),
    demand("aws:rds/snapshot:Snapshot", "sharedAccounts", _ANYONE, absent=True, control="RDS.1"),
    demand(
        "aws:rds/clusterSnapshot:ClusterSnapshot", "sharedAccounts", _ANYONE, absent=True, control="RDS.1"
    ),
    demand(
        "aws:ssm/document:Document",
        "permissions.accountIds",
        NoneOf(("All", "all")),
        absent=True,
        control="SSM.4",
    ),
    demand("aws:codebuild/project:Project", "projectVisibility", one_of("PRIVATE"), absent=True),
    demand(
        "aws:sagemaker/notebookInstance:NotebookInstance",
        "directInternetAccess",
        one_of("Disabled"),
        control="SageMaker.1",
    ),
    demand(
        "aws:cognito/identityPool:IdentityPool",
        "allowUnauthenticatedIdentities",
        FALSE,
        absent=True,
        control="Cognito.2",
    ),
    demand("aws:apigatewayv2/route:Route", "authorizationType", NoneOf(("NONE",)), control="APIGateway.8"),
    demand(
        "aws:appsync/graphQLApi:GraphQLApi", "authenticationType", NoneOf(("API_KEY",)), control="AppSync.5"
    ),
    # Unsigned, the origin must be open to everybody.
    demand("aws:cloudfront/originAccessControl:OriginAccessControl", "signingBehavior", NoneOf(("never",))),
    demand("aws:secretsmanager/secretPolicy:SecretPolicy", "blockPublicPolicy", TRUE),
    demand(
        "aws:emr/blockPublicAccessConfiguration:BlockPublicAccessConfiguration",
        "blockPublicSecurityGroupRules",
        TRUE,
        control="EMR.2",
    ),
    demand(
        "aws:ec2transitgateway/transitGateway:TransitGateway",
        "autoAcceptSharedAttachments",
        one_of("disable"),
        absent=True,
        control="EC2.23",
    ),
)

RULE = demand_rule(
    "exposure-endpoints",
    GROUP,
    "Databases, clusters, brokers, instances, snapshots and images are not open to everybody.",
    ROWS,
    url="https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html",
    remediation="Keep it inside the network, and share it with named accounts only.",
    severity=Severity.CRITICAL,
)
