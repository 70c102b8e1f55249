"""Who hears of alerts, and by what: in prod with every way switched on, in dev with mail alone."""

import json
from typing import Any

import pulumi
import pytest
from pulumi_aws import Provider

from components.encryption import DataDomain
from components.events import EventBus, EventBusArgs
from components.foundation import lay_foundations
from components.maintenance import (
    ChatHome,
    MaintenanceAlerts,
    MaintenanceAlertsArgs,
    MaintenanceData,
    OnCall,
    Reach,
    SlackChannel,
    TeamsChannel,
    TicketWebhook,
)
from components.maintenance.alerts import TICKET_MAX_RECEIVES
from components.maintenance.channels import PUSH_REGIONS, SMS_REGIONS
from components.maintenance.topics import Severity
from components.markets import Region
from components.rental import RentalTables
from components.settings import NAMESPACE, load_settings
from components.table import DataArgs, TableReference
from ev_rental import vocabulary
from tests.iam_evaluator import Request, allows
from tests.recording import Recording, record
from tests.stacks import stack_config

TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
QUEUE = "aws:sqs/queue:Queue"
SECRET = "aws:secretsmanager/secret:Secret"
SLACK = "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration"
TEAMS = "aws:chatbot/teamsChannelConfiguration:TeamsChannelConfiguration"
PUSH = "aws:sns/platformApplication:PlatformApplication"
MAIL = Reach(emails=("maintenance@bluehorizons.example",))


def everything(provider: pulumi.ProviderResource) -> Reach:
    home = ChatHome(Region.SINGAPORE, provider)
    return Reach(
        emails=("maintenance@bluehorizons.example", "operations@bluehorizons.example"),
        sms=("+6591234567",),
        slack=SlackChannel(home, "T0123456789", "C0123456789"),
        teams=TeamsChannel(home, "tenant", "team", "channel"),
        push_credential=pulumi.Output.secret('{"type": "service_account"}'),
        on_call=OnCall(sms=("+6598765432",), https=("https://on-call.example.com/sns?key=1",)),
        webhook=TicketWebhook("https://tickets.example.com/hooks/cars", pulumi.Output.secret("shared")),
    )


def recorded(stack: str, *, full: bool, writes_enabled: bool = True) -> Recording:
    def program() -> None:
        settings = load_settings(pulumi.Config(NAMESPACE).get, stack)
        regions = lay_foundations(settings)
        base = regions.primary
        opts = regions.options(base)
        name = settings.prefix
        table = TableReference(
            pulumi.Output.from_input("table"),
            pulumi.Output.from_input("arn:aws:dynamodb:r:a:table/t"),
            pulumi.Output.from_input("arn:stream"),
        )
        data = MaintenanceData(
            f"{name}-dispatch",
            DataArgs(
                key_arn=base.key_arn(DataDomain.BACKOFFICE),
                protect=settings.is_production,
                tags=settings.base_tags,
                replicas=regions.replica_keys(DataDomain.BACKOFFICE),
            ),
            opts=opts,
        )
        bus = EventBus(
            f"{name}-rental-events",
            EventBusArgs(
                name="bus",
                key_arn=base.key_arn(DataDomain.RENTAL),
                archive_days=1,
                tags=settings.base_tags,
            ),
            opts=opts,
        )
        provider = regions.provider(base)
        assert isinstance(provider, Provider)
        MaintenanceAlerts(
            f"{name}-alerts",
            MaintenanceAlertsArgs(
                foundation=base,
                bus=bus,
                tables=RentalTables(
                    rental=named(table, "rental"),
                    rental_key_arn=base.key_arn(DataDomain.RENTAL),
                    vehicle_state=table,
                    alerts=named(table, "alerts"),
                    telemetry_key_arn=base.key_arn(DataDomain.TELEMETRY),
                ),
                dispatch=data.table,
                backoffice=named(table, "backoffice"),
                reach=everything(provider) if full else MAIL,
                console_url="https://backoffice.sg.bluehorizons.example",
                time_zone="Asia/Singapore",
                writes_enabled=writes_enabled,
                also_to_chat=["arn:aws:sns:ap-southeast-5:1:critical"] if full else (),
            ),
            opts=opts,
        )

    return record(program, stack=stack, config=stack_config(stack)).only(
        "-alerts", "-dispatch", "-keys-", "-events-maintenance"
    )


def named(table: TableReference, name: str) -> TableReference:
    arn = pulumi.Output.from_input(f"arn:aws:dynamodb:r:a:table/{name}")
    return TableReference(pulumi.Output.from_input(name), arn, table.stream_arn)


@pytest.fixture(scope="module")
def prod() -> Recording:
    return recorded("prod", full=True)


@pytest.fixture(scope="module")
def dev() -> Recording:
    return recorded("dev", full=False)


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Recording:
    found: Recording = request.getfixturevalue(request.param)
    return found


def key(stack: Recording, domain: str) -> str:
    return stack.one("aws:kms/key:Key", f"-{domain}").arn


def account(stack: Recording) -> str:
    """The stack's own."""
    environment = stack.one(FUNCTION, "-alert-dispatcher-function").name.split("-")[1]
    return stack_config(environment)["blue-horizons:accountId"].strip('"')


def topics(stack: Recording) -> dict[str, str]:
    return {topic.name.rpartition("-")[2]: topic.arn for topic in stack.all(TOPIC)}


def heard_by(stack: Recording, topic: str) -> set[tuple[str, str]]:
    arn = topics(stack)[topic]
    return {(s["protocol"], s["endpoint"]) for s in stack.all(SUBSCRIPTION) if s["topic"] == arn}


def role(stack: Recording, name: str) -> str:
    return str(stack.one(ROLE_POLICY, f"-{name}-role-policy")["policy"])


# ---- topics ------------------------------------------------------------------------------------------------


def test_there_is_a_topic_for_every_severity_that_alerts_have() -> None:
    assert {severity.value for severity in Severity} == {s.value for s in vocabulary.Severity}


def test_every_topic_is_encrypted_with_the_back_offices_key(stack: Recording) -> None:
    assert {"info", "warning", "critical"} <= set(topics(stack))
    for topic in stack.all(TOPIC):
        assert topic["kmsMasterKeyId"] == key(stack, "backoffice"), topic.name


def test_alarms_and_rules_of_the_account_may_tell_a_topic_others_and_plain_text_may_not(
    stack: Recording,
) -> None:
    for policy in stack.all("aws:sns/topicPolicy:TopicPolicy"):
        allow, deny = json.loads(policy["policy"])["Statement"]
        assert allow["Principal"]["Service"] == ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
        assert allow["Condition"] == {"StringEquals": {"aws:SourceAccount": [account(stack)]}}
        assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": ["false"]}})


def test_the_key_of_the_topics_lets_alarms_and_rules_use_it(stack: Recording) -> None:
    policy = json.loads(stack.one("aws:kms/key:Key", "-backoffice")["policy"])
    services = {
        service
        for statement in policy["Statement"]
        for service in statement["Principal"].get("Service", [])
        if "kms:GenerateDataKey*" in statement["Action"]
    }
    assert {"cloudwatch.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com"} <= services


def test_the_louder_an_alert_the_more_ways_it_takes(prod: Recording) -> None:
    mails = {
        ("email", "maintenance@bluehorizons.example"),
        ("email", "operations@bluehorizons.example"),
    }
    assert heard_by(prod, "info") == set()
    assert heard_by(prod, "warning") == mails
    assert heard_by(prod, "critical") == {*mails, ("sms", "+6591234567")}
    assert heard_by(prod, "escalation") == {
        ("sms", "+6598765432"),
        ("https", "https://on-call.example.com/sns?key=1"),
    }


def test_an_escalation_that_the_on_call_product_does_not_take_is_kept(prod: Recording) -> None:
    (subscription,) = [s for s in prod.all(SUBSCRIPTION) if s["protocol"] == "https"]
    queue = prod.one(QUEUE, "-topics-unheard")
    assert json.loads(subscription["redrivePolicy"]) == {"deadLetterTargetArn": queue.arn}
    assert queue["kmsMasterKeyId"] == key(prod, "backoffice")
    (statement,) = json.loads(prod.one("aws:sqs/queuePolicy:QueuePolicy", "-unheard-policy")["policy"])[
        "Statement"
    ]
    assert statement["Principal"] == {"Service": ["sns.amazonaws.com"]}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": [topics(prod)["escalation"]]}}


def test_with_mail_alone_nothing_else_is_built(dev: Recording) -> None:
    assert set(topics(dev)) == {"info", "warning", "critical"}
    assert {s["protocol"] for s in dev.all(SUBSCRIPTION)} == {"email"}
    for type_ in (SLACK, TEAMS, PUSH, SECRET):
        assert dev.all(type_) == []
    variables = dev.one(FUNCTION, "-alert-dispatcher-function")["environment"]["variables"]
    assert "ESCALATION_TOPIC_ARN" not in variables
    assert "TICKET_QUEUE_URL" not in variables
    assert [f.name for f in dev.all(FUNCTION)] == ["bluehorizons-dev-sg-alerts-alert-dispatcher-function"]


# ---- chat and push -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", [SLACK, TEAMS])
def test_a_channel_hears_every_severity_and_may_look_but_not_touch(prod: Recording, type_: str) -> None:
    channel = prod.one(type_)
    every = topics(prod)
    mine = {every[severity] for severity in ("info", "warning", "critical")}
    assert set(channel["snsTopicArns"]) == {*mine, "arn:aws:sns:ap-southeast-5:1:critical"}
    assert channel["guardrailPolicyArns"] == [prod.one("aws:iam/policy:Policy", "-chat-guardrail").arn]
    for document in (
        prod.one("aws:iam/policy:Policy", "-chat-guardrail")["policy"],
        prod.one(ROLE_POLICY, "-topics-chat-policy")["policy"],
    ):
        alarm = f"arn:aws:cloudwatch:ap-southeast-1:{account(prod)}:alarm:slow"
        assert allows(document, Request("cloudwatch:DescribeAlarms", alarm))
        assert not allows(document, Request("cloudwatch:SetAlarmState", alarm))
        for action in ("cloudwatch:DeleteAlarms", "lambda:InvokeFunction", "iam:CreateUser", "s3:GetObject"):
            assert not allows(document, Request(action, "*")), action


def test_the_staffs_app_can_be_pushed_to_and_it_is_logged_whether_it_arrived(prod: Recording) -> None:
    app = prod.one(PUSH)
    assert (app["platform"], app["name"]) == ("GCM", "bluehorizons-prod-sg-staff")
    assert app["platformCredential"]["value"] == '{"type": "service_account"}'  # marked as a secret
    groups = prod.only("-topics-push").all("aws:cloudwatch/logGroup:LogGroup")
    assert {group["name"] for group in groups} == {
        f"sns/ap-southeast-1/{account(prod)}/app/GCM/bluehorizons-prod-sg-staff",
        f"sns/ap-southeast-1/{account(prod)}/app/GCM/bluehorizons-prod-sg-staff/Failure",
    }
    for group in groups:
        assert group["kmsKeyId"] == key(prod, "logs")
        assert group["retentionInDays"] == 14


# ---- the dispatcher ----------------------------------------------------------------------------------------


def test_every_event_of_an_alert_reaches_the_dispatcher_by_a_queue_with_redrive(stack: Recording) -> None:
    rule = json.loads(stack.one("aws:cloudwatch/eventRule:EventRule", "-maintenance")["eventPattern"])
    assert rule["detail-type"] == ["alert.opened", "alert.acked", "alert.resolved"]
    assert rule["account"] == [account(stack)]
    queue = stack.one(QUEUE, "-alerts-alerts-queue")
    assert queue["kmsMasterKeyId"] == key(stack, "backoffice")
    assert json.loads(queue["redrivePolicy"])["maxReceiveCount"] == 10
    mapping = stack.one(MAPPING, "-alerts-alerts-mapping")
    assert mapping["eventSourceArn"] == queue.arn
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_dispatcher_may_read_alerts_and_tell_people_and_nothing_else(stack: Recording) -> None:
    document = role(stack, "alert-dispatcher")
    dispatch = stack.one("aws:dynamodb/table:Table", "-dispatch-table").arn
    alerts, rental, backoffice = (
        f"arn:aws:dynamodb:r:a:table/{t}" for t in ("alerts", "rental", "backoffice")
    )
    for action, resource in (
        ("dynamodb:GetItem", alerts),
        ("dynamodb:GetItem", rental),
        ("dynamodb:PutItem", dispatch),
        ("dynamodb:Query", f"{dispatch}/index/due"),
        ("dynamodb:PutItem", backoffice),
        *(("sns:Publish", arn) for arn in topics(stack).values()),
        ("kms:GenerateDataKey", key(stack, "backoffice")),
        ("kms:Decrypt", key(stack, "telemetry")),
    ):
        assert allows(document, Request(action, resource)), (action, resource)
    for action, resource in (
        ("dynamodb:UpdateItem", alerts),
        ("dynamodb:PutItem", rental),
        ("dynamodb:UpdateItem", backoffice),
        ("dynamodb:DeleteItem", dispatch),
        ("sns:Publish", "arn:aws:sns:ap-southeast-1:111122223333:other"),
        ("kms:GenerateDataKey", key(stack, "telemetry")),
        ("secretsmanager:GetSecretValue", "*"),
    ):
        assert not allows(document, Request(action, resource)), (action, resource)


def test_the_sweep_runs_each_minute_where_the_market_is_written_and_rests_elsewhere(prod: Recording) -> None:
    schedule = prod.one("aws:scheduler/schedule:Schedule", "-dispatch")
    assert (schedule["scheduleExpression"], schedule["state"]) == ("rate(1 minute)", "ENABLED")
    assert json.loads(schedule["target"]["input"]) == {"task": "dispatch"}
    resting = recorded("prod", full=True, writes_enabled=False)
    assert resting.one("aws:scheduler/schedule:Schedule", "-dispatch")["state"] == "DISABLED"
    variables = resting.one(FUNCTION, "-alert-dispatcher-function")["environment"]["variables"]
    assert variables["WRITES_ENABLED"] == "false"


def test_what_the_dispatcher_remembers_survives_the_loss_of_a_region_in_prod(
    dev: Recording, prod: Recording
) -> None:
    table = prod.one("aws:dynamodb/table:Table", "-dispatch-table")
    assert (table["hashKey"], table["rangeKey"]) == ("pk", "sk")
    assert table["deletionProtectionEnabled"] is True
    assert [replica["regionName"] for replica in table["replicas"]] == ["ap-southeast-5"]
    assert table["serverSideEncryption"]["kmsKeyArn"] == key(prod, "backoffice")
    assert dev.one("aws:dynamodb/table:Table", "-dispatch-table")["replicas"] == []


@pytest.mark.parametrize(
    "alarm",
    [
        "-alerts-alerts-dead-letters",
        "-alerts-tickets-dead-letters",
        "-alerts-undone-dead-letters",
        "-alerts-unheard-dead-letters",
        "-alerts-dispatcher-failed",
        "-alerts-dispatcher-unfinished",
        "-alerts-dispatcher-oldesttask",
        "-alerts-alert-dispatcher-errors",
        "-alerts-ticket-webhook-errors",
    ],
)
def test_operations_learn_when_people_are_not_told(prod: Recording, alarm: str) -> None:
    made = prod.one(ALARM, alarm)
    assert made["alarmActions"][0].endswith("-operations-topic")
    assert made["treatMissingData"] == "notBreaching"


# ---- tickets -----------------------------------------------------------------------------------------------


def test_tickets_wait_in_a_queue_of_their_own_for_a_day_and_are_set_aside_then(prod: Recording) -> None:
    queue, dead = prod.one(QUEUE, "-alerts-tickets-queue"), prod.one(QUEUE, "-tickets-dead-letters")
    redrive = json.loads(queue["redrivePolicy"])
    assert redrive == {"deadLetterTargetArn": dead.arn, "maxReceiveCount": TICKET_MAX_RECEIVES}
    assert dead["messageRetentionSeconds"] == 14 * 86_400
    assert queue["visibilityTimeoutSeconds"] == 360


def test_the_signing_key_is_a_secret_that_the_webhook_alone_may_read(prod: Recording) -> None:
    secret = prod.one(SECRET)
    assert secret["kmsKeyId"] == key(prod, "backoffice")
    assert secret["recoveryWindowInDays"] == 30
    version = prod.one("aws:secretsmanager/secretVersion:SecretVersion")
    assert version["secretString"]["value"] == "shared"  # marked as a secret
    request = Request("secretsmanager:GetSecretValue", secret.arn)
    assert allows(role(prod, "ticket-webhook"), request)
    assert not allows(role(prod, "alert-dispatcher"), request)
    variables = prod.one(FUNCTION, "-ticket-webhook-function")["environment"]["variables"]
    assert variables["WEBHOOK_SECRET_ARN"] == secret.arn
    assert "shared" not in json.dumps(variables)


def test_the_webhook_may_put_off_tickets_and_the_dispatcher_only_send_them(prod: Recording) -> None:
    queue = prod.one(QUEUE, "-alerts-tickets-queue").arn
    assert allows(role(prod, "ticket-webhook"), Request("sqs:ChangeMessageVisibility", queue))
    assert allows(role(prod, "alert-dispatcher"), Request("sqs:SendMessage", queue))
    assert not allows(role(prod, "alert-dispatcher"), Request("sqs:ReceiveMessage", queue))


# ---- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"emails": ()}, "emails is empty"),
        ({"emails": ("nobody",)}, "'nobody' is no e-mail address"),
        ({"emails": ("a@b.c",), "sms": ("91234567",)}, r"'91234567' is no telephone number: use E.164"),
    ],
)
def test_a_wrong_way_to_reach_people_is_named(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Reach(**arguments)


def test_nobody_on_call_and_a_webhook_in_plain_are_refused() -> None:
    with pytest.raises(ValueError, match="neither a number nor an endpoint"):
        OnCall()
    with pytest.raises(ValueError, match="'http://x/' is no endpoint"):
        OnCall(https=("http://x/",))
    with pytest.raises(ValueError, match="is no endpoint: https"):
        TicketWebhook("https://user@host/", "key")


def test_a_region_is_asked_for_nothing_that_it_does_not_have() -> None:
    full = Reach(
        emails=("a@b.example",),
        sms=("+6591234567",),
        push_credential="{}",
        on_call=OnCall(sms=("+6591234567",), https=("https://on-call.example.com/",)),
    )
    for region in Region:
        if region not in SMS_REGIONS:
            with pytest.raises(ValueError, match=f"{region} sends no text messages"):
                full.check(region)
        elif region in PUSH_REGIONS:
            full.check(region)
        left = full.within(region)
        left.check(region)
        assert left.emails == full.emails
        assert left.on_call is not None, "an endpoint can be reached from everywhere"
    alone = Reach(emails=("a@b.example",), on_call=OnCall(sms=("+6591234567",)))
    assert alone.within(Region.MALAYSIA).on_call is None
    with pytest.raises(ValueError, match="pushes to no apps"):
        Reach(emails=("a@b.example",), push_credential="{}").check(Region.MALAYSIA)


def test_chat_is_set_up_from_a_region_that_can() -> None:
    provider: Any = None
    with pytest.raises(ValueError, match=r"from ap-northeast-1: use a provider of ap-southeast-1"):
        ChatHome(Region.TOKYO, provider)


def test_a_further_region_sets_no_chat_up_again() -> None:
    home: Any = None
    reach = Reach(emails=("a@b.example",), slack=SlackChannel(home, "T1", "C1")).without_chat()
    assert (reach.slack, reach.teams) == (None, None)


def test_a_console_in_plain_is_refused() -> None:
    anything: Any = None
    with pytest.raises(ValueError, match="console_url is 'http://x'"):
        MaintenanceAlertsArgs(
            foundation=anything,
            bus=anything,
            tables=anything,
            dispatch=anything,
            backoffice=anything,
            reach=MAIL,
            console_url="http://x",
            time_zone="UTC",
        )
