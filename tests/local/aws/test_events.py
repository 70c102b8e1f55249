"""Buses: from an event to the targets of its rules, and to the archive."""

import json
import threading
from typing import Any

import pytest

from local.aws.service import AwsError
from tests.local.aws.calls import ACCOUNT, REGION
from tests.local.aws.engines import FUNCTION, Platform, arn_of


def test_an_event_reaches_the_queue_of_its_rule(platform: Platform) -> None:
    platform("events", "CreateEventBus", Name="vn")
    url = platform.queue("work", lets="events", source=arn_of("events", "rule/vn/r"))
    pattern = {"account": [ACCOUNT], "detail-type": ["BookingEnded"]}
    platform.rule(pattern, {"Id": "1", "Arn": arn_of("sqs", "work")}, bus="vn")
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
    target = {
        "Id": "1",
        "Arn": arn_of("sqs", "forgot"),
        "DeadLetterConfig": {"Arn": arn_of("sqs", "letters")},
    }
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
        "DeadLetterConfig": {"Arn": arn_of("sqs", "letters")},
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
