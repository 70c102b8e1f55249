"""A topic a severity, one for escalations, and who hears them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components.iam import Condition, Principal, Statement, policy_json, service_role
from components.maintenance.channels import ChatHome, Reach
from components.markets import Region
from components.queue import dead_letter_queue
from components.tags import Tags

PUSH_LOG_DAYS = 14


class Severity(StrEnum):
    """As the functions name them (`ev_rental.vocabulary.Severity`)."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True)
class AlertTopicsArgs:
    """`prefix` names what the outside knows: chat configurations and the push application. `also_to_chat`:
    topics of another Region that the channels hear too."""

    account_id: str
    region: Region
    prefix: str
    reach: Reach
    key_arn: pulumi.Input[str]
    log_key_arn: pulumi.Input[str]
    tags: Tags
    also_to_chat: Sequence[pulumi.Input[str]] = ()

    def __post_init__(self) -> None:
        self.reach.check(self.region)


class AlertTopics(pulumi.ComponentResource):
    """Alarms and bus rules may tell them too, so that operations have one place to listen."""

    arns: Mapping[Severity, pulumi.Output[str]]
    escalation_arn: pulumi.Output[str] | None
    unheard_queue_name: pulumi.Output[str] | None
    push_application_arn: pulumi.Output[str] | None

    def __init__(self, name: str, args: AlertTopicsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:maintenance:AlertTopics", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.unheard_queue_name = None
        self.arns = {severity: self._topic(severity, f"{severity} alerts") for severity in Severity}
        self._subscribe("email", args.reach.emails, [Severity.WARNING, Severity.CRITICAL])
        self._subscribe("sms", args.reach.sms, [Severity.CRITICAL])
        self.escalation_arn = self._on_call()
        self._chat()
        self.push_application_arn = self._push()
        self.register_outputs({f"{severity}TopicArn": arn for severity, arn in self.arns.items()})

    def _topic(self, purpose: str, display_name: str) -> pulumi.Output[str]:
        topic = aws.sns.Topic(
            f"{self._name}-{purpose}",
            aws.sns.TopicArgs(
                display_name=f"Blue Horizons {display_name}",
                kms_master_key_id=self._args.key_arn,
                tags=self._args.tags,
            ),
            opts=self._child,
        )
        publish = Statement(
            sid="AlarmsAndRulesOfThisAccount",
            actions=["sns:Publish"],
            resources=[topic.arn],
            principals=[
                Principal(type="Service", identifiers=["cloudwatch.amazonaws.com", "events.amazonaws.com"])
            ],
            conditions=[
                Condition(test="StringEquals", variable="aws:SourceAccount", values=[self._args.account_id])
            ],
        )
        insecure = Statement(
            sid="NothingInPlain",
            effect="Deny",
            actions=["sns:Publish"],
            resources=[topic.arn],
            principals=[Principal(type="*", identifiers=["*"])],
            conditions=[Condition(test="Bool", variable="aws:SecureTransport", values=["false"])],
        )
        aws.sns.TopicPolicy(
            f"{self._name}-{purpose}-policy",
            aws.sns.TopicPolicyArgs(arn=topic.arn, policy=policy_json(publish, insecure)),
            opts=pulumi.ResourceOptions(parent=topic),
        )
        return topic.arn

    def _subscribe(self, protocol: str, endpoints: Sequence[str], severities: Sequence[Severity]) -> None:
        for severity in severities:
            for number, endpoint in enumerate(endpoints):
                self._subscription(f"{severity}-{protocol}-{number}", self.arns[severity], protocol, endpoint)

    def _subscription(
        self,
        purpose: str,
        topic_arn: pulumi.Output[str],
        protocol: str,
        endpoint: str,
        redrive_policy: pulumi.Input[str] | None = None,
    ) -> None:
        aws.sns.TopicSubscription(
            f"{self._name}-{purpose}",
            aws.sns.TopicSubscriptionArgs(
                topic=topic_arn,
                protocol=protocol,
                endpoint=endpoint,
                endpoint_auto_confirms=True if protocol == "https" else None,
                redrive_policy=redrive_policy,
            ),
            opts=self._child,
        )

    def _on_call(self) -> pulumi.Output[str] | None:
        on_call = self._args.reach.on_call
        if on_call is None:
            return None
        arn = self._topic("escalation", "escalations")
        for number, endpoint in enumerate(on_call.sms):
            self._subscription(f"escalation-sms-{number}", arn, "sms", endpoint)
        redrive = self._keep_unheard(arn) if on_call.https else None
        for number, endpoint in enumerate(on_call.https):
            self._subscription(f"escalation-https-{number}", arn, "https", endpoint, redrive)
        return arn

    def _keep_unheard(self, topic_arn: pulumi.Output[str]) -> pulumi.Output[str]:
        """The redrive policy that keeps escalations which an endpoint did not take."""
        queue = dead_letter_queue(
            f"{self._name}-unheard", key_arn=self._args.key_arn, tags=self._args.tags, parent=self
        )
        send = Statement(
            sid="UnheardEscalations",
            actions=["sqs:SendMessage"],
            resources=[queue.arn],
            principals=[Principal(type="Service", identifiers=["sns.amazonaws.com"])],
            conditions=[Condition(test="ArnEquals", variable="aws:SourceArn", values=[topic_arn])],
        )
        policy = aws.sqs.QueuePolicy(
            f"{self._name}-unheard-policy",
            aws.sqs.QueuePolicyArgs(queue_url=queue.url, policy=policy_json(send)),
            opts=pulumi.ResourceOptions(parent=queue),
        )
        self.unheard_queue_name = queue.name
        # What is refused before the policy is there would be lost.
        return pulumi.Output.all(queue.arn, policy.id).apply(
            lambda made: json.dumps({"deadLetterTargetArn": made[0]})
        )

    def _chat(self) -> None:
        reach, account_id = self._args.reach, self._args.account_id
        topics = [*self.arns.values(), *self._args.also_to_chat]
        if reach.slack is None and reach.teams is None:
            return
        role = service_role(
            f"{self._name}-chat",
            service="chatbot.amazonaws.com",
            account_id=self._args.account_id,
            description="What may be asked from the alert channels: alarms and their graphs",
            statements=_chat_may_see(account_id),
            tags=self._args.tags,
            parent=self,
        )
        # The role of a channel is bounded again; without it AWS's own AdministratorAccess would be the bound.
        guardrail = aws.iam.Policy(
            f"{self._name}-chat-guardrail",
            aws.iam.PolicyArgs(
                description="The most that may be done from the alert channels",
                policy=policy_json(*_chat_may_see(account_id)),
                tags=self._args.tags,
            ),
            opts=self._child,
        )
        if reach.slack is not None:
            aws.chatbot.SlackChannelConfiguration(
                f"{self._name}-slack",
                aws.chatbot.SlackChannelConfigurationArgs(
                    configuration_name=f"{self._args.prefix}-alerts-slack",
                    iam_role_arn=role.arn,
                    slack_team_id=reach.slack.workspace_id,
                    slack_channel_id=reach.slack.channel_id,
                    sns_topic_arns=topics,
                    guardrail_policy_arns=[guardrail.arn],
                    logging_level="ERROR",
                    tags=self._args.tags,
                ),
                opts=self._from(reach.slack.home),
            )
        if reach.teams is not None:
            aws.chatbot.TeamsChannelConfiguration(
                f"{self._name}-teams",
                aws.chatbot.TeamsChannelConfigurationArgs(
                    configuration_name=f"{self._args.prefix}-alerts-teams",
                    iam_role_arn=role.arn,
                    tenant_id=reach.teams.tenant_id,
                    team_id=reach.teams.team_id,
                    channel_id=reach.teams.channel_id,
                    sns_topic_arns=topics,
                    guardrail_policy_arns=[guardrail.arn],
                    logging_level="ERROR",
                    tags=self._args.tags,
                ),
                opts=self._from(reach.teams.home),
            )

    def _from(self, home: ChatHome) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, provider=home.provider)

    def _push(self) -> pulumi.Output[str] | None:
        credential = self._args.reach.push_credential
        if credential is None:
            return None
        args = self._args
        app = f"{args.prefix}-staff"
        # Amazon SNS names its log groups itself; made beforehand they are encrypted and do not last for ever.
        groups = [
            aws.cloudwatch.LogGroup(
                f"{self._name}-push{suffix.lower().replace('/', '-')}-logs",
                aws.cloudwatch.LogGroupArgs(
                    name=f"sns/{args.region}/{args.account_id}/app/GCM/{app}{suffix}",
                    kms_key_id=args.log_key_arn,
                    retention_in_days=PUSH_LOG_DAYS,
                    tags=args.tags,
                ),
                opts=self._child,
            )
            for suffix in ("", "/Failure")
        ]
        role = service_role(
            f"{self._name}-push",
            service="sns.amazonaws.com",
            account_id=args.account_id,
            description="Lets Amazon SNS log whether pushes arrived",
            statements=[
                Statement(
                    sid="DeliveryLogs",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[pulumi.Output.concat(group.arn, ":*") for group in groups],
                )
            ],
            tags=args.tags,
            parent=self,
        )
        application = aws.sns.PlatformApplication(
            f"{self._name}-push",
            aws.sns.PlatformApplicationArgs(
                name=app,
                platform="GCM",  # Firebase Cloud Messaging, by its name of old; it reaches Android and iOS
                platform_credential=pulumi.Output.secret(credential),
                success_feedback_role_arn=role.arn,
                failure_feedback_role_arn=role.arn,
                success_feedback_sample_rate="10",
            ),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=groups, additional_secret_outputs=["platformCredential"]
            ),
        )
        return application.arn


def _chat_may_see(account_id: str) -> list[Statement]:
    return [
        Statement(
            sid="Alarms",
            actions=["cloudwatch:DescribeAlarms"],
            resources=[
                f"arn:aws:cloudwatch:*:{account_id}:alarm:*"
            ],  # of every Region that tells the channel
        ),
        Statement(
            sid="TheirGraphs",
            actions=["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"],
            resources=["*"],  # metrics have no resource-level permission
        ),
    ]
