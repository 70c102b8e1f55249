"""Machines, images and services are set up so that a break-in is hard and stays small.

PASS     instance metadata by session only, images scanned and not overwritten, patches applied, VPC routing
FAIL     the setting is off, or left out where that means off
UNKNOWN  the deciding property is known only at deployment
"""

from __future__ import annotations

from pulumi_policy import Severity

from ..core.companions import Companion, companion_rule
from ..core.conditions import differs, equals, given, not_given
from ..core.demands import FALSE, TRUE, Between, Given, NoneOf, NotBeginning, demand, demand_rule, one_of

GROUP = "hardening"

_INSTANCES = ("aws:ec2/instance:Instance", "aws:ec2/spotInstanceRequest:SpotInstanceRequest")
_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
_DEFAULTS = "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults"
_REPOSITORY = "aws:ecr/repository:Repository"
_INSTANCE = "aws:rds/instance:Instance"
_PROJECT = "aws:codebuild/project:Project"
_HEADERS = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
_COMMON_NAMES = NoneOf(("admin", "administrator", "awsuser", "master", "postgres", "root", "sa", "user"))

ROWS = (
    demand(_INSTANCES, "metadataOptions.httpTokens", one_of("required"), control="EC2.8"),
    demand(_TEMPLATE, "metadataOptions.httpTokens", one_of("required"), control="EC2.170"),
    demand(_DEFAULTS, "httpTokens", one_of("required"), control="EC2.8"),
    demand(
        (*_INSTANCES, _TEMPLATE),
        "metadataOptions.httpPutResponseHopLimit",
        Between(1, 2),
        absent=True,
    ),
    demand(
        "aws:ec2/networkInterface:NetworkInterface", "sourceDestCheck", TRUE, absent=True, control="EC2.180"
    ),
    demand("aws:ebs/encryptionByDefault:EncryptionByDefault", "enabled", TRUE, absent=True, control="EC2.7"),
    demand("aws:ec2/vpcEndpointService:VpcEndpointService", "acceptanceRequired", TRUE),
    demand(
        _REPOSITORY, "imageTagMutability", one_of("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"), control="ECR.2"
    ),
    demand(_REPOSITORY, "imageScanningConfiguration.scanOnPush", TRUE, control="ECR.1"),
    demand(_INSTANCE, "autoMinorVersionUpgrade", TRUE, absent=True, control="RDS.13"),
    demand(
        "aws:rds/clusterInstance:ClusterInstance",
        "autoMinorVersionUpgrade",
        TRUE,
        absent=True,
        control="RDS.13",
    ),
    demand("aws:mq/broker:Broker", "autoMinorVersionUpgrade", TRUE, control="MQ.3"),
    demand(
        "aws:dms/replicationInstance:ReplicationInstance", "autoMinorVersionUpgrade", TRUE, control="DMS.6"
    ),
    demand(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "autoMinorVersionUpgrade",
        TRUE,
        absent=True,
        control="ElastiCache.2",
    ),
    demand(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "automaticFailoverEnabled",
        TRUE,
        control="ElastiCache.3",
    ),
    demand("aws:redshift/cluster:Cluster", "allowVersionUpgrade", TRUE, absent=True, control="Redshift.6"),
    demand("aws:redshift/cluster:Cluster", "enhancedVpcRouting", TRUE, control="Redshift.7"),
    demand(
        "aws:redshift/cluster:Cluster", "masterUsername", _COMMON_NAMES, absent=True, control="Redshift.8"
    ),
    demand("aws:redshift/cluster:Cluster", "databaseName", NoneOf(("dev",)), control="Redshift.9"),
    demand(
        "aws:redshiftserverless/workgroup:Workgroup",
        "enhancedVpcRouting",
        TRUE,
        control="RedshiftServerless.1",
    ),
    demand(
        "aws:redshiftserverless/namespace:Namespace",
        "adminUsername",
        _COMMON_NAMES,
        absent=True,
        control="RedshiftServerless.5",
    ),
    demand(
        "aws:redshiftserverless/namespace:Namespace",
        "manageAdminPassword",
        TRUE,
    ),
    demand(
        "aws:redshiftserverless/namespace:Namespace",
        "dbName",
        NoneOf(("dev",)),
        control="RedshiftServerless.7",
    ),
    demand(_INSTANCE, "username", _COMMON_NAMES, absent=True, control="RDS.25"),
    demand("aws:rds/cluster:Cluster", "masterUsername", _COMMON_NAMES, absent=True, control="RDS.24"),
    # A password in the program is one in its state and history: AWS makes, keeps and rotates its own.
    demand(
        _INSTANCE,
        "manageMasterUserPassword",
        TRUE,
        when=(given("username"), differs("engine", "custom-oracle-ee")),
    ),
    demand("aws:rds/cluster:Cluster", "manageMasterUserPassword", TRUE, when=given("masterUsername")),
    demand(_PROJECT, "environment.privilegedMode", FALSE, absent=True, control="CodeBuild.5"),
    demand(
        _PROJECT,
        "type",
        one_of("PARAMETER_STORE", "SECRETS_MANAGER"),
        block="environment.environmentVariables[]",
        if_block=True,
        control="CodeBuild.2",
    ),
    demand("aws:ecs/taskDefinition:TaskDefinition", "networkMode", one_of("awsvpc"), control="ECS.1"),
    demand(
        "aws:ecs/taskDefinition:TaskDefinition", "pidMode", NoneOf(("host",)), absent=True, control="ECS.3"
    ),
    demand("aws:ecs/service:Service", "deploymentCircuitBreaker.enable", TRUE),
    demand("aws:ecs/service:Service", "enableExecuteCommand", FALSE, absent=True),
    demand("aws:efs/accessPoint:AccessPoint", "posixUser.uid", Given(), control="EFS.4"),
    demand("aws:efs/accessPoint:AccessPoint", "rootDirectory.path", NoneOf(("/",)), control="EFS.3"),
    demand("aws:emr/cluster:Cluster", "securityConfiguration", Given()),
    demand(
        "aws:opensearch/domain:Domain", "clusterConfig.zoneAwarenessEnabled", TRUE, control="Opensearch.6"
    ),
    demand(_DISTRIBUTION, "defaultRootObject", Given(), control="CloudFront.1"),
    demand(
        _DISTRIBUTION,
        "originAccessControlId",
        Given(),
        block="origins[]",
        if_block=True,
        when=differs(
            "origins[].customOriginConfig.originProtocolPolicy", "https-only", "http-only", "match-viewer"
        ),
        control="CloudFront.13",
    ),
    demand(_DISTRIBUTION, "defaultCacheBehavior.responseHeadersPolicyId", Given()),
    demand(_DISTRIBUTION, "responseHeadersPolicyId", Given(), block="orderedCacheBehaviors[]", if_block=True),
    demand(_HEADERS, "securityHeadersConfig", Given(), when=not_given("corsConfig")),
    demand(
        _HEADERS,
        "contentSecurityPolicy.contentSecurityPolicy",
        Given(),
        block="securityHeadersConfig",
        if_block=True,
    ),
    *(
        demand(_HEADERS, f"{name}.override", TRUE, block="securityHeadersConfig", if_block=True)
        for name in ("contentSecurityPolicy", "frameOptions", "strictTransportSecurity")
    ),
    demand(
        _HEADERS,
        "strictTransportSecurity.includeSubdomains",
        TRUE,
        block="securityHeadersConfig",
        if_block=True,
    ),
    demand(
        _HEADERS,
        "strictTransportSecurity.accessControlMaxAgeSec",
        Between(31_536_000),
        block="securityHeadersConfig",
        if_block=True,
    ),
    demand(_HEADERS, "contentTypeOptions.override", TRUE, block="securityHeadersConfig", if_block=True),
    demand(
        _HEADERS,
        "frameOptions.frameOption",
        one_of("DENY", "SAMEORIGIN"),
        block="securityHeadersConfig",
        if_block=True,
    ),
    demand(
        _HEADERS,
        "accessControlAllowOrigins.items",
        NoneOf(("*",)),
        block="corsConfig",
        if_block=True,
    ),
    demand("aws:apigatewayv2/api:Api", "corsConfiguration.allowOrigins", NoneOf(("*",)), absent=True),
    demand("aws:lambda/functionUrl:FunctionUrl", "cors.allowOrigins", NoneOf(("*",)), absent=True),
    demand("aws:glue/job:Job", "securityConfiguration", Given()),
    demand("aws:glue/crawler:Crawler", "securityConfiguration", Given()),
    demand("aws:xray/group:Group", "filterExpression", Given()),
    demand("aws:codedeploy/deploymentGroup:DeploymentGroup", "autoRollbackConfiguration.enabled", TRUE),
    # A version that raises alarms must be taken back without anybody waking up.
    demand("aws:codedeploy/deploymentGroup:DeploymentGroup", "alarmConfiguration.enabled", TRUE),
    demand(
        "aws:codedeploy/deploymentGroup:DeploymentGroup",
        "alarmConfiguration.ignorePollAlarmFailure",
        FALSE,
        absent=True,
    ),
    demand("aws:route53/record:Record", "allowOverwrite", FALSE, absent=True),
    demand(
        "aws:apigateway/methodSettings:MethodSettings",
        "settings.cacheDataEncrypted",
        TRUE,
        when=equals("settings.cachingEnabled", "true"),
        control="APIGateway.5",
    ),
    demand(
        "aws:acm/certificate:Certificate",
        "options.certificateTransparencyLoggingPreference",
        one_of("ENABLED"),
        absent=True,
    ),
    # Whoever has the key of a wildcard can be any host of the domain.
    demand("aws:acm/certificate:Certificate", "domainName", NotBeginning(("*.",))),
    demand("aws:acm/certificate:Certificate", "subjectAlternativeNames", NotBeginning(("*.",)), absent=True),
)

RULE = demand_rule(
    "hardening-settings",
    GROUP,
    "Instances, images, databases and distributions are set up against break-ins.",
    ROWS,
    url="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/infrastructure-protection.html",
    severity=Severity.MEDIUM,
)

COMPANIONS = companion_rule(
    "hardening-companions",
    GROUP,
    "Each secret is rotated.",
    (
        Companion(
            ("aws:secretsmanager/secret:Secret",),
            ("aws:secretsmanager/secretRotation:SecretRotation",),
            "secretId",
            ("id", "arn"),
            "rotation",
            "Add an aws.secretsmanager.SecretRotation with secret_id wired to it, or let a service own it",
            "SecretsManager.1",
        ),
    ),
    url="https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html",
    severity=Severity.MEDIUM,
)
