"""A REST API made from an OpenAPI document: validated, throttled, logged, traced.

REST and not HTTP: an HTTP API cannot carry a web ACL
(https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.iam import Statement, service_role
from components.lambda_function import LambdaFunction
from components.openapi import SECURITY_SCHEME, Cors, OpenApiError, operations, served_document
from components.tags import DataClass, Tags, component_tags

_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "sourceIp": "$context.identity.sourceIp",
    "sub": "$context.authorizer.claims.sub",
    "error": "$context.error.message",
    "traceId": "$context.xrayTraceId",
}


@dataclass(frozen=True)
class ApiLoggingArgs:
    """`tags` are the stack's."""

    account_id: str
    tags: Tags


class ApiLogging(pulumi.ComponentResource):
    """Lets API Gateway write execution logs: one setting for all APIs of an account in a Region."""

    account: aws.apigateway.Account

    def __init__(self, name: str, args: ApiLoggingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:rest_api:ApiLogging", name, None, opts)
        role = service_role(
            f"{name}-role",
            service="apigateway.amazonaws.com",
            account_id=args.account_id,
            description="Lets API Gateway write the execution logs of its stages",
            statements=[
                Statement(
                    sid="ExecutionLogs",
                    actions=[
                        "logs:CreateLogGroup",
                        "logs:CreateLogStream",
                        "logs:DescribeLogGroups",
                        "logs:DescribeLogStreams",
                        "logs:PutLogEvents",
                        "logs:GetLogEvents",
                        "logs:FilterLogEvents",
                    ],
                    resources=[f"arn:aws:logs:*:{args.account_id}:log-group:*"],
                )
            ],
            tags=component_tags(args.tags, "rest_api", DataClass.INTERNAL),
            parent=self,
        )
        self.account = aws.apigateway.Account(
            f"{name}-account",
            aws.apigateway.AccountArgs(cloudwatch_role_arn=role.arn),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


@dataclass(frozen=True)
class RestApiArgs:
    """What the API is.

    `document` is an OpenAPI 3.0 document whose protected operations name the security scheme `cognito`;
    `functions` maps a path prefix to the function that serves it, the longest prefix wins; `logging` must be
    there before a stage can log; `custom_domain` switches the execute-api endpoint off; `rate` and `burst`
    are requests per second and at once, for each method; `cors` is the web page that calls it, if one does.
    """

    account_id: str
    document: Mapping[str, Any]
    functions: Mapping[str, LambdaFunction]
    user_pool_arn: pulumi.Input[str]
    stage_name: str
    custom_domain: bool
    rate: float
    burst: int
    logging: ApiLogging
    log_key_arn: pulumi.Input[str]
    log_retention_days: int
    alarm_topic_arn: pulumi.Input[str]
    tags: Tags
    cors: Cors | None = None

    def __post_init__(self) -> None:
        if SECURITY_SCHEME not in self.document.get("components", {}).get("securitySchemes", {}):
            raise OpenApiError(
                f"the document has no security scheme {SECURITY_SCHEME!r}: add it to components"
            )
        for path, method, operation in operations(self.document):
            if not any(path.startswith(prefix) for prefix in self.functions):
                raise OpenApiError(
                    f"{method.upper()} {path}: no function serves it; add a prefix to functions"
                )
            if "security" not in operation and "security" not in self.document:
                raise OpenApiError(
                    f"{method.upper()} {path}: says nothing of security; name a scheme or say []"
                )


class RestApi(pulumi.ComponentResource):
    """API, deployment, stage and what they need; `stage_arn` is what a web ACL is associated with."""

    api_id: pulumi.Output[str]
    api_name: pulumi.Output[str]
    stage_arn: pulumi.Output[str]
    stage_name: pulumi.Output[str]
    invoke_url: pulumi.Output[str]

    def __init__(self, name: str, args: RestApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:rest_api:RestApi", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        invoke_arns = {prefix: function.invoke_arn for prefix, function in args.functions.items()}
        body = pulumi.Output.all(args.user_pool_arn, invoke_arns).apply(
            lambda known: served_document(
                args.document, user_pool_arn=known[0], invoke_arns=known[1], cors=args.cors
            )
        )
        api = aws.apigateway.RestApi(
            f"{name}-api",
            aws.apigateway.RestApiArgs(
                description=str(args.document["info"]["title"]),
                body=body,
                endpoint_configuration=aws.apigateway.RestApiEndpointConfigurationArgs(types="REGIONAL"),
                disable_execute_api_endpoint=args.custom_domain,
                minimum_compression_size="1024",
                fail_on_warnings=True,
                tags=args.tags,
            ),
            opts=child,
        )
        permissions = [
            aws.lambda_.Permission(
                f"{name}-{_slug(prefix)}-permission",
                aws.lambda_.PermissionArgs(
                    action="lambda:InvokeFunction",
                    function=function.function_name,
                    qualifier=function.alias_name,
                    principal="apigateway.amazonaws.com",
                    source_account=args.account_id,
                    source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
                ),
                opts=child,
            )
            for prefix, function in args.functions.items()
        ]
        deployment = aws.apigateway.Deployment(
            f"{name}-deployment",
            aws.apigateway.DeploymentArgs(
                rest_api=api.id,
                triggers={"document": body.apply(lambda text: hashlib.sha256(text.encode()).hexdigest())},
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=permissions),
        )
        access_log = aws.cloudwatch.LogGroup(
            f"{name}-access-log",
            aws.cloudwatch.LogGroupArgs(
                retention_in_days=args.log_retention_days, kms_key_id=args.log_key_arn, tags=args.tags
            ),
            opts=child,
        )
        execution_log = aws.cloudwatch.LogGroup(
            f"{name}-execution-log",
            aws.cloudwatch.LogGroupArgs(
                # API Gateway's own name for it; made here so that it is encrypted and ends.
                name=pulumi.Output.concat("API-Gateway-Execution-Logs_", api.id, f"/{args.stage_name}"),
                retention_in_days=args.log_retention_days,
                kms_key_id=args.log_key_arn,
                tags=args.tags,
            ),
            opts=child,
        )
        stage = aws.apigateway.Stage(
            f"{name}-stage",
            aws.apigateway.StageArgs(
                rest_api=api.id,
                deployment=deployment.id,
                stage_name=args.stage_name,
                xray_tracing_enabled=True,
                access_log_settings=aws.apigateway.StageAccessLogSettingsArgs(
                    destination_arn=access_log.arn, format=json.dumps(_ACCESS_LOG)
                ),
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[execution_log, args.logging.account]),
        )
        aws.apigateway.MethodSettings(
            f"{name}-methods",
            aws.apigateway.MethodSettingsArgs(
                rest_api=api.id,
                stage_name=stage.stage_name,
                method_path="*/*",
                settings=aws.apigateway.MethodSettingsSettingsArgs(
                    metrics_enabled=True,
                    logging_level="ERROR",
                    data_trace_enabled=False,  # it would log whole requests, riders' data with them
                    throttling_rate_limit=args.rate,
                    throttling_burst_limit=args.burst,
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.logging.account]),
        )
        dimensions = {"ApiName": api.name, "Stage": stage.stage_name}
        create_alarms(
            name,
            [
                Alarm(
                    name="server-errors",
                    description="The API answers with 5xx",
                    namespace="AWS/ApiGateway",
                    metric="5XXError",
                    dimensions=dimensions,
                    threshold=0,
                    periods=2,
                ),
                Alarm(
                    name="slow",
                    description="The API answers slowly on average",
                    namespace="AWS/ApiGateway",
                    metric="Latency",
                    dimensions=dimensions,
                    statistic="Average",
                    threshold=1_000,
                    periods=3,
                ),
            ],
            topic_arn=args.alarm_topic_arn,
            tags=args.tags,
            parent=self,
        )
        self.api_id = api.id
        self.api_name = api.name
        self.stage_arn = stage.arn
        self.stage_name = stage.stage_name
        self.invoke_url = stage.invoke_url
        self.register_outputs({"apiId": self.api_id, "stageArn": self.stage_arn})


def _slug(prefix: str) -> str:
    return prefix.strip("/").replace("/", "-") or "root"
