"""CodeDeploy canaries on function aliases: tried out, a share of the traffic, then all, or back.

Pulumi publishes versions; CodeDeploy moves the aliases (see releases.py) when `python -m delivery release`
asks it to, after each `pulumi up`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import create_alarms, function_alarms
from components.delivery.checks import check_of
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Statement, service_role
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.tags import DataClass, component_tags

MAX_ALARMS = 10  # of a deployment group
MAX_ENVIRONMENT_BYTES = 4_096
ERROR_SHARE = 0.01
HOOK_TIMEOUT_SECONDS = 150
MINUTES = 10
PERCENT = 10


@dataclass(frozen=True)
class FunctionCanariesArgs:
    """`functions` of the foundation's Region by name; `percent` of the traffic for `minutes`.

    `alarm_names` stop every deployment beside the function's own alarm.
    """

    foundation: Foundation
    functions: Mapping[str, LambdaFunction]
    percent: int = PERCENT
    minutes: int = MINUTES
    alarm_names: Sequence[pulumi.Input[str]] = ()

    def __post_init__(self) -> None:
        if not self.functions:
            raise ValueError("functions is empty: name those whose new versions are tried out")
        if not 1 <= self.percent <= 99:
            raise ValueError(f"percent is {self.percent}: use 1 to 99")
        if self.minutes < 3:
            raise ValueError(f"minutes is {self.minutes}: use 3 or more, an alarm needs two minutes to fire")
        if len(self.alarm_names) > MAX_ALARMS - 1:
            raise ValueError(
                f"{len(self.alarm_names)} alarm_names: CodeDeploy takes {MAX_ALARMS} a group, "
                "one of them is the function's own"
            )


class FunctionCanaries(pulumi.ComponentResource):
    """One CodeDeploy application of a Region, with a deployment group a function, and the hook they share.

    `canaries` is what the release needs to know, as a stack output.
    """

    canaries: pulumi.Output[list[dict[str, str]]]
    hook: LambdaFunction

    def __init__(
        self, name: str, args: FunctionCanariesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:delivery:FunctionCanaries", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        self._tags = component_tags(base.tags, "delivery", DataClass.INTERNAL)
        self.hook = self._hook()
        role = service_role(
            f"{name}-role",
            service="codedeploy.amazonaws.com",
            account_id=base.account_id,
            description="Lets CodeDeploy move the aliases of functions",
            statements=self._codedeploy_may(),
            tags=self._tags,
            parent=self,
        )
        application = aws.codedeploy.Application(
            f"{name}-application",
            aws.codedeploy.ApplicationArgs(compute_platform="Lambda", tags=self._tags),
            opts=self._child,
        )
        plan = aws.codedeploy.DeploymentConfig(
            f"{name}-plan",
            aws.codedeploy.DeploymentConfigArgs(
                compute_platform="Lambda",
                traffic_routing_config=aws.codedeploy.DeploymentConfigTrafficRoutingConfigArgs(
                    type="TimeBasedCanary",
                    time_based_canary=(
                        aws.codedeploy.DeploymentConfigTrafficRoutingConfigTimeBasedCanaryArgs(
                            interval=args.minutes, percentage=args.percent
                        )
                    ),
                ),
            ),
            opts=self._child,
        )
        groups = {
            name_: self._group(self._short(name_), function, application, plan, role.arn)
            for name_, function in args.functions.items()
        }
        self.canaries = pulumi.Output.all(
            *(
                pulumi.Output.all(
                    region=str(base.region),
                    function=function.function_name,
                    alias=function.alias_name,
                    version=function.version,
                    application=application.name,
                    group=groups[name_].deployment_group_name,
                    hook=self.hook.function_name,
                )
                for name_, function in args.functions.items()
            )
        ).apply(list)
        create_alarms(
            name,
            function_alarms("hook", self.hook.function_name),
            topic_arn=base.alarm_topic_arn,
            tags=self._tags,
            parent=self,
        )
        self.register_outputs({"canaries": self.canaries})

    def _short(self, name: str) -> str:
        return name.removeprefix(f"{self._args.foundation.prefix}-")

    def _hook(self) -> LambdaFunction:
        base, functions = self._args.foundation, list(self._args.functions.values())
        checks = [check_of(function.source).line for function in functions]
        return LambdaFunction(
            f"{self._name}-hook",
            LambdaFunctionArgs(
                function="pretraffic_hook",
                description="Tries the new version of a function before it gets any traffic",
                home=base.function_home,
                environment={
                    "CHECKS": pulumi.Output.all(*(function.function_name for function in functions)).apply(
                        lambda names: _checks(names, checks)
                    ),
                    "POWERTOOLS_SERVICE_NAME": "pretraffic-hook",
                    "POWERTOOLS_LOG_LEVEL": "INFO",
                },
                environment_key_arn=base.key_arn(DataDomain.LOGS),
                statements=[
                    Statement(
                        sid="TryVersions",
                        actions=["lambda:InvokeFunction"],
                        resources=[
                            pulumi.Output.concat(function.function_arn, ":*") for function in functions
                        ],
                    ),
                    Statement(
                        sid="ReadAndAnswerDeployments",
                        actions=[
                            "codedeploy:BatchGetDeploymentTargets",
                            "codedeploy:ListDeploymentTargets",
                            "codedeploy:PutLifecycleEventHookExecutionStatus",
                        ],
                        resources=["*"],  # none of the three has resource-level permission
                    ),
                ],
                tags=self._tags,
                timeout_seconds=HOOK_TIMEOUT_SECONDS,
                reserved_concurrency=len(functions),  # all deployments of a release begin together
            ),
            opts=self._child,
        )

    def _codedeploy_may(self) -> list[Statement]:
        base, functions = self._args.foundation, self._args.functions.values()
        aliases = [function.alias_arn for function in functions]
        return [
            Statement(
                sid="MoveAliases",
                actions=["lambda:GetAlias", "lambda:UpdateAlias"],
                resources=[*(function.function_arn for function in functions), *aliases],
            ),
            Statement(sid="CallHook", actions=["lambda:InvokeFunction"], resources=[self.hook.function_arn]),
            Statement(
                sid="ReadAlarms",
                actions=["cloudwatch:DescribeAlarms"],
                resources=[f"arn:aws:cloudwatch:{base.region}:{base.account_id}:alarm:*"],
            ),
            Statement(sid="Tell", actions=["sns:Publish"], resources=[base.alarm_topic_arn]),
            Statement(
                sid="UseTopicKey",
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[base.key_arn(DataDomain.TELEMETRY)],
            ),
        ]

    def _group(
        self,
        short: str,
        function: LambdaFunction,
        application: aws.codedeploy.Application,
        plan: aws.codedeploy.DeploymentConfig,
        role_arn: pulumi.Output[str],
    ) -> aws.codedeploy.DeploymentGroup:
        alarm = self._alarm(short, function)
        return aws.codedeploy.DeploymentGroup(
            f"{self._name}-{short}",
            aws.codedeploy.DeploymentGroupArgs(
                app_name=application.name,
                deployment_group_name=short,
                deployment_config_name=plan.deployment_config_name,
                service_role_arn=role_arn,
                deployment_style=aws.codedeploy.DeploymentGroupDeploymentStyleArgs(
                    deployment_option="WITH_TRAFFIC_CONTROL", deployment_type="BLUE_GREEN"
                ),
                auto_rollback_configuration=aws.codedeploy.DeploymentGroupAutoRollbackConfigurationArgs(
                    enabled=True,
                    events=["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
                ),
                alarm_configuration=aws.codedeploy.DeploymentGroupAlarmConfigurationArgs(
                    enabled=True,
                    alarms=[alarm.name, *self._args.alarm_names],
                    ignore_poll_alarm_failure=False,  # who cannot see whether it burns does not go on
                ),
                trigger_configurations=[
                    aws.codedeploy.DeploymentGroupTriggerConfigurationArgs(
                        trigger_name="operations",
                        trigger_target_arn=self._args.foundation.alarm_topic_arn,
                        trigger_events=["DeploymentFailure", "DeploymentRollback", "DeploymentStop"],
                    )
                ],
                tags=self._tags,
            ),
            opts=self._child,
        )

    def _alarm(self, short: str, function: LambdaFunction) -> aws.cloudwatch.MetricAlarm:
        """The function fails: it stops a deployment and tells nobody, the function's own alarm does that."""
        query = aws.cloudwatch.MetricAlarmMetricQueryArgs
        dimensions = {
            "FunctionName": function.function_name,
            "Resource": pulumi.Output.concat(function.function_name, ":", function.alias_name),
        }
        return aws.cloudwatch.MetricAlarm(
            f"{self._name}-{short}-errors",
            aws.cloudwatch.MetricAlarmArgs(
                alarm_description=f"{short} fails: a deployment of it is stopped",
                metric_queries=[
                    query(
                        id="share",
                        expression="IF(calls > 0, errors / calls, 0)",
                        label="share of failed calls",
                        return_data=True,
                    ),
                    *(
                        query(
                            id=id_,
                            return_data=False,
                            metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                                namespace="AWS/Lambda",
                                metric_name=metric,
                                dimensions=dimensions,
                                stat="Sum",
                                period=60,
                            ),
                        )
                        for id_, metric in (("errors", "Errors"), ("calls", "Invocations"))
                    ),
                ],
                comparison_operator="GreaterThanThreshold",
                threshold=ERROR_SHARE,
                evaluation_periods=3,
                datapoints_to_alarm=2,
                treat_missing_data="notBreaching",
                tags=self._tags,
            ),
            opts=self._child,
        )


def _checks(names: Sequence[str], checks: Sequence[str]) -> str:
    """The hook's variable. Raises ValueError when Lambda would not take it."""
    text = json.dumps(dict(zip(names, checks, strict=True)), sort_keys=True, separators=(",", ":"))
    if len(text) > MAX_ENVIRONMENT_BYTES - 512:
        raise ValueError(
            f"{len(checks)} functions need {len(text)} bytes of the hook's environment, Lambda takes "
            f"{MAX_ENVIRONMENT_BYTES} in all: make a second FunctionCanaries"
        )
    return text
