"""The services that move records, wired to one another by ARN."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.aws.events import Events
from local.aws.firehose import Firehose
from local.aws.kinesis import Kinesis
from local.aws.service import AwsError, Call
from local.aws.sns import Sns
from local.aws.sqs import Sqs
from local.aws.store import Store
from local.clock import Clock

Invoke = Callable[[str, Mapping[str, Any]], None]
PutObject = Callable[[str, str, bytes], None]


@dataclass
class Messaging:
    """All of them; `open` wires them."""

    sqs: Sqs
    kinesis: Kinesis
    sns: Sns
    events: Events
    firehose: Firehose

    @classmethod
    def open(
        cls,
        store: Store,
        clock: Clock,
        *,
        account: str,
        endpoint: str,
        invoke: Invoke,
        put_object: PutObject,
    ) -> Messaging:
        """The services, as they were left in the store.

        `endpoint`: of the emulated AWS. `invoke`: calls a function without waiting. `put_object`: into S3.
        """
        sqs = Sqs(store, clock, account=account, endpoint=endpoint)
        kinesis = Kinesis(store, clock, account=account)
        sns = Sns(store, clock, account=account, sqs=sqs, invoke=invoke)
        firehose = Firehose(store, clock, account=account, kinesis=kinesis, put_object=put_object)

        def deliver(arn: str, body: str, *, service: str, source_arn: str) -> None:
            _, _, kind, region, owner, name = arn.split(":", 5)
            if kind == "sqs":
                sqs.deliver(arn, body, service=service, source_arn=source_arn)
            elif kind == "sns":
                sns.deliver(arn, body, service=service, source_arn=source_arn)
            elif kind == "firehose":
                firehose.deliver(arn, body, service=service, source_arn=source_arn)
            elif kind == "lambda":
                invoke(arn, json.loads(body))
            elif kind == "kinesis":
                put = {
                    "StreamARN": arn,
                    "Data": base64.b64encode(body.encode()).decode(),
                    "PartitionKey": source_arn[-256:],
                }
                kinesis.call(Call("PutRecord", region, owner, put))
            elif kind != "logs":  # a log group takes whatever comes; nobody reads it here
                raise AwsError("ValidationException", f"{arn}: targets of {kind} are not served ({name})")

        events = Events(store, clock, account=account, deliver=deliver)
        return cls(sqs, kinesis, sns, events, firehose)
