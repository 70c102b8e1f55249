"""CloudWatch alarms as data, and the topic that operations reads them from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.iam import Condition, Principal, Statement, policy_json
from components.tags import DataClass, Tags, component_tags


@dataclass(frozen=True)
class Alarm:
    """One alarm on one metric: it fires when `statistic` passes `threshold` in every one of `periods`.

    `threshold` is in the metric's own unit; `period_seconds` is a multiple of 60. `below` turns the
    comparison round. Missing data is good, unless `missing_is_bad`.
    """

    name: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    threshold: float
    statistic: str = "Sum"
    periods: int = 1
    period_seconds: int = 300
    below: bool = False
    missing_is_bad: bool = False

    def __post_init__(self) -> None:
        if self.period_seconds % 60 or self.period_seconds <= 0:
            raise ValueError(
                f"alarm {self.name}: period_seconds is {self.period_seconds}: use a multiple of 60"
            )


def create_alarms(
    name: str,
    alarms: Sequence[Alarm],
    *,
    topic_arn: pulumi.Input[str],
    tags: Tags,
    parent: pulumi.Resource,
) -> list[aws.cloudwatch.MetricAlarm]:
    """Create each alarm as `<name>-<alarm>`; it tells the topic when it fires and when it is over."""
    return [
        aws.cloudwatch.MetricAlarm(
            f"{name}-{alarm.name}",
            aws.cloudwatch.MetricAlarmArgs(
                alarm_description=alarm.description,
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=alarm.dimensions,
                statistic=alarm.statistic,
                threshold=alarm.threshold,
                comparison_operator="LessThanThreshold" if alarm.below else "GreaterThanThreshold",
                evaluation_periods=alarm.periods,
                datapoints_to_alarm=alarm.periods,
                period=alarm.period_seconds,
                treat_missing_data="breaching" if alarm.missing_is_bad else "notBreaching",
                alarm_actions=[topic_arn],
                ok_actions=[topic_arn],
                tags=tags,
            ),
            opts=pulumi.ResourceOptions(parent=parent),
        )
        for alarm in alarms
    ]


def dead_letter_alarm(name: str, queue_name: pulumi.Input[str], description: str) -> Alarm:
    """Something lies in a dead-letter queue."""
    return Alarm(
        name=f"{name}-dead-letters",
        description=f"{description}: see the dead-letter queue",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": queue_name},
        statistic="Maximum",
        threshold=0,
    )


def function_alarms(name: str, function_name: pulumi.Input[str]) -> list[Alarm]:
    """A function fails or is refused."""
    return [
        Alarm(
            name=f"{name}-{metric.lower()}",
            description=f"{description}: {name}",
            namespace="AWS/Lambda",
            metric=metric,
            dimensions={"FunctionName": function_name},
            threshold=0,
            periods=2,
        )
        for metric, description in (
            ("Errors", "The function fails"),
            ("Throttles", "The function's reserved concurrency is too low"),
        )
    ]


@dataclass(frozen=True)
class OperationsTopicArgs:
    """`email` gets every message after its owner has confirmed the subscription."""

    account_id: str
    email: str
    key_arn: pulumi.Input[str]
    tags: Tags = field(default_factory=dict)


class OperationsTopic(pulumi.ComponentResource):
    """The encrypted topic that alarms of one Region tell; CloudWatch refuses topics of another Region."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: OperationsTopicArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:alarms:OperationsTopic", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic = aws.sns.Topic(
            f"{name}-topic",
            aws.sns.TopicArgs(
                display_name="Blue Horizons operations",
                kms_master_key_id=args.key_arn,
                tags=component_tags(args.tags, "operations", DataClass.INTERNAL),
            ),
            opts=child,
        )
        of_this_account = Condition(
            test="StringEquals", variable="aws:SourceAccount", values=[args.account_id]
        )
        publish = Statement(
            sid="AlarmsOfThisAccount",
            actions=["sns:Publish"],
            resources=[topic.arn],
            principals=[Principal(type="Service", identifiers=["cloudwatch.amazonaws.com"])],
            conditions=[of_this_account],
        )
        publish_prometheus = Statement(
            sid="PrometheusAlertsOfThisAccount",
            actions=["sns:GetTopicAttributes", "sns:Publish"],
            resources=[topic.arn],
            principals=[Principal(type="Service", identifiers=["aps.amazonaws.com"])],
            conditions=[of_this_account],
        )
        aws.sns.TopicPolicy(
            f"{name}-policy",
            aws.sns.TopicPolicyArgs(arn=topic.arn, policy=policy_json(publish, publish_prometheus)),
            opts=child,
        )
        aws.sns.TopicSubscription(
            f"{name}-email",
            aws.sns.TopicSubscriptionArgs(topic=topic.arn, protocol="email", endpoint=args.email),
            opts=child,
        )
        self.arn = topic.arn
        self.register_outputs({"arn": self.arn})
