"""A clock that tests turn, calls of an engine in one line, and clients of what is served."""

from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from local.aws.service import Answer, Call, Service
from local.clock import Clock

ACCOUNT = "123456789012"
REGION = "ap-southeast-1"


class Time:
    """The platform's clock at 1,000,000 s, which goes on when told."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.clock = Clock(really=0, then=0, real=lambda: self.now)

    def goes_on(self, seconds: float) -> None:
        self.now += seconds


def calling(service: Service, *, region: str = REGION, wait: float = 0.0) -> Callable[..., Answer]:
    """`call("SendMessage", QueueUrl=...)`."""

    def call(operation: str, **params: Any) -> Answer:
        return service.call(Call(operation, region, ACCOUNT, params, wait))

    return call


def client(origin: str, service: str) -> Any:
    """A client that tries once."""
    make: Any = boto3.client
    return make(
        service,
        region_name=REGION,
        endpoint_url=origin,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )
