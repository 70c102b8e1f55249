"""What cars answer to lock and unlock: from the broker, where cars connect, to the rental table."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import create_alarms, dead_letter_alarm, function_alarms
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Statement, service_role
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.markets import Region
from components.queue import ConsumedQueue, ConsumedQueueArgs, consume, consume_statement
from components.rental.access import RentalTables
from components.tags import DataClass, component_tags
from components.topics import SQL_VERSION, VehicleTopics

TIMEOUT_SECONDS = 15
CONCURRENCY = 5


@dataclass(frozen=True)
class VehicleCommandsArgs:
    """`foundation` is of the Region where cars connect, as the component's provider; the tables may be of
    another."""

    foundation: Foundation
    tables: RentalTables
    tables_region: Region
    writes_enabled: bool = True


class VehicleCommands(pulumi.ComponentResource):
    """Topic rule, queue and function of the cars' answers."""

    function: LambdaFunction

    def __init__(
        self, name: str, args: VehicleCommandsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:rental:VehicleCommands", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        key_arn = base.key_arn(DataDomain.RENTAL)
        tags = component_tags(base.tags, "rental", DataClass.PERSONAL)
        queue = ConsumedQueue(
            f"{name}-acks",
            ConsumedQueueArgs(key_arn=key_arn, function_timeout_seconds=TIMEOUT_SECONDS, tags=tags),
            opts=child,
        )
        role = service_role(
            f"{name}-rule-role",
            service="iot.amazonaws.com",
            account_id=base.account_id,
            description="Lets the topic rule of command answers write to its queues",
            statements=[
                Statement(
                    sid="Queues", actions=["sqs:SendMessage"], resources=[queue.arn, queue.dead_letter_arn]
                ),
                Statement(sid="Encrypt", actions=["kms:GenerateDataKey", "kms:Decrypt"], resources=[key_arn]),
            ],
            tags=tags,
            parent=self,
        )
        aws.iot.TopicRule(
            f"{name}-rule",
            aws.iot.TopicRuleArgs(
                name=base.topics.command_acks_rule,
                description="What cars answer to commands",
                enabled=True,
                sql=base.topics.command_acks_sql,
                sql_version=SQL_VERSION,
                sqs=[aws.iot.TopicRuleSqsArgs(queue_url=queue.url, role_arn=role.arn, use_base64=False)],
                error_action=aws.iot.TopicRuleErrorActionArgs(
                    sqs=aws.iot.TopicRuleErrorActionSqsArgs(
                        queue_url=queue.dead_letter_url, role_arn=role.arn, use_base64=False
                    )
                ),
                tags=tags,
            ),
            opts=child,
        )
        self.function = LambdaFunction(
            f"{name}-function",
            LambdaFunctionArgs(
                function="command_acks",
                packages=("http_api", "rental_events", "rental_store"),
                description="Starts and ends trips when the car has answered",
                home=base.function_home,
                environment={
                    **args.tables.environment(
                        "command-acks",
                        market=base.market,
                        tables_region=args.tables_region,
                        writes_enabled=args.writes_enabled,
                    ),
                    "IOT_REGION": str(base.region),
                },
                environment_key_arn=key_arn,
                statements=[
                    consume_statement(queue.arn),
                    Statement(sid="DecryptQueue", actions=["kms:Decrypt"], resources=[key_arn]),
                    *args.tables.read(),
                    args.tables.read_state(),
                    args.tables.write(),
                    args.tables.write_state(),
                    # A car that opened when nobody waited any more is told to lock again.
                    send_commands(base.topics, base.region, base.account_id),
                ],
                tags=tags,
                timeout_seconds=TIMEOUT_SECONDS,
                reserved_concurrency=CONCURRENCY,
            ),
            opts=child,
        )
        consume(
            f"{name}-mapping",
            queue_arn=queue.arn,
            alias_arn=self.function.alias_arn,
            max_concurrency=CONCURRENCY,
            tags=tags,
            parent=self,
        )
        create_alarms(
            name,
            [
                dead_letter_alarm("acks", queue.dead_letter_name, "Answers of cars were not understood"),
                *function_alarms("acks", self.function.function_name),
            ],
            topic_arn=base.alarm_topic_arn,
            tags=tags,
            parent=self,
        )
        self.register_outputs({"functionName": self.function.function_name})


def send_commands(topics: VehicleTopics, region: Region, account_id: str) -> Statement:
    """Tell cars of the market to lock or unlock; `region` is where cars connect."""
    return Statement(
        sid="CommandCars",
        actions=["iot:Publish"],
        resources=[f"arn:aws:iot:{region}:{account_id}:topic/{topics.commands('*')}"],
    )
