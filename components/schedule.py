"""Schedules that call a function at the market's local time, and say so when they cannot."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Statement, service_role
from components.tags import Tags

MAX_EVENT_AGE_SECONDS = 3_600
MAX_RETRIES = 5


@dataclass(frozen=True)
class ScheduledTask:
    """One schedule: `expression` is EventBridge Scheduler's, rate(...) or cron(...); `event` the input."""

    name: str
    description: str
    expression: str
    event: Mapping[str, str]
    alias_arn: pulumi.Input[str]

    def __post_init__(self) -> None:
        if not self.expression.startswith(("rate(", "cron(", "at(")):
            raise ValueError(
                f"schedule {self.name}: {self.expression!r} is no expression: "
                "use rate(...), cron(...) or at(...)"
            )


@dataclass(frozen=True)
class SchedulesArgs:
    """`time_zone` is an IANA name; `key_arn` encrypts inputs and is the key of the queue `dead_letter_arn`,
    which gets the calls that could not be made. `enabled`: whether the schedules run."""

    account_id: str
    time_zone: str
    key_arn: pulumi.Input[str]
    dead_letter_arn: pulumi.Input[str]
    tasks: tuple[ScheduledTask, ...]
    tags: Tags
    enabled: bool = True


class Schedules(pulumi.ComponentResource):
    """A schedule group with a role that may call exactly its functions.

    Scheduler hands a call over and does not wait for the function's end, so what a function fails at goes
    where the function itself sends it (`LambdaFunctionArgs.dead_letter_arn`).
    """

    def __init__(self, name: str, args: SchedulesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:schedule:Schedules", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = aws.scheduler.ScheduleGroup(
            f"{name}-group", aws.scheduler.ScheduleGroupArgs(tags=args.tags), opts=child
        )
        role = service_role(
            f"{name}-role",
            service="scheduler.amazonaws.com",
            account_id=args.account_id,
            description=f"Lets the schedules of {name} call their functions",
            statements=[
                Statement(
                    sid="CallFunctions",
                    actions=["lambda:InvokeFunction"],
                    resources=[task.alias_arn for task in args.tasks],
                ),
                Statement(sid="DeadLetters", actions=["sqs:SendMessage"], resources=[args.dead_letter_arn]),
                Statement(
                    sid="UseKey", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[args.key_arn]
                ),
            ],
            tags=args.tags,
            parent=self,
        )
        for task in args.tasks:
            aws.scheduler.Schedule(
                f"{name}-{task.name}",
                aws.scheduler.ScheduleArgs(
                    group_name=group.name,
                    description=task.description,
                    state="ENABLED" if args.enabled else "DISABLED",
                    schedule_expression=task.expression,
                    schedule_expression_timezone=args.time_zone,
                    flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
                    kms_key_arn=args.key_arn,
                    target=aws.scheduler.ScheduleTargetArgs(
                        arn=task.alias_arn,
                        role_arn=role.arn,
                        input=json.dumps(dict(task.event), sort_keys=True),
                        dead_letter_config=aws.scheduler.ScheduleTargetDeadLetterConfigArgs(
                            arn=args.dead_letter_arn
                        ),
                        retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                            maximum_event_age_in_seconds=MAX_EVENT_AGE_SECONDS,
                            maximum_retry_attempts=MAX_RETRIES,
                        ),
                    ),
                ),
                opts=child,
            )
        self.register_outputs({"groupName": group.name})
