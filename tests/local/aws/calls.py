"""A clock that tests turn, and calls of an engine in one line."""

from collections.abc import Callable
from typing import Any

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
