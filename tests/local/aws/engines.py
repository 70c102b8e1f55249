"""The engines that move records, with what they reach recorded."""

import json
from collections.abc import Mapping
from typing import Any

from local.aws.messaging import Messaging
from local.aws.service import Answer
from local.aws.store import Store
from tests.local.aws.calls import ACCOUNT, REGION, Time, calling

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:dispatcher"


def arn_of(service: str, resource: str) -> str:
    """In the account and Region of the tests."""
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
                "Resource": arn_of("sqs", name),
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
