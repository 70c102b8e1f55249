"""Topics: to queues, functions, people and devices."""

import json
from typing import Any

import pytest

from local.aws.service import AwsError
from tests.local.aws.engines import FUNCTION, Platform, arn_of


def _topic(platform: Platform) -> str:
    return str(platform("sns", "CreateTopic", Name="alerts")["TopicArn"])


def _subscribe(platform: Platform, protocol: str, endpoint: str, **attributes: str) -> str:
    topic = _topic(platform)
    answer = platform(
        "sns", "Subscribe", TopicArn=topic, Protocol=protocol, Endpoint=endpoint, Attributes=attributes
    )
    return str(answer["SubscriptionArn"])


def test_a_topic_reaches_queues_functions_and_people(platform: Platform) -> None:
    topic = _topic(platform)
    wrapped, raw = (platform.queue(name, lets="sns", source=topic) for name in ("wrapped", "raw"))
    _subscribe(platform, "sqs", arn_of("sqs", "wrapped"))
    _subscribe(platform, "sqs", arn_of("sqs", "raw"), RawMessageDelivery="true")
    subscription = _subscribe(platform, "lambda", FUNCTION)
    _subscribe(platform, "email", "ops@example.com")
    attributes = {"severity": {"DataType": "String", "StringValue": "critical"}}
    sent = platform(
        "sns", "Publish", TopicArn=topic, Message="flat", Subject="Car 7", MessageAttributes=attributes
    )
    (message,) = platform.received(wrapped)
    envelope = json.loads(message["Body"])
    assert envelope["Message"] == "flat"
    assert envelope["MessageId"] == sent["MessageId"]
    assert envelope["Timestamp"] == "1970-01-12T13:46:40.000Z"
    assert envelope["MessageAttributes"] == {"severity": {"Type": "String", "Value": "critical"}}
    (message,) = platform.received(raw)
    assert (message["Body"], message["MessageAttributes"]) == ("flat", attributes)
    ((function, event),) = platform.invoked
    assert function == FUNCTION
    assert event["Records"][0]["EventSubscriptionArn"] == subscription
    assert event["Records"][0]["Sns"]["Subject"] == "Car 7"
    assert platform.messaging.inbox() == [
        {
            "at": 1_000_000.0,
            "topicArn": topic,
            "protocol": "email",
            "endpoint": "ops@example.com",
            "subject": "Car 7",
            "message": "flat",
            "attributes": attributes,
        }
    ]


def test_a_queue_whose_policy_forgot_the_topic_gets_nothing(platform: Platform) -> None:
    url = platform.queue("forgot")
    letters = platform.queue("letters", lets="sns")
    redrive = json.dumps({"deadLetterTargetArn": arn_of("sqs", "letters")})
    _subscribe(platform, "sqs", arn_of("sqs", "forgot"), RedrivePolicy=redrive)
    platform("sns", "Publish", TopicArn=_topic(platform), Message="flat")
    assert platform.received(url) == []
    assert [json.loads(one["Body"])["Message"] for one in platform.received(letters)] == ["flat"]


@pytest.mark.parametrize(
    ("policy", "scope", "passes"),
    [
        ({"severity": ["critical"]}, "MessageAttributes", True),
        ({"severity": ["warning"]}, "MessageAttributes", False),
        ({"level": [{"numeric": [">", 3]}]}, "MessageAttributes", True),
        ({"level": [{"numeric": [">", 5]}]}, "MessageAttributes", False),
        ({"car": {"soc": [{"numeric": ["<", 10]}]}}, "MessageBody", True),
        ({"car": {"soc": [{"numeric": ["<", 5]}]}}, "MessageBody", False),
    ],
)
def test_a_filter_policy_lets_through_what_matches(
    platform: Platform, policy: Any, scope: str, passes: bool
) -> None:
    _subscribe(platform, "sms", "+84900000001", FilterPolicy=json.dumps(policy), FilterPolicyScope=scope)
    attributes = {
        "severity": {"DataType": "String", "StringValue": "critical"},
        "level": {"DataType": "Number", "StringValue": "4"},
    }
    message = json.dumps({"car": {"soc": 7}})
    platform("sns", "Publish", TopicArn=_topic(platform), Message=message, MessageAttributes=attributes)
    assert len(platform.messaging.inbox()) == passes


def test_each_protocol_gets_its_own_text(platform: Platform) -> None:
    _subscribe(platform, "sms", "+84900000001")
    _subscribe(platform, "email", "ops@example.com")
    message = json.dumps({"default": "long", "sms": "short"})
    platform("sns", "Publish", TopicArn=_topic(platform), Message=message, MessageStructure="json")
    texts = {one["protocol"]: one["message"] for one in platform.messaging.inbox()}
    assert texts == {"sms": "short", "email": "long"}
    with pytest.raises(AwsError, match="No default entry"):
        platform("sns", "Publish", TopicArn=_topic(platform), Message="{}", MessageStructure="json")


def test_phones_and_devices_are_reached_without_a_topic(platform: Platform) -> None:
    application = platform(
        "sns",
        "CreatePlatformApplication",
        Name="staff",
        Platform="GCM",
        Attributes={"PlatformCredential": "very-secret"},
    )["PlatformApplicationArn"]
    shown = platform("sns", "GetPlatformApplicationAttributes", PlatformApplicationArn=application)
    assert "very-secret" not in json.dumps(shown)
    device = {"PlatformApplicationArn": application, "Token": "device"}
    endpoint = platform("sns", "CreatePlatformEndpoint", **device)["EndpointArn"]
    assert platform("sns", "CreatePlatformEndpoint", **device)["EndpointArn"] == endpoint
    platform("sns", "Publish", TargetArn=endpoint, Message="hello")
    platform("sns", "Publish", PhoneNumber="+6591234567", Message="hello")
    sent = [(one["protocol"], one["endpoint"]) for one in platform.messaging.inbox()]
    assert sent == [("application", endpoint), ("sms", "+6591234567")]
    platform("sns", "SetEndpointAttributes", EndpointArn=endpoint, Attributes={"Enabled": "false"})
    with pytest.raises(AwsError, match="EndpointDisabled"):
        platform("sns", "Publish", TargetArn=endpoint, Message="hello")


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("Publish", {"TopicArn": "arn:aws:sns:x:1:no", "Message": "m"}, "NotFound"),
        ("Publish", {"PhoneNumber": "0900", "Message": "m"}, "InvalidParameter"),
        ("Publish", {"PhoneNumber": "+6591234567", "Message": "m" * 262_145}, "InvalidParameter"),
        ("CreateTopic", {"Name": "a b"}, "InvalidParameter"),
        ("Subscribe", {"TopicArn": "x", "Protocol": "pigeon", "Endpoint": "y"}, "InvalidParameter"),
        ("GetSubscriptionAttributes", {"SubscriptionArn": "x"}, "NotFound"),
        ("AddPermission", {}, "UnknownOperationException"),
    ],
)
def test_sns_refuses_with_its_own_codes(
    platform: Platform, operation: str, params: dict[str, str], code: str
) -> None:
    with pytest.raises(AwsError) as refused:
        platform("sns", operation, **params)
    assert refused.value.code == code


def test_a_subscription_shows_what_was_set(platform: Platform) -> None:
    arn = _subscribe(platform, "https", "https://example.com/hook")
    platform(
        "sns",
        "SetSubscriptionAttributes",
        SubscriptionArn=arn,
        AttributeName="RawMessageDelivery",
        AttributeValue="true",
    )
    shown = platform("sns", "GetSubscriptionAttributes", SubscriptionArn=arn)["Attributes"]
    assert (shown["RawMessageDelivery"], shown["PendingConfirmation"]) == ("true", "false")
    listed = platform("sns", "ListSubscriptionsByTopic", TopicArn=_topic(platform))["Subscriptions"]
    assert [one["SubscriptionArn"] for one in listed] == [arn]
    platform("sns", "Unsubscribe", SubscriptionArn=arn)
    platform("sns", "Publish", TopicArn=_topic(platform), Message="m")
    assert platform.messaging.inbox() == []
