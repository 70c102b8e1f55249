"""Topics, buses and delivery streams, wired to queues, functions and buckets."""

import base64
import gzip
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local.aws.messaging import Messaging
from local.aws.service import Answer, AwsError
from local.aws.store import Store
from tests.local.aws.calls import ACCOUNT, REGION, Time, calling

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:dispatcher"
PARTITIONS = '{type:.detail.eventType,dt:(.detail.occurredAt/1000|strftime("%Y-%m-%d"))}'


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


class Platform:
    """The engines, with what they reach recorded."""

    def __init__(self, store: Store | None = None, time: Time | None = None) -> None:
        self.time = time or Time()
        self.invoked: list[tuple[str, Mapping[str, Any]]] = []
        self.objects: dict[str, bytes] = {}
        self.fails: Exception | None = None
        self.messaging = Messaging(store or Store(), self.time.clock, self._invoke, self._put)
        self.messaging.close()  # its steps are done by the tests

    def _invoke(self, arn: str, event: Mapping[str, Any]) -> None:
        if self.fails:
            raise self.fails
        self.invoked.append((arn, event))

    def _put(self, bucket: str, key: str, body: bytes) -> None:
        if self.fails:
            raise self.fails
        self.objects[f"{bucket}/{key}"] = body

    def __call__(self, service: str, operation: str, **params: Any) -> Answer:
        return calling(self.messaging[service])(operation, **params)

    def queue(self, name: str, *, lets: str | None = None, source: str = "*") -> str:
        url = self("sqs", "CreateQueue", QueueName=name)["QueueUrl"]
        if lets:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": f"{lets}.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": _arn("sqs", name),
                "Condition": {"ArnLike": {"aws:SourceArn": source}},
            }
            policy = json.dumps({"Statement": [statement]})
            self("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": policy})
        return str(url)

    def received(self, url: str) -> list[dict[str, Any]]:
        answer = self(
            "sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return list(answer.get("Messages", []))

    def rule(self, pattern: Mapping[str, Any], *targets: Mapping[str, Any], bus: str = "default") -> str:
        arn = self("events", "PutRule", Name="r", EventPattern=json.dumps(pattern), EventBusName=bus)
        self("events", "PutTargets", Rule="r", EventBusName=bus, Targets=list(targets))
        return str(arn["RuleArn"])

    def event(self, kind: str = "BookingEnded", detail: Any = None, bus: str = "default") -> Answer:
        entry = {
            "Source": "rental",
            "DetailType": kind,
            "Detail": json.dumps({"id": 7} if detail is None else detail),
            "EventBusName": bus,
        }
        return self("events", "PutEvents", Entries=[entry])


@pytest.fixture
def platform() -> Platform:
    return Platform()


# Topics


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
    _subscribe(platform, "sqs", _arn("sqs", "wrapped"))
    _subscribe(platform, "sqs", _arn("sqs", "raw"), RawMessageDelivery="true")
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
    redrive = json.dumps({"deadLetterTargetArn": _arn("sqs", "letters")})
    _subscribe(platform, "sqs", _arn("sqs", "forgot"), RedrivePolicy=redrive)
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


def test_a_device_that_subscribed_is_pushed_its_platforms_text_until_it_is_disabled(
    platform: Platform,
) -> None:
    application = platform("sns", "CreatePlatformApplication", Name="staff", Platform="GCM", Attributes={})[
        "PlatformApplicationArn"
    ]
    device = {"PlatformApplicationArn": application, "Token": "device"}
    endpoint = platform("sns", "CreatePlatformEndpoint", **device)["EndpointArn"]
    _subscribe(platform, "application", endpoint)
    texts = {"default": "a mail", "GCM": "a push", "APNS": "another"}
    told = {"TopicArn": _topic(platform), "MessageStructure": "json", "Message": json.dumps(texts)}
    platform("sns", "Publish", **told)
    platform("sns", "SetEndpointAttributes", EndpointArn=endpoint, Attributes={"Enabled": "false"})
    platform("sns", "Publish", **told)
    assert [(one["endpoint"], one["message"]) for one in platform.messaging.inbox()] == [(endpoint, "a push")]


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


# Events


def test_an_event_reaches_the_queue_of_its_rule(platform: Platform) -> None:
    platform("events", "CreateEventBus", Name="vn")
    url = platform.queue("work", lets="events", source=_arn("events", "rule/vn/r"))
    pattern = {"account": [ACCOUNT], "detail-type": ["BookingEnded"]}
    platform.rule(pattern, {"Id": "1", "Arn": _arn("sqs", "work")}, bus="vn")
    id_ = platform.event(bus="vn")["Entries"][0]["EventId"]
    platform.event("Other", bus="vn")
    platform.event()
    (message,) = platform.received(url)
    assert json.loads(message["Body"]) == {
        "version": "0",
        "id": id_,
        "detail-type": "BookingEnded",
        "source": "rental",
        "account": ACCOUNT,
        "time": "1970-01-12T13:46:40Z",
        "region": REGION,
        "resources": [],
        "detail": {"id": 7},
    }


def test_what_a_target_refuses_is_a_dead_letter_that_says_why(platform: Platform) -> None:
    platform.queue("forgot")
    letters = platform.queue("letters", lets="events")
    target = {"Id": "1", "Arn": _arn("sqs", "forgot"), "DeadLetterConfig": {"Arn": _arn("sqs", "letters")}}
    rule = platform.rule({"source": ["rental"]}, target)
    platform.event()
    (letter,) = platform.received(letters)
    said = {name: one["StringValue"] for name, one in letter["MessageAttributes"].items()}
    assert said["ERROR_CODE"] == "NO_PERMISSIONS"
    assert (said["RULE_ARN"], said["TARGET_ARN"]) == (rule, target["Arn"])
    assert json.loads(letter["Body"])["detail"] == {"id": 7}


def test_a_target_that_fails_is_tried_again_until_its_policy_ends(platform: Platform) -> None:
    letters = platform.queue("letters", lets="events")
    target = {
        "Id": "1",
        "Arn": FUNCTION,
        "RetryPolicy": {"MaximumRetryAttempts": 2},
        "DeadLetterConfig": {"Arn": _arn("sqs", "letters")},
    }
    platform.rule({"source": ["rental"]}, target)
    platform.fails = ConnectionError("nobody there")
    platform.event(detail={"id": 1})
    platform.fails = None
    platform.messaging.run_due()
    assert platform.invoked == []
    platform.time.goes_on(1)
    platform.messaging.run_due()
    assert [event["detail"] for _, event in platform.invoked] == [{"id": 1}]
    platform.fails = ConnectionError("nobody there")
    platform.event(detail={"id": 2})
    for _ in range(4):
        platform.time.goes_on(10)
        platform.messaging.run_due()
    (letter,) = platform.received(letters)
    said = {name: one["StringValue"] for name, one in letter["MessageAttributes"].items()}
    assert said["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert json.loads(letter["Body"])["detail"] == {"id": 2}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ({"Input": '{"fixed": true}'}, {"fixed": True}),
        ({"InputPath": "$.detail.cars[1]"}, "b"),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"id": "$.detail.id", "kind": "$.detail-type"},
                    "InputTemplate": '{"text": "<kind> of <id>", "id": <id>, "kind": <kind>}',
                }
            },
            {"text": "BookingEnded of 7", "id": 7, "kind": "BookingEnded"},
        ),
    ],
)
def test_a_target_gets_the_part_that_it_wants(platform: Platform, shape: Any, expected: Any) -> None:
    platform.rule({"source": ["rental"]}, {"Id": "1", "Arn": FUNCTION, **shape})
    platform.event(detail={"id": 7, "cars": ["a", "b"]})
    assert platform.invoked == [(FUNCTION, expected)]


def test_in_a_call_each_event_fails_alone(platform: Platform) -> None:
    good = {"Source": "rental", "DetailType": "A", "Detail": "{}"}
    entries = [
        good,
        {**good, "Detail": "[]"},
        {**good, "Source": ""},
        {**good, "Source": "aws.ec2"},
        {**good, "EventBusName": "nowhere"},
    ]
    answer = platform("events", "PutEvents", Entries=entries)
    assert answer["FailedEntryCount"] == 4
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        None,
        "MalformedDetail",
        "InvalidArgument",
        "NotAuthorizedForSourceException",
        "ResourceNotFoundException",
    ]
    with pytest.raises(AwsError, match="over the limit"):
        platform.event(detail={"x": "y" * 262_144})


@pytest.mark.parametrize(
    "pattern", ["{", "[]", "{}", '{"source": "rental"}', '{"source": []}', '{"source": [{"near": 1}]}']
)
def test_a_pattern_that_cannot_be_is_refused(platform: Platform, pattern: str) -> None:
    with pytest.raises(AwsError) as refused:
        platform("events", "PutRule", Name="r", EventPattern=pattern)
    assert refused.value.code == "InvalidEventPatternException"


def test_a_rule_goes_only_without_its_targets(platform: Platform) -> None:
    platform.rule({"source": ["rental"]}, {"Id": "1", "Arn": FUNCTION})
    with pytest.raises(AwsError, match="has targets"):
        platform("events", "DeleteRule", Name="r")
    platform("events", "DisableRule", Name="r")
    platform.event()
    assert platform.invoked == []
    platform("events", "RemoveTargets", Rule="r", Ids=["1"])
    platform("events", "DeleteRule", Name="r")
    assert platform("events", "ListRules")["Rules"] == []


def test_archived_events_are_replayed_to_the_rules_of_their_bus(platform: Platform) -> None:
    bus = platform("events", "CreateEventBus", Name="vn")["EventBusArn"]
    platform.event(bus="vn", detail={"id": 0})
    archive = platform("events", "CreateArchive", ArchiveName="vn", EventSourceArn=bus, RetentionDays=1)[
        "ArchiveArn"
    ]
    for number in (1, 2):
        platform.event(bus="vn", detail={"id": number})
        platform.time.goes_on(100)
    assert platform("events", "DescribeArchive", ArchiveName="vn")["EventCount"] == 2
    platform.rule({"source": ["rental"]}, {"Id": "1", "Arn": FUNCTION}, bus="vn")
    when = {"EventStartTime": 1_000_050, "EventEndTime": 1_000_150}
    platform(
        "events", "StartReplay", ReplayName="again", EventSourceArn=archive, Destination={"Arn": bus}, **when
    )
    ((_, event),) = platform.invoked
    assert (event["detail"], event["replay-name"]) == ({"id": 2}, "again")
    assert platform("events", "DescribeReplay", ReplayName="again")["State"] == "COMPLETED"
    platform.time.goes_on(86_400)
    assert platform("events", "DescribeArchive", ArchiveName="vn")["EventCount"] == 0


def test_who_follows_the_events_is_woken(platform: Platform) -> None:
    platform.event(detail={"id": 1})
    number, first = platform.messaging.events_after(0, 0)
    assert [(one["bus"], one["detail"]) for one in first] == [("default", {"id": 1})]
    seen: list[Any] = []
    waiting = threading.Thread(target=lambda: seen.extend(platform.messaging.events_after(number, 20)[1]))
    waiting.start()
    platform.event(detail={"id": 2})
    waiting.join(10)
    assert [one["detail"] for one in seen] == [{"id": 2}]
    assert platform.messaging.events_after(number + 1, 0) == (number + 1, [])


# Delivery streams


def _lake(platform: Platform, **more: Any) -> str:
    processors = [
        {
            "Type": "MetadataExtraction",
            "Parameters": [
                {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
                {"ParameterName": "MetadataExtractionQuery", "ParameterValue": PARTITIONS},
            ],
        },
        {
            "Type": "AppendDelimiterToRecord",
            "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
        },
    ]
    destination = {
        "BucketARN": "arn:aws:s3:::lake",
        "RoleARN": "arn:aws:iam::123456789012:role/lake",
        "Prefix": "events/type=!{partitionKeyFromQuery:type}/dt=!{partitionKeyFromQuery:dt}/",
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
        "CompressionFormat": "GZIP",
        "FileExtension": ".json.gz",
        "ProcessingConfiguration": {"Enabled": True, "Processors": processors},
        **more,
    }
    created = platform(
        "firehose",
        "CreateDeliveryStream",
        DeliveryStreamName="lake",
        ExtendedS3DestinationConfiguration=destination,
    )
    return str(created["DeliveryStreamARN"])


def _lines(platform: Platform) -> dict[str, list[Any]]:
    """Records by the folder of their object."""
    return {
        key.rsplit("/", 1)[0]: [json.loads(line) for line in gzip.decompress(body).splitlines()]
        for key, body in platform.objects.items()
    }


def _put(platform: Platform, record: Any) -> None:
    data = base64.b64encode(json.dumps(record).encode()).decode()
    platform("firehose", "PutRecord", DeliveryStreamName="lake", Record={"Data": data})


def test_events_reach_the_lake_in_the_folder_of_their_type_and_day(platform: Platform) -> None:
    arn = _lake(platform)
    platform.rule({"source": ["rental"]}, {"Id": "1", "Arn": arn})
    for kind, at in (("Ended", 1_767_225_599_999), ("Ended", 1_767_225_600_000), ("Paid", 1_767_225_600_000)):
        platform.event(detail={"eventType": kind, "occurredAt": at})
    platform.time.goes_on(59)
    platform.messaging.run_due()
    assert platform.objects == {}
    platform.time.goes_on(1)
    platform.messaging.run_due()
    assert {folder: len(lines) for folder, lines in _lines(platform).items()} == {
        "lake/events/type=Ended/dt=2025-12-31": 1,
        "lake/events/type=Ended/dt=2026-01-01": 1,
        "lake/events/type=Paid/dt=2026-01-01": 1,
    }
    assert all(key.endswith(".json.gz") for key in platform.objects)


def test_a_record_without_its_partition_goes_to_the_errors(platform: Platform) -> None:
    _lake(platform)
    _put(platform, {"detail": {"eventType": "Ended"}})
    platform.time.goes_on(60)
    platform.messaging.run_due()
    ((folder, (failed,)),) = _lines(platform).items()
    assert folder == "lake/errors/processing-failed/dt=1970-01-12"
    assert "partition key dt" in failed["errorMessage"]
    assert json.loads(base64.b64decode(failed["rawData"])) == {"detail": {"eventType": "Ended"}}


def test_a_full_buffer_is_put_at_once(platform: Platform) -> None:
    _lake(platform)
    detail = {"eventType": "Ended", "occurredAt": 0, "text": "x" * 400_000}
    for _ in range(3):
        assert platform.objects == {}
        _put(platform, {"detail": detail})
    assert [len(lines) for lines in _lines(platform).values()] == [3]


def test_buffered_records_outlive_the_process_and_a_bucket_that_fails(tmp_path: Path) -> None:
    store, time = Store(tmp_path / "data.sqlite"), Time()
    first = Platform(store, time)
    _lake(first)
    _put(first, {"detail": {"eventType": "Ended", "occurredAt": 0}})
    store.close()
    second = Platform(Store(tmp_path / "data.sqlite"), time)
    time.goes_on(60)
    second.fails = ConnectionError("no bucket")
    second.messaging.run_due()
    assert second.objects == {}
    second.fails = None
    second.messaging.run_due()
    second.messaging.run_due()
    assert [len(lines) for lines in _lines(second).values()] == [1]


def test_a_stream_is_read_into_the_lake_once_each(tmp_path: Path) -> None:
    store, time = Store(tmp_path / "data.sqlite"), Time()
    platform = Platform(store, time)
    platform("kinesis", "CreateStream", StreamName="telemetry", ShardCount=2)
    platform(
        "firehose",
        "CreateDeliveryStream",
        DeliveryStreamName="telemetry",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": _arn("kinesis", "stream/telemetry"),
            "RoleARN": "arn:aws:iam::123456789012:role/lake",
        },
        ExtendedS3DestinationConfiguration={
            "BucketARN": "arn:aws:s3:::lake",
            "RoleARN": "arn:aws:iam::123456789012:role/lake",
            "Prefix": "telemetry/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
            "DataFormatConversionConfiguration": {"Enabled": True},
        },
    )

    def put(number: int) -> None:
        data = base64.b64encode(json.dumps({"n": number}).encode()).decode()
        platform("kinesis", "PutRecord", StreamName="telemetry", Data=data, PartitionKey=str(number))

    for number in range(10):
        put(number)
    platform.messaging.run_due()
    store.close()
    platform = Platform(Store(tmp_path / "data.sqlite"), time)
    put(10)
    platform.messaging.run_due()
    time.goes_on(60)
    platform.messaging.run_due()
    ((key, body),) = platform.objects.items()
    assert key.startswith("lake/telemetry/dt=1970-01-12/hour=13/telemetry-1-1970-01-12-13-46-40-")
    assert sorted(json.loads(line)["n"] for line in body.splitlines()) == list(range(11))
    (shown,) = platform.messaging["firehose"].status()["deliveryStreams"]
    assert shown["notes"] == ["writes lines of JSON, not Parquet"]
    with pytest.raises(AwsError, match="source stream"):
        platform("firehose", "PutRecord", DeliveryStreamName="telemetry", Record={"Data": "e30="})


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Prefix": "x/!{partitionKeyFromQuery:day}/"}, "gives no 'day'"),
        ({"Prefix": "x/!{timestamp:yyyy-WW}/"}, "WW is none of"),
        ({"Prefix": "x/!{moon:full}/"}, "is not emulated"),
        ({"Prefix": "x/!{firehose:error-output-type}/"}, "ErrorOutputPrefix"),
        ({"CompressionFormat": "Snappy"}, "Snappy"),
    ],
)
def test_a_destination_that_cannot_be_is_refused(platform: Platform, more: Any, message: str) -> None:
    with pytest.raises(AwsError, match=message):
        _lake(platform, **more)


def test_what_else_a_stream_is_to_reach_goes_to_its_backup(platform: Platform) -> None:
    platform(
        "firehose",
        "CreateDeliveryStream",
        DeliveryStreamName="lake",
        AmazonopensearchserviceDestinationConfiguration={
            "IndexName": "logs",
            "RoleARN": "arn:aws:iam::123456789012:role/logs",
            "S3Configuration": {"BucketARN": "arn:aws:s3:::backup", "CompressionFormat": "GZIP"},
        },
    )
    _put(platform, {"line": 1})
    platform.time.goes_on(300)
    platform.messaging.run_due()
    assert list(_lines(platform)) == ["backup/1970/01/12/13"]
    (shown,) = platform.messaging["firehose"].status()["deliveryStreams"]
    assert "S3 backup" in shown["notes"][0]


def test_the_background_does_the_steps() -> None:
    put = threading.Event()
    time = Time()
    messaging = Messaging(Store(), time.clock, lambda *_: None, lambda *_: put.set())
    try:
        calling(messaging["firehose"])(
            "CreateDeliveryStream",
            DeliveryStreamName="lake",
            S3DestinationConfiguration={"BucketARN": "arn:aws:s3:::lake"},
        )
        calling(messaging["firehose"])("PutRecord", DeliveryStreamName="lake", Record={"Data": "e30="})
        time.goes_on(300)
        assert put.wait(10)
    finally:
        messaging.close()
