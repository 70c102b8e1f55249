"""A REST API made from an OpenAPI document: validated, throttled, logged, traced.

REST and not HTTP: an HTTP API cannot carry a web ACL
(https://docs.aws.amazon.com/waf/latest/developerguide/how-aws-waf-works-resources.html).
"""

import copy
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.iam import Statement, service_role
from components.lambda_function import LambdaFunction
from components.tags import DataClass, Tags, component_tags

_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:[0-9]+)?")
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
SECURITY_SCHEME = "cognito"
VALIDATOR = "all"
INTEGRATION_TIMEOUT_MS = 29_000  # the most that API Gateway waits
# RFC 9457 for what API Gateway answers itself: no authorization, wrong request, too many requests.
_GATEWAY_PROBLEM = (
    '{"type":"about:blank","title":$context.error.messageString,'
    '"status":$context.status,"instance":"urn:request:$context.requestId"}'
)
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


class OpenApiError(ValueError):
    """The OpenAPI document cannot be served as it is."""


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
class Cors:
    """The one web page that may call the API from a browser: `origin` such as `https://backoffice.example.com`.

    API Gateway answers preflights itself and puts the headers on what it refuses itself; without them a
    browser takes an expired token for a broken network. A function's own answers are the function's to mark.
    """

    origin: str
    request_headers: tuple[str, ...] = (
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
    )
    exposed_headers: tuple[str, ...] = ("ETag", "Location", "Retry-After")
    max_age_seconds: int = 600

    def __post_init__(self) -> None:
        if not _ORIGIN.fullmatch(self.origin):
            raise ValueError(
                f"the origin {self.origin!r} is none: use https:// and a host, nothing after it; '*' would "
                "let any web page call the API"
            )


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
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        if SECURITY_SCHEME not in schemes:
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


def operations(document: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Every (path, method, operation) of an OpenAPI document."""
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


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


def served_document(
    document: Mapping[str, Any],
    *,
    user_pool_arn: str,
    invoke_arns: Mapping[str, str],
    cors: Cors | None = None,
) -> str:
    """The document with API Gateway's extensions: integrations, authorizer, validation, its own answers."""
    served = copy.deepcopy(dict(document))
    served["components"]["securitySchemes"][SECURITY_SCHEME] = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [user_pool_arn]},
    }
    served["x-amazon-apigateway-request-validators"] = {
        VALIDATOR: {"validateRequestBody": True, "validateRequestParameters": True}
    }
    served["x-amazon-apigateway-request-validator"] = VALIDATOR
    served["x-amazon-apigateway-gateway-responses"] = {
        kind: {
            "responseTemplates": {"application/json": _GATEWAY_PROBLEM},
            "responseParameters": {
                "gatewayresponse.header.Content-Type": "'application/problem+json'",
                **(_headers("gatewayresponse.header", _cors_headers(cors)) if cors else {}),
            },
        }
        for kind in ("DEFAULT_4XX", "DEFAULT_5XX")
    }
    for path, _, operation in operations(served):
        prefix = max((p for p in invoke_arns if path.startswith(p)), key=len)
        operation["x-amazon-apigateway-integration"] = {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": invoke_arns[prefix],
            "timeoutInMillis": INTEGRATION_TIMEOUT_MS,
        }
    if cors:
        for item in served["paths"].values():
            item["options"] = _preflight(cors, [method for method in item if method in METHODS])
    return json.dumps(served, sort_keys=True)


def _cors_headers(cors: Cors) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": cors.origin,
        "Access-Control-Expose-Headers": ", ".join(cors.exposed_headers),
    }


def _preflight(cors: Cors, methods: list[str]) -> dict[str, Any]:
    """An operation that API Gateway answers without a function and without a token."""
    headers = {
        "Access-Control-Allow-Origin": cors.origin,
        "Access-Control-Allow-Methods": ", ".join(sorted(method.upper() for method in methods)),
        "Access-Control-Allow-Headers": ", ".join(cors.request_headers),
        "Access-Control-Max-Age": str(cors.max_age_seconds),
    }
    return {
        "summary": "Whether a web page may call this path",
        "security": [],
        "responses": {
            "204": {
                "description": "It may",
                "headers": {name: {"schema": {"type": "string"}} for name in headers},
            }
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "passthroughBehavior": "when_no_templates",
            "requestTemplates": {"application/json": '{"statusCode": 204}'},
            "responses": {
                "default": {
                    "statusCode": "204",
                    "responseParameters": _headers("method.response.header", headers),
                }
            },
        },
    }


def _headers(where: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as API Gateway maps them; a constant is in single quotes."""
    return {f"{where}.{name}": f"'{value}'" for name, value in headers.items()}


def _slug(prefix: str) -> str:
    return prefix.strip("/").replace("/", "-") or "root"
