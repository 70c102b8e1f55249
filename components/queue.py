"""A queue that a function consumes, with the queue of what it could not."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Statement
from components.tags import Tags

DEAD_LETTER_RETENTION_SECONDS = 14 * 24 * 3_600  # the longest that SQS allows
MAX_RECEIVES = 5
BATCH_SIZE = 10


@dataclass(frozen=True)
class ConsumedQueueArgs:
    """`function_timeout_seconds` is the consumer's: a message must stay hidden for six times as long
    (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html). `max_receives`: how often a
    message is tried."""

    key_arn: pulumi.Input[str]
    function_timeout_seconds: int
    tags: Tags
    max_receives: int = MAX_RECEIVES

    def __post_init__(self) -> None:
        if not 1 <= self.function_timeout_seconds <= 900:
            raise ValueError(f"function_timeout_seconds is {self.function_timeout_seconds}: use 1 to 900")
        if not 1 <= self.max_receives <= 1_000:
            raise ValueError(f"max_receives is {self.max_receives}: SQS takes 1 to 1000")


class ConsumedQueue(pulumi.ComponentResource):
    """A queue with redrive to its own dead-letter queue, which takes messages from no other."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]
    queue_name: pulumi.Output[str]
    dead_letter_arn: pulumi.Output[str]
    dead_letter_url: pulumi.Output[str]
    dead_letter_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: ConsumedQueueArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:queue:ConsumedQueue", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        dead_letters = dead_letter_queue(
            f"{name}-dead-letters", key_arn=args.key_arn, tags=args.tags, parent=self
        )
        queue = aws.sqs.Queue(
            f"{name}-queue",
            aws.sqs.QueueArgs(
                visibility_timeout_seconds=6 * args.function_timeout_seconds,
                kms_master_key_id=args.key_arn,
                redrive_policy=pulumi.Output.json_dumps(
                    {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": args.max_receives}
                ),
                tags=args.tags,
            ),
            opts=child,
        )
        aws.sqs.RedriveAllowPolicy(
            f"{name}-redrive-allow",
            aws.sqs.RedriveAllowPolicyArgs(
                queue_url=dead_letters.url,
                redrive_allow_policy=pulumi.Output.json_dumps(
                    {"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}
                ),
            ),
            opts=child,
        )
        self.arn = queue.arn
        self.url = queue.url
        self.queue_name = queue.name
        self.dead_letter_arn = dead_letters.arn
        self.dead_letter_url = dead_letters.url
        self.dead_letter_name = dead_letters.name
        self.register_outputs({"arn": self.arn, "deadLetterArn": self.dead_letter_arn})


def dead_letter_queue(
    name: str, *, key_arn: pulumi.Input[str], tags: Tags, parent: pulumi.Resource
) -> aws.sqs.Queue:
    """A queue that nothing consumes: what lies in it waits for a person, as long as SQS keeps it."""
    return aws.sqs.Queue(
        name,
        aws.sqs.QueueArgs(
            message_retention_seconds=DEAD_LETTER_RETENTION_SECONDS, kms_master_key_id=key_arn, tags=tags
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def consume_statement(queue_arn: pulumi.Input[str]) -> Statement:
    """What a function's role needs for an event-source mapping on the queue."""
    return Statement(
        sid="ConsumeQueue",
        actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        resources=[queue_arn],
    )


def consume(
    name: str,
    *,
    queue_arn: pulumi.Input[str],
    alias_arn: pulumi.Input[str],
    max_concurrency: int,
    tags: Tags,
    parent: pulumi.Resource,
) -> None:
    """Map the queue to a function: each message fails alone, and the function is never flooded."""
    aws.lambda_.EventSourceMapping(
        name,
        aws.lambda_.EventSourceMappingArgs(
            event_source_arn=queue_arn,
            function_name=alias_arn,
            batch_size=BATCH_SIZE,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=aws.lambda_.EventSourceMappingScalingConfigArgs(
                maximum_concurrency=max(2, max_concurrency)  # SQS takes no less than 2
            ),
            tags=tags,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
