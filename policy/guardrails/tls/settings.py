"""What is sent over a network is encrypted on its way, with TLS 1.2 or newer.

PASS     HTTPS only, a policy of TLS 1.2 or newer, encryption in transit switched on
FAIL     plain HTTP, an old protocol or policy, encryption in transit off or left out where that means off
UNKNOWN  the deciding property is known only at deployment
"""

from __future__ import annotations

from pulumi_policy import Severity

from ..core.conditions import differs, equals, given
from ..core.demands import FALSE, TRUE, Like, NoneOf, NotBeginning, demand, demand_rule, one_of
from ..waf.endpoints import DISTRIBUTIONS

GROUP = "encryption in transit"

DISTRIBUTION = DISTRIBUTIONS[0]
LISTENERS = ("aws:lb/listener:Listener", "aws:alb/listener:Listener")
_BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")

_EDGE_POLICY = Like(r"TLSv1\.2_20(?:19|2[1-9])|TLSv1\.3_20\d\d", "TLSv1.2_2021 or newer", "TLSv1.2_2021")
_API_POLICY = Like(r"TLS_1_2|SecurityPolicy_TLS1[23].*", "TLS_1_2 or newer", "TLS_1_2")
_LISTENER_POLICY = Like(
    r"ELBSecurityPolicy-TLS13-1-[23](?!-Ext1).*|ELBSecurityPolicy-FS-1-2-Res-2020-10|ELBSecurityPolicy-TLS-1-2-2017-01",
    "a policy of TLS 1.2 or newer such as ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
)
_SEARCH_POLICY = Like(
    r"Policy-Min-TLS-1-2-.*", "Policy-Min-TLS-1-2-PFS-2023-10", "Policy-Min-TLS-1-2-PFS-2023-10"
)
_DEVICE_POLICY = Like(
    r"IotSecurityPolicy_TLS1[23]_.*",
    "IotSecurityPolicy_TLS13_1_2_2022_10 or newer",
    "IotSecurityPolicy_TLS13_1_2_2022_10",
)
_TRANSFER_POLICY = Like(
    r"TransferSecurityPolicy-(?:20(?:2[2-9])-\d\d|FIPS-20(?:2[3-9])-\d\d|.*PQ.*)",
    "TransferSecurityPolicy-2024-01 or newer",
    "TransferSecurityPolicy-2024-01",
)
_HTTPS_VIEWER = one_of("redirect-to-https", "https-only")
_OLD_PROTOCOLS = NoneOf(("SSLv3", "TLSv1", "TLSv1.1"))
_PLAIN_HTTP = NotBeginning(("http://",))
_DATABASE_TLS = NoneOf(("none", ""))

ROWS = (
    # CloudFront, from the viewer and to the origin.
    demand(DISTRIBUTION, "defaultCacheBehavior.viewerProtocolPolicy", _HTTPS_VIEWER, control="CloudFront.3"),
    demand(
        DISTRIBUTION,
        "viewerProtocolPolicy",
        _HTTPS_VIEWER,
        block="orderedCacheBehaviors[]",
        if_block=True,
        control="CloudFront.3",
    ),
    demand(
        DISTRIBUTION,
        "viewerCertificate.minimumProtocolVersion",
        _EDGE_POLICY,
        when=given("aliases"),
        control="CloudFront.15",
    ),
    demand(
        DISTRIBUTION,
        "viewerCertificate.sslSupportMethod",
        one_of("sni-only"),
        when=given("viewerCertificate.acmCertificateArn"),
        control="CloudFront.8",
    ),
    demand(
        DISTRIBUTION,
        "viewerCertificate.cloudfrontDefaultCertificate",
        FALSE,
        absent=True,
        when=given("aliases"),
        control="CloudFront.7",
    ),
    demand(
        DISTRIBUTION,
        "originProtocolPolicy",
        one_of("https-only"),
        block="origins[].customOriginConfig",
        if_block=True,
        control="CloudFront.9",
    ),
    demand(
        DISTRIBUTION,
        "originSslProtocols",
        _OLD_PROTOCOLS,
        block="origins[].customOriginConfig",
        if_block=True,
        control="CloudFront.10",
    ),
    demand(
        "aws:cloudfront/vpcOrigin:VpcOrigin",
        "vpcOriginEndpointConfig.originProtocolPolicy",
        one_of("https-only"),
        control="CloudFront.9",
    ),
    # APIs and load balancers.
    demand(("aws:apigateway/domainName:DomainName",), "securityPolicy", _API_POLICY),
    demand("aws:apigatewayv2/domainName:DomainName", "domainNameConfiguration.securityPolicy", _API_POLICY),
    # The endpoint that AWS gives an API takes TLS 1.0, and callers past the domain of one's own.
    demand(
        "aws:apigateway/restApi:RestApi",
        "disableExecuteApiEndpoint",
        TRUE,
        when=differs("endpointConfiguration.types", "PRIVATE"),
    ),
    demand("aws:apigateway/integration:Integration", "uri", _PLAIN_HTTP, absent=True),
    demand(
        "aws:apigateway/integration:Integration", "tlsConfig.insecureSkipVerification", FALSE, absent=True
    ),
    demand("aws:apigatewayv2/integration:Integration", "integrationUri", _PLAIN_HTTP, absent=True),
    demand(
        LISTENERS,
        "sslPolicy",
        _LISTENER_POLICY,
        when=equals("protocol", "HTTPS", "TLS"),
        control="ELB.17",
    ),
    demand(
        LISTENERS,
        "redirect.protocol",
        one_of("HTTPS"),
        block="defaultActions[]",
        when=equals("protocol", "HTTP"),
        control="ELB.1",
    ),
    demand(LISTENERS, "protocol", NoneOf(("TCP", "UDP", "TCP_UDP")), absent=True, control="ELB.18"),
    demand(
        _BALANCERS,
        "dropInvalidHeaderFields",
        TRUE,
        when=differs("loadBalancerType", "network", "gateway"),
        control="ELB.4",
    ),
    demand(
        _BALANCERS,
        "desyncMitigationMode",
        one_of("defensive", "strictest"),
        absent=True,
        control="ELB.12",
    ),
    # Databases, caches, search, brokers.
    demand(
        "aws:opensearch/domain:Domain", "domainEndpointOptions.enforceHttps", TRUE, control="Opensearch.8"
    ),
    demand(
        "aws:opensearch/domain:Domain",
        "domainEndpointOptions.tlsSecurityPolicy",
        _SEARCH_POLICY,
        control="Opensearch.8",
    ),
    demand("aws:opensearch/domain:Domain", "nodeToNodeEncryption.enabled", TRUE, control="Opensearch.3"),
    demand(
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "transitEncryptionEnabled",
        TRUE,
        control="ElastiCache.5",
    ),
    demand("aws:memorydb/cluster:Cluster", "tlsEnabled", TRUE, absent=True),
    demand("aws:dax/cluster:Cluster", "clusterEndpointEncryptionType", one_of("TLS"), control="DynamoDB.7"),
    demand("aws:rds/proxy:Proxy", "requireTls", TRUE, control="RDS.43"),
    demand("aws:dms/endpoint:Endpoint", "sslMode", _DATABASE_TLS, control="DMS.9"),
    demand(
        "aws:msk/cluster:Cluster",
        "encryptionInfo.encryptionInTransit.clientBroker",
        one_of("TLS"),
        absent=True,
        control="MSK.1",
    ),
    demand(
        "aws:msk/cluster:Cluster",
        "encryptionInfo.encryptionInTransit.inCluster",
        TRUE,
        absent=True,
        control="MSK.1",
    ),
    demand(
        "aws:redshiftserverless/workgroup:Workgroup",
        "parameterKey",
        one_of("require_ssl"),
        block="configParameters[]",
        some=True,
        control="RedshiftServerless.2",
    ),
    demand("aws:appsync/apiCache:ApiCache", "transitEncryptionEnabled", TRUE, control="AppSync.6"),
    # Devices, files, messages.
    demand(
        "aws:iot/domainConfiguration:DomainConfiguration",
        "tlsConfig.securityPolicy",
        _DEVICE_POLICY,
    ),
    demand(
        "aws:ecs/taskDefinition:TaskDefinition",
        "transitEncryption",
        one_of("ENABLED"),
        block="volumes[].efsVolumeConfiguration",
        if_block=True,
    ),
    demand("aws:datasync/efsLocation:EfsLocation", "inTransitEncryption", one_of("TLS1_2")),
    demand("aws:sns/topicSubscription:TopicSubscription", "protocol", NoneOf(("http",))),
    demand("aws:cloudwatch/eventApiDestination:EventApiDestination", "invocationEndpoint", _PLAIN_HTTP),
    demand("aws:iot/topicRule:TopicRule", "url", _PLAIN_HTTP, block="https[]", if_block=True),
    demand("aws:route53/healthCheck:HealthCheck", "type", NoneOf(("HTTP", "HTTP_STR_MATCH")), absent=True),
    demand(
        "aws:ses/configurationSet:ConfigurationSet", "deliveryOptions.tlsPolicy", one_of("Require", "REQUIRE")
    ),
    demand("aws:sesv2/configurationSet:ConfigurationSet", "deliveryOptions.tlsPolicy", one_of("REQUIRE")),
    demand("aws:transfer/server:Server", "protocols", NoneOf(("FTP",)), absent=True, control="Transfer.2"),
    demand("aws:transfer/server:Server", "securityPolicyName", _TRANSFER_POLICY),
    demand("aws:codebuild/project:Project", "source.insecureSsl", FALSE, absent=True),
    demand(
        "aws:acm/certificate:Certificate",
        "keyAlgorithm",
        NoneOf(("RSA_1024",)),
        absent=True,
        control="ACM.2",
    ),
)

RULE = demand_rule(
    "tls-settings",
    GROUP,
    "What is sent over a network is encrypted with TLS 1.2 or newer.",
    ROWS,
    url="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/protecting-data-in-transit.html",
    remediation="Use HTTPS or TLS, and the newest policy that callers can use.",
    severity=Severity.HIGH,
)
