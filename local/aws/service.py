"""What an emulated service is: a call in, an answer out, both as the API's JSON has them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

Answer: TypeAlias = dict[str, Any]
Invoke: TypeAlias = Callable[[str, Mapping[str, Any]], None]
"""Starts a Lambda function by its ARN, with an event."""


@dataclass(frozen=True)
class Call:
    """One call. `operation` such as `SendMessage`; `params`: by the API's member names, blobs in base64.

    `wait_seconds`: how long (really) a read may wait for something to read; of the platform's own pollers.
    `gone`: whether whoever called has hung up, so that what is handed out would reach nobody.
    """

    operation: str
    region: str
    account: str
    params: Mapping[str, Any] = field(default_factory=dict)
    wait_seconds: float = 0.0
    gone: Callable[[], bool] = field(default=lambda: False, compare=False, repr=False)


class AwsError(Exception):
    """A refused call: the code of the service's error, and what more its answer says."""

    def __init__(self, code: str, message: str, status: int = 400, **more: Any) -> None:  # noqa: ANN401
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.more = more


class Service(Protocol):
    """A service of ours. It commits to its store before it answers, and takes calls of many threads."""

    def call(self, call: Call) -> Answer:
        """The answer. Raises AwsError."""

    def status(self) -> Mapping[str, Any]:
        """What `ev status` shows of it: JSON."""
