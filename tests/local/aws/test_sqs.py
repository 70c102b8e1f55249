"""Queues: what is sent is received, hidden, deleted, comes again and ends among the dead letters."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from local.aws.service import AwsError
from local.aws.sqs import Sqs
from local.aws.store import Store
from tests.local.aws.calls import ACCOUNT, REGION, Time, calling

SNS_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"


def _arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sqs(time: Time) -> Sqs:
    return Sqs(Store(), time.clock)


def _with_dead_letters(call: Any, receives: int = 2) -> tuple[str, str]:
    dead = call("CreateQueue", QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": _arn("dead"), "maxReceiveCount": receives})
    url = call("CreateQueue", QueueName="work", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    return url, dead


def _bodies(answer: dict[str, Any]) -> list[str]:
    return [message["Body"] for message in answer.get("Messages", [])]


def test_a_queue_can_be_created_again_as_it_is_but_not_otherwise(sqs: Sqs) -> None:
    call = calling(sqs)
    url = call("CreateQueue", QueueName="work", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    assert call("CreateQueue", QueueName="work", Attributes={"VisibilityTimeout": "60"})["QueueUrl"] == url
    assert call("CreateQueue", QueueName="work")["QueueUrl"] == url
    with pytest.raises(AwsError) as refused:
        call("CreateQueue", QueueName="work", Attributes={"VisibilityTimeout": "61"})
    assert refused.value.code == "QueueNameExists"
    assert "VisibilityTimeout" in refused.value.message


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"VisibilityTimeout": "43201"}, "InvalidAttributeValue"),
        ({"DelaySeconds": "soon"}, "InvalidAttributeValue"),
        ({"Colour": "red"}, "InvalidAttributeName"),
        ({"Policy": "{"}, "InvalidAttributeValue"),
        (
            {"RedrivePolicy": json.dumps({"deadLetterTargetArn": _arn("no"), "maxReceiveCount": 2})},
            "InvalidAttributeValue",
        ),
    ],
)
def test_an_attribute_that_cannot_be_is_refused(sqs: Sqs, attributes: dict[str, str], code: str) -> None:
    with pytest.raises(AwsError) as refused:
        calling(sqs)("CreateQueue", QueueName="work", Attributes=attributes)
    assert refused.value.code == code


def test_a_queue_that_is_not_there_has_the_error_that_sdks_know(sqs: Sqs) -> None:
    with pytest.raises(AwsError) as refused:
        calling(sqs)("GetQueueUrl", QueueName="nowhere")
    assert refused.value.code == "QueueDoesNotExist"


def test_a_queue_is_only_in_its_region(sqs: Sqs) -> None:
    url = calling(sqs)("CreateQueue", QueueName="work")["QueueUrl"]
    with pytest.raises(AwsError, match="QueueDoesNotExist"):
        calling(sqs, region="us-east-1")("SendMessage", QueueUrl=url, MessageBody="hello")


def test_a_message_comes_again_when_it_was_not_deleted(sqs: Sqs, time: Time) -> None:
    call = calling(sqs)
    url = call("CreateQueue", QueueName="work")["QueueUrl"]
    sent = call("SendMessage", QueueUrl=url, MessageBody="hello")
    (first,) = call("ReceiveMessage", QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert first["MessageId"] == sent["MessageId"]
    assert first["Attributes"]["ApproximateReceiveCount"] == "1"
    assert first["Attributes"]["SentTimestamp"] == "1000000000"
    assert call("ReceiveMessage", QueueUrl=url) == {}
    time.goes_on(30)
    (second,) = call("ReceiveMessage", QueueUrl=url, MessageSystemAttributeNames=["ApproximateReceiveCount"])[
        "Messages"
    ]
    assert second["Attributes"] == {"ApproximateReceiveCount": "2"}
    call("DeleteMessage", QueueUrl=url, ReceiptHandle=second["ReceiptHandle"])
    time.goes_on(30)
    assert call("ReceiveMessage", QueueUrl=url) == {}


def test_the_digests_are_those_that_boto_checks(sqs: Sqs) -> None:
    call = calling(sqs)
    url = call("CreateQueue", QueueName="work")["QueueUrl"]
    attributes = {"market": {"DataType": "String", "StringValue": "vn"}}
    sent = call("SendMessage", QueueUrl=url, MessageBody="hello", MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == "5d41402abc4b2a76b9719d911017c592"
    (message,) = call("ReceiveMessage", QueueUrl=url, MessageAttributeNames=["mar.*"])["Messages"]
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]


def test_a_message_that_was_received_too_often_is_a_dead_letter(sqs: Sqs, time: Time) -> None:
    call = calling(sqs)
    url, dead = _with_dead_letters(call, receives=2)
    id_ = call("SendMessage", QueueUrl=url, MessageBody="poison")["MessageId"]
    for _ in range(2):
        assert _bodies(call("ReceiveMessage", QueueUrl=url)) == ["poison"]
        time.goes_on(30)
    assert call("ReceiveMessage", QueueUrl=url) == {}
    (letter,) = call("ReceiveMessage", QueueUrl=dead, AttributeNames=["DeadLetterQueueSourceArn"])["Messages"]
    assert letter["MessageId"] == id_
    assert letter["Attributes"] == {"DeadLetterQueueSourceArn": _arn("work")}


def test_dead_letters_are_sent_back(sqs: Sqs, time: Time) -> None:
    call = calling(sqs)
    url, dead = _with_dead_letters(call, receives=1)
    call("SendMessage", QueueUrl=url, MessageBody="poison")
    call("ReceiveMessage", QueueUrl=url)
    time.goes_on(30)
    call("ReceiveMessage", QueueUrl=url)
    assert call("ListDeadLetterSourceQueues", QueueUrl=dead) == {"queueUrls": [url]}
    call("StartMessageMoveTask", SourceArn=_arn("dead"))
    (task,) = call("ListMessageMoveTasks", SourceArn=_arn("dead"))["Results"]
    assert task["Status"] == "COMPLETED"
    assert task["ApproximateNumberOfMessagesMoved"] == 1
    assert call("ReceiveMessage", QueueUrl=dead) == {}
    assert _bodies(call("ReceiveMessage", QueueUrl=url)) == ["poison"]


def test_only_dead_letters_are_sent_back(sqs: Sqs) -> None:
    call = calling(sqs)
    _with_dead_letters(call)
    with pytest.raises(AwsError, match="must be configured as a Dead Letter Queue"):
        call("StartMessageMoveTask", SourceArn=_arn("work"))


def test_a_queue_says_whose_dead_letters_it_takes(sqs: Sqs) -> None:
    call = calling(sqs)
    allowed = json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [_arn("work")]})
    call("CreateQueue", QueueName="dead", Attributes={"RedriveAllowPolicy": allowed})
    redrive = json.dumps({"deadLetterTargetArn": _arn("dead"), "maxReceiveCount": 1})
    call("CreateQueue", QueueName="work", Attributes={"RedrivePolicy": redrive})
    with pytest.raises(AwsError, match="RedriveAllowPolicy"):
        call("CreateQueue", QueueName="other", Attributes={"RedrivePolicy": redrive})


def test_a_message_waits_for_its_delay_and_is_gone_after_the_retention(sqs: Sqs, time: Time) -> None:
    call = calling(sqs)
    url = call("CreateQueue", QueueName="work", Attributes={"MessageRetentionPeriod": "60"})["QueueUrl"]
    call("SendMessage", QueueUrl=url, MessageBody="later", DelaySeconds=10)
    counted = call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counted["ApproximateNumberOfMessagesDelayed"] == "1"
    assert call("ReceiveMessage", QueueUrl=url) == {}
    time.goes_on(10)
    assert _bodies(call("ReceiveMessage", QueueUrl=url, VisibilityTimeout=5)) == ["later"]
    time.goes_on(50)
    assert call("ReceiveMessage", QueueUrl=url) == {}
    assert sqs.status()["queues"][0]["visible"] == 0


def test_the_time_that_a_message_is_hidden_can_change(sqs: Sqs, time: Time) -> None:
    call = calling(sqs)
    url = call("CreateQueue", QueueName="work")["QueueUrl"]
    call("SendMessage", QueueUrl=url, MessageBody="hello")
    (message,) = call("ReceiveMessage", QueueUrl=url)["Messages"]
    again = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    call("ChangeMessageVisibility", VisibilityTimeout=100, **again)
    time.goes_on(99)
    assert call("ReceiveMessage", QueueUrl=url) == {}
    call("ChangeMessageVisibility", VisibilityTimeout=0, **again)
    with pytest.raises(AwsError, match="MessageNotInflight"):
        call("ChangeMessageVisibility", VisibilityTimeout=10, **again)
    assert _bodies(call("ReceiveMessage", QueueUrl=url)) == ["hello"]


def test_a_receiver_is_woken_by_what_is_sent(sqs: Sqs) -> None:
    call = calling(sqs)
    url = call("CreateQueue", QueueName="work")["QueueUrl"]
    received: list[str] = []
    waiting = threading.Thread(
        target=lambda: received.extend(_bodies(call("ReceiveMessage", QueueUrl=url, WaitTimeSeconds=20)))
    )
    waiting.start()
    call("SendMessage", QueueUrl=url, MessageBody="hello")
    waiting.join(10)
    assert received == ["hello"]


def test_in_a_batch_each_entry_fails_alone(sqs: Sqs) -> None:
    call = calling(sqs)
    url = call("CreateQueue", QueueName="work", Attributes={"MaximumMessageSize": "1024"})["QueueUrl"]
    entries = [{"Id": "a", "MessageBody": "hello"}, {"Id": "b", "MessageBody": "x" * 1_025}]
    answer = call("SendMessageBatch", QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in answer["Successful"]] == ["a"]
    assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [("b", "InvalidParameterValue")]
    assert _bodies(call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)) == ["hello"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([{"Id": "a", "MessageBody": "x"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": str(one), "MessageBody": "x"} for one in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "a b", "MessageBody": "x"}], "InvalidBatchEntryId"),
        ([{"Id": str(one), "MessageBody": "x" * 600_000} for one in range(2)], "BatchRequestTooLong"),
    ],
)
def test_a_batch_that_cannot_be_is_refused(sqs: Sqs, entries: list[dict[str, str]], code: str) -> None:
    call = calling(sqs)
    url = call("CreateQueue", QueueName="work")["QueueUrl"]
    with pytest.raises(AwsError) as refused:
        call("SendMessageBatch", QueueUrl=url, Entries=entries)
    assert refused.value.code == code


def test_a_service_sends_only_where_the_policy_lets_it(sqs: Sqs) -> None:
    call = calling(sqs)
    url = call("CreateQueue", QueueName="work")["QueueUrl"]
    with pytest.raises(AwsError, match="AccessDenied"):
        sqs.deliver(_arn("work"), "hello", service="sns", source_arn=SNS_ARN)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": _arn("work"),
        "Condition": {"ArnEquals": {"aws:SourceArn": SNS_ARN}},
    }
    policy = json.dumps({"Statement": [statement]})
    call("SetQueueAttributes", QueueUrl=url, Attributes={"Policy": policy})
    sqs.deliver(_arn("work"), "hello", service="sns", source_arn=SNS_ARN)
    for service, source in (("events", SNS_ARN), ("sns", SNS_ARN + "-other")):
        with pytest.raises(AwsError, match="AccessDenied"):
            sqs.deliver(_arn("work"), "hello", service=service, source_arn=source)
    assert _bodies(call("ReceiveMessage", QueueUrl=url)) == ["hello"]


def test_a_fifo_queue_keeps_the_order_of_each_group_and_drops_duplicates(sqs: Sqs, time: Time) -> None:
    call = calling(sqs)
    settings_ = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = call("CreateQueue", QueueName="work.fifo", Attributes=settings_)["QueueUrl"]
    for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("a1", "a")):
        call("SendMessage", QueueUrl=url, MessageBody=body, MessageGroupId=group)
    (first,) = call("ReceiveMessage", QueueUrl=url)["Messages"]
    assert first["Body"] == "a1"
    assert _bodies(call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)) == ["b1"]
    call("DeleteMessage", QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert _bodies(call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)) == ["a2"]
    time.goes_on(301)
    call("SendMessage", QueueUrl=url, MessageBody="a1", MessageGroupId="c")
    assert sqs.status()["queues"][0]["visible"] == 3


def test_a_queue_is_as_it_was_after_a_restart(tmp_path: Path, time: Time) -> None:
    store = Store(tmp_path / "data.sqlite")
    call = calling(Sqs(store, time.clock))
    url, _ = _with_dead_letters(call, receives=2)
    for body in ("hidden", "visible"):
        call("SendMessage", QueueUrl=url, MessageBody=body)
    (hidden,) = call("ReceiveMessage", QueueUrl=url)["Messages"]
    store.close()
    call = calling(Sqs(Store(tmp_path / "data.sqlite"), time.clock))
    assert _bodies(call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)) == ["visible"]
    call("DeleteMessage", QueueUrl=url, ReceiptHandle=hidden["ReceiptHandle"])
    time.goes_on(30)
    assert _bodies(call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)) == ["visible"]


class QueueMachine(RuleBasedStateMachine):
    """A model beside the queue: who is hidden until when, and who was received how often."""

    receipts = Bundle("receipts")
    RECEIVES = 3

    def __init__(self) -> None:
        super().__init__()
        self.time = Time()
        self.store = Store()
        self.sqs = Sqs(self.store, self.time.clock)
        self.call = calling(self.sqs)
        self.url, self.dead = _with_dead_letters(self.call, self.RECEIVES)
        self.alive: dict[str, list[float]] = {}  # receives, hidden until
        self.handles: dict[str, str] = {}
        self.sent = 0
        self.buried: set[str] = set()

    @rule(delay=st.integers(0, 20))
    def send(self, delay: int) -> None:
        self.sent += 1
        id_ = self.call("SendMessage", QueueUrl=self.url, MessageBody=str(self.sent), DelaySeconds=delay)
        self.alive[id_["MessageId"]] = [0, self.time.now + delay]

    @rule(target=receipts, most=st.integers(1, 10), hidden=st.integers(0, 40))
    def receive(self, most: int, hidden: int) -> list[tuple[str, str]]:
        now = self.time.now
        answer = self.call(
            "ReceiveMessage", QueueUrl=self.url, MaxNumberOfMessages=most, VisibilityTimeout=hidden
        )
        got = [(one["MessageId"], one["ReceiptHandle"]) for one in answer.get("Messages", [])]
        ready = {id_ for id_, (count, until) in self.alive.items() if until <= now and count < self.RECEIVES}
        assert len({id_ for id_, _ in got}) == len(got) == min(most, len(ready))
        for id_, handle in got:
            assert id_ in ready
            self.alive[id_] = [self.alive[id_][0] + 1, now + hidden]
            self.handles[id_] = handle
        return got

    @rule(got=receipts)
    def delete(self, got: list[tuple[str, str]]) -> None:
        for id_, handle in got:
            self.call("DeleteMessage", QueueUrl=self.url, ReceiptHandle=handle)
            if id_ in self.alive and self.handles[id_] == handle and id_ not in self._buried():
                del self.alive[id_]

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        self.time.goes_on(seconds)

    @rule()
    def restart(self) -> None:
        self.sqs = Sqs(self.store, self.time.clock)
        self.call = calling(self.sqs)

    def _buried(self) -> set[str]:
        answer: dict[str, Any] = {"Messages": [1]}
        while answer:
            answer = self.call("ReceiveMessage", QueueUrl=self.dead, MaxNumberOfMessages=10)
            self.buried |= {one["MessageId"] for one in answer.get("Messages", [])}
        return self.buried

    @invariant()
    def nothing_is_lost(self) -> None:
        buried = self._buried()
        for id_ in buried:
            assert self.alive[id_][0] == self.RECEIVES
        queue = next(one for one in self.sqs.status()["queues"] if one["name"] == "work")
        assert queue["visible"] + queue["hidden"] + queue["delayed"] + len(buried) == len(self.alive)


QueueMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestQueue = QueueMachine.TestCase
