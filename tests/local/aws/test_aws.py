"""The emulated AWS as a whole: its services hand each other what they are told to."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from local.aws.server import Aws
from local.aws.store import Store
from local.clock import Clock
from tests.local.aws.calls import ACCOUNT, REGION, client


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with Aws(Store(), Clock.starting(), account=ACCOUNT) as made:
        yield made


def fetched(aws: Aws, path: str) -> Any:
    with urllib.request.urlopen(aws.origin + path, timeout=10) as answer:  # noqa: S310 - ours
        return json.load(answer)


def allowed(arn: str, service: str) -> dict[str, str]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}


def queue(aws: Aws, name: str, service: str) -> tuple[str, str]:
    sqs, arn = client(aws.origin, "sqs"), f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    return sqs.create_queue(QueueName=name, Attributes=allowed(arn, service))["QueueUrl"], arn


def received(aws: Aws, url: str) -> list[Any]:
    answer = client(aws.origin, "sqs").receive_message(
        QueueUrl=url, WaitTimeSeconds=5, MaxNumberOfMessages=10
    )
    return [json.loads(message["Body"]) for message in answer.get("Messages", ())]


def test_a_queue_hears_of_an_object(aws: Aws) -> None:
    url, arn = queue(aws, "objects", "s3")
    s3 = client(aws.origin, "s3")
    s3.create_bucket(Bucket="heard-of", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_notification_configuration(
        Bucket="heard-of",
        NotificationConfiguration={
            "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    assert [message["Event"] for message in received(aws, url)] == ["s3:TestEvent"]
    s3.put_object(Bucket="heard-of", Key="k", Body=b"four")
    assert received(aws, url)[0]["Records"][0]["s3"]["object"]["size"] == 4


def test_a_message_reaches_people_and_the_inbox_shows_it(aws: Aws) -> None:
    sns = client(aws.origin, "sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    sns.publish(TopicArn=topic, Subject="Too hot", Message="<b>")
    assert [(its["endpoint"], its["message"]) for its in fetched(aws, "/_local/inbox")] == [
        ("ops@example.com", "<b>")
    ]


def test_an_event_is_seen_by_who_waits_for_it(aws: Aws) -> None:
    entry = {"Source": "cars", "DetailType": "parked", "Detail": "{}"}
    client(aws.origin, "events").put_events(Entries=[entry])
    told = fetched(aws, "/_local/events?after=0&wait=5")
    assert [(its["source"], its["bus"]) for its in told["events"]] == [("cars", "default")]
    assert fetched(aws, f"/_local/events?after={told['next']}")["events"] == []


def test_the_status_has_all_that_holds_something(aws: Aws) -> None:
    client(aws.origin, "kinesis").create_stream(StreamName="telemetry", ShardCount=1)
    status = fetched(aws, "/_local/status")
    assert {"tables", "queues", "streams", "topics", "buses", "buckets"} <= status.keys()
    assert "telemetry" in [its["name"] for its in status["streams"]]


def test_a_service_of_ours_is_not_there_a_second_time(aws: Aws) -> None:
    import moto.backends  # noqa: PLC0415 - only to look behind

    client(aws.origin, "sqs").create_queue(QueueName="once")
    behind: Any = moto.backends.get_backend("sqs")
    assert not behind[ACCOUNT][REGION].queues
