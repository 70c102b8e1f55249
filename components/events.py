"""The market's event bus: encrypted, archived for replay, and routed to queues."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Condition, Principal, Statement, policy_json
from components.queue import ConsumedQueue
from components.tags import Tags

RETRY_POLICY = aws.cloudwatch.EventTargetRetryPolicyArgs(
    maximum_event_age_in_seconds=24 * 3_600, maximum_retry_attempts=185
)
"""EventBridge's own default, said so that nobody wonders."""


@dataclass(frozen=True)
class EventBusArgs:
    """`archive_days`: how long every event can be replayed."""

    name: str
    key_arn: pulumi.Input[str]
    archive_days: int
    tags: Tags

    def __post_init__(self) -> None:
        if self.archive_days < 1:
            raise ValueError(
                f"archive_days is {self.archive_days}: 0 would keep events for ever; use 1 or more"
            )


class EventBus(pulumi.ComponentResource):
    """The bus that every change of the market's business state reaches."""

    arn: pulumi.Output[str]
    bus_name: pulumi.Output[str]

    def __init__(self, name: str, args: EventBusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:events:EventBus", name, None, opts)
        self._name = name
        self._tags = args.tags
        bus = aws.cloudwatch.EventBus(
            f"{name}-bus",
            aws.cloudwatch.EventBusArgs(
                name=args.name,
                description="Changes of business state",
                kms_key_identifier=args.key_arn,
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.cloudwatch.EventArchive(
            f"{name}-archive",
            aws.cloudwatch.EventArchiveArgs(
                name=args.name,  # at most 48 characters, less than a name made of ours
                event_source_arn=bus.arn,
                description="Every event, for replay",
                kms_key_identifier=args.key_arn,
                retention_days=args.archive_days,
            ),
            opts=pulumi.ResourceOptions(parent=bus),
        )
        self.arn = bus.arn
        self.bus_name = bus.name
        self.register_outputs({"arn": self.arn, "busName": self.bus_name})

    def route(self, purpose: str, *, detail_types: Sequence[str], to: ConsumedQueue, account_id: str) -> None:
        """Send the events of these types to a queue; what cannot be sent goes to its dead-letter queue."""
        rule = aws.cloudwatch.EventRule(
            f"{self._name}-{purpose}",
            aws.cloudwatch.EventRuleArgs(
                event_bus_name=self.bus_name,
                description=f"{', '.join(detail_types)} to {purpose}",
                event_pattern=json.dumps({"account": [account_id], "detail-type": list(detail_types)}),
                tags=self._tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        policies = []
        for suffix, url, arn in (
            ("queue-policy", to.url, to.arn),
            ("dead-letter-policy", to.dead_letter_url, to.dead_letter_arn),
        ):
            policies.append(
                aws.sqs.QueuePolicy(
                    f"{self._name}-{purpose}-{suffix}",
                    aws.sqs.QueuePolicyArgs(queue_url=url, policy=rule_may_send(arn, rule.arn)),
                    opts=pulumi.ResourceOptions(parent=rule),
                )
            )
        aws.cloudwatch.EventTarget(
            f"{self._name}-{purpose}-target",
            aws.cloudwatch.EventTargetArgs(
                rule=rule.name,
                event_bus_name=self.bus_name,
                arn=to.arn,
                dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=to.dead_letter_arn),
                retry_policy=RETRY_POLICY,
            ),
            # An event that comes before the queue's policy is refused.
            opts=pulumi.ResourceOptions(parent=rule, depends_on=policies),
        )


def rule_may_send(queue_arn: pulumi.Output[str], rule_arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """The policy of a queue that an EventBridge rule sends to."""
    return policy_json(
        Statement(
            sid="EventsOfTheRule",
            actions=["sqs:SendMessage"],
            resources=[queue_arn],
            principals=[Principal(type="Service", identifiers=["events.amazonaws.com"])],
            conditions=[Condition(test="ArnEquals", variable="aws:SourceArn", values=[rule_arn])],
        )
    )
