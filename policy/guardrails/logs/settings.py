"""What happens is logged, for long enough, and traced.

PASS     logging, tracing or auditing switched on, with a destination where one is needed
FAIL     it is off, or left out where that means off
UNKNOWN  the deciding property is known only at deployment; a destination that is wired counts as given
"""

from __future__ import annotations

from pulumi_policy import Severity

from ..core.conditions import begins, differs, not_given
from ..core.demands import (
    TRUE,
    AllOf,
    Between,
    Given,
    NoneOf,
    demand,
    demand_rule,
    one_of,
)
from ..waf.endpoints import LOAD_BALANCERS

GROUP = "logging"

_FUNCTION = "aws:lambda/function:Function"
_TRAIL = "aws:cloudtrail/trail:Trail"
_SEARCH = "aws:opensearch/domain:Domain"
_ON = one_of("ERROR", "INFO", "ALL", "FATAL")
_MACHINE = "aws:sfn/stateMachine:StateMachine"

LEAST_DAYS = 7
"""Less is no log: an incident of Friday must still be readable the week after."""

ROWS = (
    demand("aws:cloudwatch/logGroup:LogGroup", "retentionInDays", Between(LEAST_DAYS)),
    # An alarm that tells nobody is a graph.
    demand("aws:cloudwatch/metricAlarm:MetricAlarm", "actionsEnabled", TRUE, absent=True),
    demand(_FUNCTION, "loggingConfig.logFormat", one_of("JSON")),
    demand(_FUNCTION, "loggingConfig.logGroup", Given()),
    # What fails is told at ERROR, what is odd at WARN.
    demand(_FUNCTION, "loggingConfig.applicationLogLevel", NoneOf(("FATAL",)), absent=True),
    demand(_FUNCTION, "tracingConfig.mode", one_of("Active")),
    demand("aws:apigateway/stage:Stage", "accessLogSettings.destinationArn", Given(), control="APIGateway.1"),
    demand("aws:apigateway/stage:Stage", "xrayTracingEnabled", TRUE, control="APIGateway.3"),
    demand(
        "aws:apigateway/methodSettings:MethodSettings",
        "settings.loggingLevel",
        one_of("ERROR", "INFO"),
        control="APIGateway.1",
    ),
    demand("aws:apigateway/methodSettings:MethodSettings", "settings.metricsEnabled", TRUE),
    # A data trace writes whole requests and answers, tokens included, to the log.
    demand(
        "aws:apigateway/methodSettings:MethodSettings",
        "settings.dataTraceEnabled",
        one_of("false"),
        absent=True,
    ),
    demand(
        "aws:apigatewayv2/stage:Stage", "accessLogSettings.destinationArn", Given(), control="APIGateway.9"
    ),
    demand(
        LOAD_BALANCERS,
        "accessLogs.enabled",
        TRUE,
        # Such logs cannot be encrypted with a key of one's own; what is inside the network logs for itself.
        when=(differs("loadBalancerType", "gateway"), differs("internal", "true")),
        control="ELB.5",
    ),
    demand(_TRAIL, "isMultiRegionTrail", TRUE, control="CloudTrail.1"),
    demand(_TRAIL, "includeGlobalServiceEvents", TRUE, absent=True, control="CloudTrail.1"),
    demand(_TRAIL, "enableLogging", TRUE, absent=True, control="CloudTrail.1"),
    demand(_TRAIL, "enableLogFileValidation", TRUE, control="CloudTrail.4"),
    demand(_TRAIL, "cloudWatchLogsGroupArn", Given(), control="CloudTrail.5"),
    demand("aws:cloudtrail/eventDataStore:EventDataStore", "multiRegionEnabled", TRUE, absent=True),
    demand("aws:guardduty/detector:Detector", "enable", TRUE, absent=True, control="GuardDuty.1"),
    demand("aws:guardduty/detectorFeature:DetectorFeature", "status", one_of("ENABLED")),
    demand(
        "aws:cfg/recorder:Recorder",
        "recordingGroup.allSupported",
        TRUE,
        absent=True,
        control="Config.1",
    ),
    demand("aws:cfg/recorderStatus:RecorderStatus", "isEnabled", TRUE, control="Config.1"),
    demand("aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration", "logConfigurations", Given()),
    demand(_MACHINE, "loggingConfiguration.level", _ON, control="StepFunctions.1"),
    demand(_MACHINE, "tracingConfiguration.enabled", TRUE),
    demand("aws:appsync/graphQLApi:GraphQLApi", "logConfig.fieldLogLevel", _ON, control="AppSync.2"),
    demand(
        "aws:eks/cluster:Cluster",
        "enabledClusterLogTypes",
        AllOf(("api", "audit", "authenticator")),
        control="EKS.8",
    ),
    demand(
        "aws:ecs/cluster:Cluster",
        "name",
        one_of("containerInsights"),
        block="settings[]",
        some=True,
        control="ECS.12",
    ),
    demand(
        "aws:ecs/cluster:Cluster",
        "value",
        one_of("enabled", "enhanced"),
        block="settings[]",
        if_block=True,
        control="ECS.12",
    ),
    demand(
        _SEARCH,
        "logType",
        one_of("AUDIT_LOGS"),
        block="logPublishingOptions[]",
        some=True,
        control="Opensearch.5",
    ),
    demand(
        _SEARCH,
        "logType",
        one_of("ES_APPLICATION_LOGS"),
        block="logPublishingOptions[]",
        some=True,
        control="Opensearch.4",
    ),
    demand("aws:rds/instance:Instance", "enabledCloudwatchLogsExports", Given(), control="RDS.9"),
    demand("aws:rds/instance:Instance", "monitoringInterval", Between(1), control="RDS.6"),
    demand("aws:rds/clusterInstance:ClusterInstance", "monitoringInterval", Between(1), control="RDS.6"),
    demand("aws:rds/cluster:Cluster", "enabledCloudwatchLogsExports", Given(), control="RDS.34"),
    demand(
        "aws:docdb/cluster:Cluster", "enabledCloudwatchLogsExports", AllOf(("audit",)), control="DocumentDB.4"
    ),
    demand(
        "aws:neptune/cluster:Cluster", "enableCloudwatchLogsExports", AllOf(("audit",)), control="Neptune.2"
    ),
    demand(
        "aws:redshiftserverless/namespace:Namespace",
        "logExports",
        AllOf(("connectionlog", "userlog")),
        control="RedshiftServerless.6",
    ),
    demand("aws:mq/broker:Broker", "logs.general", TRUE, control="MQ.2"),
    demand(
        "aws:msk/cluster:Cluster",
        "loggingInfo.brokerLogs.cloudwatchLogs.enabled",
        TRUE,
        when=not_given("loggingInfo.brokerLogs.s3.enabled"),
    ),
    demand(
        "aws:athena/workgroup:Workgroup",
        "configuration.publishCloudwatchMetricsEnabled",
        TRUE,
        absent=True,
        control="Athena.4",
    ),
    demand("aws:iot/loggingOptions:LoggingOptions", "defaultLogLevel", NoneOf(("DISABLED",))),
    demand(
        "aws:codebuild/project:Project",
        "logsConfig.cloudwatchLogs.status",
        one_of("ENABLED"),
        absent=True,
        control="CodeBuild.4",
    ),
    demand(
        "aws:ec2/flowLog:FlowLog",
        "trafficType",
        one_of("ALL"),
        when=not_given("transitGatewayId"),
        control="EC2.6",
    ),
    *(
        demand(
            "aws:ec2/vpnConnection:VpnConnection",
            f"tunnel{tunnel}LogOptions.cloudwatchLogOptions.logEnabled",
            TRUE,
            control="EC2.171",
        )
        for tunnel in (1, 2)
    ),
    demand("aws:ec2clientvpn/endpoint:Endpoint", "connectionLogOptions.enabled", TRUE, control="EC2.51"),
    demand("aws:transfer/server:Server", "structuredLogDestinations", Given(), control="Transfer.3"),
    demand("aws:datasync/task:Task", "options.logLevel", NoneOf(("OFF",)), control="DataSync.1"),
    demand("aws:globalaccelerator/accelerator:Accelerator", "attributes.flowLogsEnabled", TRUE),
    demand("aws:amp/workspace:Workspace", "loggingConfiguration.logGroupArn", Given()),
    # AWS traces canaries of the Node runtimes only.
    demand(
        "aws:synthetics/canary:Canary",
        "runConfig.activeTracing",
        TRUE,
        when=begins("runtimeVersion", "syn-nodejs-"),
    ),
    demand("aws:pipes/pipe:Pipe", "logConfiguration.level", _ON),
    demand("aws:cloudwatch/eventBus:EventBus", "logConfig.level", NoneOf(("TRACE",)), absent=True),
    demand(
        "aws:networkfirewall/loggingConfiguration:LoggingConfiguration",
        "loggingConfiguration.logDestinationConfigs",
        Given(),
        control="NetworkFirewall.2",
    ),
    demand(
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        "cloudwatchLoggingOptions.enabled",
        TRUE,
        block="extendedS3Configuration",
        if_block=True,
    ),
)

RULE = demand_rule(
    "logging-settings",
    GROUP,
    "Logging, tracing and auditing are on, and logs are kept long enough.",
    ROWS,
    url="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/detection.html",
    remediation="Switch it on, and send it to a log group or bucket of the stack.",
    severity=Severity.MEDIUM,
)
