"""Forms of the ids and ARNs that AWS gives, by type. A template is filled from a `Wanted`."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from local.deploy.wanted import Wanted, digest

Template = str | list[str] | Callable[[Wanted], Any]


def _key_id(one: Wanted) -> str:
    return f"mrk-{one['hex'][:32]}" if one.get("multiRegion") else str(one["uuid"])


ID: Final[Mapping[str, Template]] = {
    "aws:apigateway/domainName:DomainName": "{domainName}",
    "aws:apigateway/restApi:RestApi": "{hex:.10}",
    "aws:apigateway/stage:Stage": "ags-{restApi}-{stageName}",
    "aws:cloudfront/distribution:Distribution": lambda one: "E" + one["hex"][:13].upper(),
    "aws:cognito/resourceServer:ResourceServer": "{userPoolId}|{identifier}",
    "aws:cognito/userPoolDomain:UserPoolDomain": "{domain}",
    "aws:ec2/networkAcl:NetworkAcl": "acl-{hex:.17}",
    "aws:ec2/securityGroup:SecurityGroup": "sg-{hex:.17}",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "vpce-{hex:.17}",
    "aws:ec2/flowLog:FlowLog": "fl-{hex:.17}",
    "aws:ec2/subnet:Subnet": "subnet-{hex:.17}",
    "aws:ec2/vpc:Vpc": "vpc-{hex:.17}",
    "aws:ec2/vpnConnection:VpnConnection": "vpn-{hex:.17}",
    "aws:ec2/customerGateway:CustomerGateway": "cgw-{hex:.17}",
    "aws:ec2transitgateway/transitGateway:TransitGateway": "tgw-{hex:.17}",
    "aws:ec2transitgateway/routeTable:RouteTable": "tgw-rtb-{hex:.17}",
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": "tgw-attach-{hex:.17}",
    "aws:ec2transitgateway/peeringAttachment:PeeringAttachment": "tgw-attach-{hex:.17}",
    "aws:guardduty/detector:Detector": "{hex:.32}",
    "aws:kms/alias:Alias": "{name}",
    "aws:kms/replicaKey:ReplicaKey": lambda one: str(one["primaryKeyArn"]).rpartition("/")[2],
    "aws:kms/key:Key": _key_id,
    "aws:route53/zone:Zone": lambda one: "Z" + one["hex"][:19].upper(),
    "aws:route53/record:Record": "{zoneId}_{name}_{type}",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "sgr-{hex:.17}",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "sgr-{hex:.17}",
    "aws:signer/signingProfile:SigningProfile": "{name}",
    "aws:signer/signingJob:SigningJob": "{uuid}",
    "aws:organizations/organization:Organization": "o-{hex:.10}",
    "aws:organizations/organizationalUnit:OrganizationalUnit": "ou-{hex:.4}-{hex:.8}",
    "aws:organizations/account:Account": lambda one: str(int(digest(one.urn, 12), 16))[:12].zfill(12),
    "aws:lambda/eventSourceMapping:EventSourceMapping": "{uuid}",
    "aws:cognito/userPool:UserPool": "{region}_{hex:.9}",
    "aws:cognito/userPoolClient:UserPoolClient": "{hex:.26}",
}
"""Types whose id is neither the ARN, nor the name, nor a UUID."""

BY_NAME: Final = frozenset(
    {
        "aws:iam/role:Role",
        "aws:lambda/function:Function",
        "aws:athena/workgroup:Workgroup",
        "aws:cfg/recorder:Recorder",
        "aws:cfg/deliveryChannel:DeliveryChannel",
        "aws:cloudwatch/eventRule:EventRule",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:cloudwatch/logDeliverySource:LogDeliverySource",
        "aws:codedeploy/application:Application",
        "aws:codedeploy/deploymentConfig:DeploymentConfig",
        "aws:dynamodb/table:Table",
        "aws:ecr/repository:Repository",
        "aws:ecs/cluster:Cluster",
        "aws:eks/cluster:Cluster",
        "aws:iam/user:User",
        "aws:iot/policy:Policy",
        "aws:iot/thingGroup:ThingGroup",
        "aws:iot/thingType:ThingType",
        "aws:iot/provisioningTemplate:ProvisioningTemplate",
        "aws:iot/topicRule:TopicRule",
        "aws:iot/domainConfiguration:DomainConfiguration",
        "aws:s3/bucket:Bucket",
        "aws:ssm/parameter:Parameter",
        "aws:synthetics/canary:Canary",
        "aws:backup/vault:Vault",
        "aws:opensearch/domain:Domain",
        "aws:redshiftserverless/namespace:Namespace",
        "aws:redshiftserverless/workgroup:Workgroup",
        "aws:glue/catalogDatabase:CatalogDatabase",
    }
)

ARN_AS_ID: Final = frozenset(
    {
        "aws:acm/certificate:Certificate",
        "aws:iam/policy:Policy",
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        "aws:lambda/alias:Alias",
        "aws:lambda/layerVersion:LayerVersion",
        "aws:sns/topic:Topic",
        "aws:wafv2/webAcl:WebAcl",
        "aws:kinesis/stream:Stream",
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "aws:secretsmanager/secret:Secret",
        "aws:sns/platformApplication:PlatformApplication",
    }
)


ARN: Final[Mapping[str, str]] = {
    "aws:accessanalyzer/analyzer:Analyzer": "access-analyzer:{region}:{account}:analyzer/{analyzerName}",
    "aws:acm/certificate:Certificate": "acm:{region}:{account}:certificate/{uuid}",
    "aws:amp/workspace:Workspace": "aps:{region}:{account}:workspace/ws-{uuid}",
    "aws:apigateway/domainName:DomainName": "apigateway:{region}::/domainnames/{domainName}",
    "aws:apigateway/restApi:RestApi": "apigateway:{region}::/restapis/{hex:.10}",
    "aws:apigateway/stage:Stage": "apigateway:{region}::/restapis/{restApi}/stages/{stageName}",
    "aws:athena/workgroup:Workgroup": "athena:{region}:{account}:workgroup/{name}",
    "aws:backup/plan:Plan": "backup:{region}:{account}:backup-plan:{uuid}",
    "aws:backup/vault:Vault": "backup:{region}:{account}:backup-vault:{name}",
    "aws:budgets/budget:Budget": "budgets::{account}:budget/{name}",
    "aws:cfg/rule:Rule": "config:{region}:{account}:config-rule/config-rule-{hex:.6}",
    "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration": (
        "chatbot::{account}:chat-configuration/slack-channel/{configurationName}"
    ),
    "aws:cloudfront/cachePolicy:CachePolicy": "cloudfront::{account}:cache-policy/{uuid}",
    "aws:cloudfront/distribution:Distribution": "cloudfront::{account}:distribution/{id}",
    "aws:cloudfront/function:Function": "cloudfront::{account}:function/{name}",
    "aws:cloudfront/originAccessControl:OriginAccessControl": (
        "cloudfront::{account}:origin-access-control/{uuid}"
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (
        "cloudfront::{account}:response-headers-policy/{uuid}"
    ),
    "aws:cloudtrail/trail:Trail": "cloudtrail:{region}:{account}:trail/{name}",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": "cloudwatch:{region}:{account}:alarm:{alarmName}",
    "aws:cloudwatch/eventApiDestination:EventApiDestination": (
        "events:{region}:{account}:api-destination/{name}/{uuid}"
    ),
    "aws:cloudwatch/eventArchive:EventArchive": "events:{region}:{account}:archive/{name}",
    "aws:cloudwatch/eventBus:EventBus": "events:{region}:{account}:event-bus/{name}",
    "aws:cloudwatch/eventConnection:EventConnection": "events:{region}:{account}:connection/{name}/{uuid}",
    "aws:cloudwatch/logDelivery:LogDelivery": "logs:{region}:{account}:delivery:{hex:.16}",
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": (
        "logs:{region}:{account}:delivery-destination:{name}"
    ),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": "logs:{region}:{account}:delivery-source:{name}",
    "aws:cloudwatch/logGroup:LogGroup": "logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "aws:codedeploy/application:Application": "codedeploy:{region}:{account}:application:{name}",
    "aws:cognito/userPool:UserPool": "cognito-idp:{region}:{account}:userpool/{id}",
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor": "ce::{account}:anomalymonitor/{uuid}",
    "aws:costexplorer/anomalySubscription:AnomalySubscription": "ce::{account}:anomalysubscription/{uuid}",
    "aws:dynamodb/table:Table": "dynamodb:{region}:{account}:table/{name}",
    "aws:ec2/networkAcl:NetworkAcl": "ec2:{region}:{account}:network-acl/acl-{hex:.17}",
    "aws:ec2/securityGroup:SecurityGroup": "ec2:{region}:{account}:security-group/sg-{hex:.17}",
    "aws:ec2/vpcEndpoint:VpcEndpoint": "ec2:{region}:{account}:vpc-endpoint/vpce-{hex:.17}",
    "aws:ec2/flowLog:FlowLog": "ec2:{region}:{account}:vpc-flow-log/fl-{hex:.17}",
    "aws:ec2transitgateway/transitGateway:TransitGateway": "ec2:{region}:{account}:transit-gateway/{id}",
    "aws:ec2transitgateway/routeTable:RouteTable": "ec2:{region}:{account}:transit-gateway-route-table/{id}",
    "aws:ec2transitgateway/vpcAttachment:VpcAttachment": (
        "ec2:{region}:{account}:transit-gateway-attachment/{id}"
    ),
    "aws:ec2transitgateway/peeringAttachment:PeeringAttachment": (
        "ec2:{region}:{account}:transit-gateway-attachment/{id}"
    ),
    "aws:ecr/repository:Repository": "ecr:{region}:{account}:repository/{name}",
    "aws:ecs/cluster:Cluster": "ecs:{region}:{account}:cluster/{name}",
    "aws:eks/cluster:Cluster": "eks:{region}:{account}:cluster/{name}",
    "aws:glue/catalogDatabase:CatalogDatabase": "glue:{region}:{account}:database/{name}",
    "aws:glue/catalogTable:CatalogTable": "glue:{region}:{account}:table/{databaseName}/{name}",
    "aws:guardduty/detector:Detector": "guardduty:{region}:{account}:detector/{hex:.32}",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": "iam::{account}:oidc-provider/{host}",
    "aws:iam/policy:Policy": "iam::{account}:policy/{name}",
    "aws:iam/role:Role": "iam::{account}:role/{name}",
    "aws:iam/serviceLinkedRole:ServiceLinkedRole": (
        "iam::{account}:role/aws-service-role/{awsServiceName}/AWSServiceRole-{hex:.7}"
    ),
    "aws:iot/domainConfiguration:DomainConfiguration": (
        "iot:{region}:{account}:domainconfiguration/{name}/{hex:.5}"
    ),
    "aws:iot/policy:Policy": "iot:{region}:{account}:policy/{name}",
    "aws:iot/provisioningTemplate:ProvisioningTemplate": "iot:{region}:{account}:provisioningtemplate/{name}",
    "aws:iot/thingGroup:ThingGroup": "iot:{region}:{account}:thinggroup/{name}",
    "aws:iot/thingType:ThingType": "iot:{region}:{account}:thingtype/{name}",
    "aws:iot/topicRule:TopicRule": "iot:{region}:{account}:rule/{name}",
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (
        "firehose:{region}:{account}:deliverystream/{name}"
    ),
    "aws:kinesis/stream:Stream": "kinesis:{region}:{account}:stream/{name}",
    "aws:kms/alias:Alias": "kms:{region}:{account}:{name}",
    "aws:kms/key:Key": "kms:{region}:{account}:key/{id}",
    "aws:kms/replicaKey:ReplicaKey": "kms:{region}:{account}:key/{id}",
    "aws:lambda/alias:Alias": "lambda:{region}:{account}:function:{function}:{name}",
    "aws:lambda/codeSigningConfig:CodeSigningConfig": (
        "lambda:{region}:{account}:code-signing-config:csc-{hex:.17}"
    ),
    "aws:lambda/eventSourceMapping:EventSourceMapping": (
        "lambda:{region}:{account}:event-source-mapping:{uuid}"
    ),
    "aws:lambda/function:Function": "lambda:{region}:{account}:function:{name}",
    "aws:lambda/layerVersion:LayerVersion": "lambda:{region}:{account}:layer:{layerName}:1",
    "aws:opensearch/domain:Domain": "es:{region}:{account}:domain/{domainName}",
    "aws:organizations/account:Account": "organizations::{account}:account/{id}",
    "aws:organizations/organization:Organization": "organizations::{account}:organization/{id}",
    "aws:redshiftserverless/namespace:Namespace": "redshift-serverless:{region}:{account}:namespace/{uuid}",
    "aws:redshiftserverless/workgroup:Workgroup": "redshift-serverless:{region}:{account}:workgroup/{uuid}",
    "aws:route53/healthCheck:HealthCheck": "route53:::healthcheck/{uuid}",
    "aws:route53/zone:Zone": "route53:::hostedzone/{id}",
    "aws:s3/bucket:Bucket": "s3:::{name}",
    "aws:s3/bucketObjectv2:BucketObjectv2": "s3:::{bucket}/{key}",
    "aws:scheduler/schedule:Schedule": "scheduler:{region}:{account}:schedule/{groupName}/{name}",
    "aws:scheduler/scheduleGroup:ScheduleGroup": "scheduler:{region}:{account}:schedule-group/{name}",
    "aws:secretsmanager/secret:Secret": "secretsmanager:{region}:{account}:secret:{name}-{hex:.6}",
    "aws:signer/signingProfile:SigningProfile": "signer:{region}:{account}:/signing-profiles/{name}",
    "aws:sns/platformApplication:PlatformApplication": "sns:{region}:{account}:app/{platform}/{name}",
    "aws:sns/topic:Topic": "sns:{region}:{account}:{name}",
    "aws:sqs/queue:Queue": "sqs:{region}:{account}:{name}",
    "aws:ssm/parameter:Parameter": "ssm:{region}:{account}:parameter/{name}",
    "aws:synthetics/canary:Canary": "synthetics:{region}:{account}:canary:{name}",
    "aws:wafv2/webAcl:WebAcl": "wafv2:{region}:{account}:regional/webacl/{name}/{uuid}",
    "aws:xray/group:Group": "xray:{region}:{account}:group/{groupName}/{hex:.7}",
    "aws:xray/samplingRule:SamplingRule": "xray:{region}:{account}:sampling-rule/{ruleName}",
}
"""ARNs without `arn:aws:`."""
