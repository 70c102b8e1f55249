"""Sends commands to cars through AWS IoT's data plane."""

from collections.abc import Callable
from functools import cache
from typing import Any, Final, Protocol, Self, cast

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from ev_rental.rental.command import Command, CommandNotSentError, message, topic

# A rider waits for this: what the broker does not take at once is said to be open, and asked for again.
CALLS: Final = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3}
)


class IotData(Protocol):
    """The one call of boto's client `iot-data` that is made."""

    def publish(self, *, topic: str, qos: int, payload: bytes) -> Any:  # noqa: ANN401 - an empty answer
        """MQTT publish."""


class IotCommandSender:
    """`ev_rental.rental.command.CommandSender` over AWS IoT Core."""

    def __init__(self, client: Callable[[], IotData]) -> None:
        """`client`: asked at the first command; most requests send none."""
        self._client = client

    @classmethod
    def in_region(cls, region: str) -> Self:
        """For the regional endpoint of `iot-data`, which serves the account's cars in that Region."""

        @cache
        def client() -> IotData:
            made: Any = get_session().create_client("iot-data", region_name=region, config=CALLS)
            return cast("IotData", made)

        return cls(client)

    def send(self, command: Command) -> None:
        """QoS 1: the answer comes once the broker has it. Raises CommandNotSentError."""
        try:
            self._client().publish(topic=topic(command), qos=1, payload=message(command))
        except (ClientError, BotoCoreError) as error:
            raise CommandNotSentError(command.command_id) from error
