"""A Lambda function with its own role, its own log group and an alias to call it by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.iam import Statement, service_role
from components.tags import Tags

RUNTIME = "python3.13"
ARCHITECTURE = "arm64"
ALIAS = "live"
FUNCTIONS_DIR = Path(__file__).resolve().parent.parent / "functions"
LAYER_ARCHIVE = FUNCTIONS_DIR.parent / "build" / "layer.zip"
DOMAIN = "ev_rental"
MAX_ASYNC_EVENT_AGE_SECONDS = 3_600


def function_source(function: str, packages: Sequence[str] = ()) -> pulumi.AssetArchive:
    """The archive of one function: the domain with its data files, `packages`, and the function's own folder.

    Files are listed one by one so that caches and hidden files never change the archive's hash.
    Raises FileNotFoundError when there is no such function.
    """
    if not (FUNCTIONS_DIR / function / "handler.py").is_file():
        raise FileNotFoundError(
            f"no function {function!r}: {FUNCTIONS_DIR / function / 'handler.py'} is missing"
        )
    files = sorted(
        path
        for folder in (DOMAIN, *packages, function)
        for path in (FUNCTIONS_DIR / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    )
    assets: dict[str, pulumi.Asset | pulumi.Archive] = {
        path.relative_to(FUNCTIONS_DIR).as_posix(): pulumi.FileAsset(_relative(path)) for path in files
    }
    return pulumi.AssetArchive(assets)


def dependency_layer(name: str, opts: pulumi.ResourceOptions) -> aws.lambda_.LayerVersion:
    """The layer with what functions import, built by `make layer`.

    Raises FileNotFoundError when it has not been built.
    """
    if not LAYER_ARCHIVE.is_file():
        raise FileNotFoundError(f"{LAYER_ARCHIVE} is missing: build it with `make layer`")
    return aws.lambda_.LayerVersion(
        name,
        aws.lambda_.LayerVersionArgs(
            layer_name=name,
            description="Locked dependencies of the functions",
            code=pulumi.FileArchive(_relative(LAYER_ARCHIVE)),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
            skip_destroy=True,  # an older version, to which a canary rolls back, still needs its layer
        ),
        opts=opts,
    )


def _relative(path: Path) -> str:
    # A path of one machine in the state would show as a change on every other.
    return path.relative_to(FUNCTIONS_DIR.parent).as_posix()


@dataclass(frozen=True)
class FunctionNetwork:
    """Where in a VPC a function is: private subnets and the security groups of its interfaces."""

    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_group_ids: Sequence[pulumi.Input[str]]


@dataclass(frozen=True)
class FunctionHome:
    """What functions of a Region have in common: the account, the layer that they import from, and the key of
    their logs, which are kept for `log_retention_days`."""

    account_id: str
    layer_arn: pulumi.Input[str]
    log_key_arn: pulumi.Input[str]
    log_retention_days: int


@dataclass(frozen=True)
class LambdaFunctionArgs:
    """What a function is.

    `function` is its folder under `functions/`, `packages` the shared ones that it imports beside the domain;
    `timeout_seconds` and `memory_mb` are Lambda's;
    `statements` is what its role may do beyond its own logs and traces; `environment_key_arn` encrypts its
    variables. `dead_letter_arn`, for a function that is called without waiting, is
    the queue that gets the events it failed at; `statements` must let it use that queue's key. `network` is
    for the rare function that must reach something inside the VPC; it has no way out of it.
    """

    function: str
    description: str
    home: FunctionHome
    environment: Mapping[str, pulumi.Input[str]]
    environment_key_arn: pulumi.Input[str]
    statements: Sequence[Statement]
    tags: Tags
    packages: Sequence[str] = ()
    dead_letter_arn: pulumi.Input[str] | None = None
    network: FunctionNetwork | None = None
    timeout_seconds: int = 30
    memory_mb: int = 512
    reserved_concurrency: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.timeout_seconds <= 900:
            raise ValueError(f"timeout_seconds of {self.function} is {self.timeout_seconds}: use 1 to 900")
        if not 128 <= self.memory_mb <= 10_240:
            raise ValueError(f"memory_mb of {self.function} is {self.memory_mb}: use 128 to 10240")
        if self.reserved_concurrency < 1:
            raise ValueError(
                f"reserved_concurrency of {self.function} is {self.reserved_concurrency}: use 1 or more"
            )


class LambdaFunction(pulumi.ComponentResource):
    """The function, its role, log group and alias. Callers use the alias, so that a canary can shift it.

    `source` is the function's folder under `functions/`.
    """

    source: str
    function_name: pulumi.Output[str]
    function_arn: pulumi.Output[str]
    version: pulumi.Output[str]
    role_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    alias_arn: pulumi.Output[str]
    alias_name: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: LambdaFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:lambda_function:LambdaFunction", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            aws.cloudwatch.LogGroupArgs(
                retention_in_days=args.home.log_retention_days,
                kms_key_id=args.home.log_key_arn,
                tags=args.tags,
            ),
            opts=child,
        )
        role = service_role(
            f"{name}-role",
            service="lambda.amazonaws.com",
            account_id=args.home.account_id,
            description=f"Execution role of {name}",
            statements=[
                *_own_logs_and_traces(logs.arn),
                *args.statements,
                *([_send_dead_letters(args.dead_letter_arn)] if args.dead_letter_arn else []),
                *([_be_in_a_network()] if args.network else []),
            ],
            tags=args.tags,
            parent=self,
        )
        function = aws.lambda_.Function(
            f"{name}-function",
            aws.lambda_.FunctionArgs(
                description=args.description,
                role=role.arn,
                runtime=RUNTIME,
                architectures=[ARCHITECTURE],
                handler=f"{args.function}.handler.handler",
                code=function_source(args.function, args.packages),
                layers=[args.home.layer_arn],
                memory_size=args.memory_mb,
                timeout=args.timeout_seconds,
                reserved_concurrent_executions=args.reserved_concurrency,
                publish=True,
                environment=aws.lambda_.FunctionEnvironmentArgs(variables=args.environment),
                kms_key_arn=args.environment_key_arn,
                vpc_config=_vpc_config(args.network),
                tracing_config=aws.lambda_.FunctionTracingConfigArgs(mode="Active"),
                logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                    log_format="JSON",
                    log_group=logs.name,
                    system_log_level="WARN",
                    application_log_level="INFO",
                ),
                tags=args.tags,
            ),
            opts=child,
        )
        alias = aws.lambda_.Alias(
            f"{name}-alias",
            aws.lambda_.AliasArgs(
                name=ALIAS,
                function_name=function.name,
                function_version=function.version,
                description="What callers use",
            ),
            opts=child,
        )
        if args.dead_letter_arn:
            aws.lambda_.FunctionEventInvokeConfig(
                f"{name}-failures",
                aws.lambda_.FunctionEventInvokeConfigArgs(
                    function_name=function.name,
                    qualifier=alias.name,
                    maximum_retry_attempts=2,
                    maximum_event_age_in_seconds=MAX_ASYNC_EVENT_AGE_SECONDS,
                    destination_config=aws.lambda_.FunctionEventInvokeConfigDestinationConfigArgs(
                        on_failure=aws.lambda_.FunctionEventInvokeConfigDestinationConfigOnFailureArgs(
                            destination=args.dead_letter_arn
                        )
                    ),
                ),
                opts=child,
            )
        self.source = args.function
        self.function_name = function.name
        self.function_arn = function.arn
        self.version = function.version
        self.role_arn = role.arn
        self.log_group_name = logs.name
        self.alias_arn = alias.arn
        self.alias_name = alias.name
        self.invoke_arn = alias.invoke_arn
        self.register_outputs({"functionName": self.function_name, "aliasArn": self.alias_arn})


def _vpc_config(network: FunctionNetwork | None) -> aws.lambda_.FunctionVpcConfigArgs | None:
    if network is None:
        return None
    return aws.lambda_.FunctionVpcConfigArgs(
        subnet_ids=network.subnet_ids, security_group_ids=network.security_group_ids
    )


def _be_in_a_network() -> Statement:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html: Lambda checks these on "*".
    return Statement(
        sid="NetworkInterfaces",
        actions=[
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
        ],
        resources=["*"],
    )


def _send_dead_letters(queue_arn: pulumi.Input[str]) -> Statement:
    return Statement(sid="DeadLetters", actions=["sqs:SendMessage"], resources=[queue_arn])


def _own_logs_and_traces(log_group_arn: pulumi.Output[str]) -> list[Statement]:
    return [
        Statement(
            sid="OwnLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[pulumi.Output.concat(log_group_arn, ":*")],
        ),
        Statement(
            sid="Traces",
            actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            resources=["*"],  # X-Ray has no resource-level permission for these two
        ),
    ]
