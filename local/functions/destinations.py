"""Where a call ends that failed for good: a queue, a topic, a bus, a bucket or another function.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.clock import Clock
from local.deploy.clients import Clients


class Destinations:
    """`invoke`: calls another function without waiting."""

    def __init__(self, aws: Clients, clock: Clock, invoke: Callable[[str, Mapping[str, Any]], None]) -> None:
        self._aws = aws
        self._clock = clock
        self._invoke = invoke

    def send(self, arn: str, record: Mapping[str, Any]) -> None:
        """Hand a record on. Raises botocore's errors: the caller tries again."""
        _, _, service, region, account, name = arn.split(":", 5)
        body = json.dumps(record)
        if service == "sqs":
            client = self._aws("sqs", region)
            url = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
            client.send_message(QueueUrl=url, MessageBody=body)
        elif service == "sns":
            self._aws("sns", region).publish(TopicArn=arn, Message=body)
        elif service == "events":
            entry = {
                "EventBusName": arn,
                "Source": "lambda",
                "DetailType": "Lambda Function Invocation Result - Failure",
                "Detail": body,
            }
            self._aws("events", region).put_events(Entries=[entry])
        elif service == "lambda":
            self._invoke(arn, record)
        elif service == "s3":
            self._put(name, record, body)

    def _put(self, bucket: str, record: Mapping[str, Any], body: str) -> None:
        """As an event-source mapping names its objects."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        shard = next((part["shardId"] for key, part in record.items() if key.endswith("BatchInfo")), "async")
        mapping = record.get("mapping", "function")
        key = f"aws/lambda/{mapping}/{shard}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
        self._aws("s3", "us-east-1").put_object(
            Bucket=bucket, Key=key, Body=body.encode(), ContentType="application/json"
        )

    def failure(
        self,
        *,
        function_arn: str,
        version: str,
        condition: str,
        attempts: int,
        request_id: str,
        error: str = "Unhandled",
    ) -> dict[str, Any]:
        """What all records of failures begin with."""
        now = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        return {
            "version": "1.0",
            "timestamp": now.replace("+00:00", "Z"),
            "requestContext": {
                "requestId": request_id,
                "functionArn": f"{function_arn}:{version}",
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": version,
                "functionError": error,
            },
        }
