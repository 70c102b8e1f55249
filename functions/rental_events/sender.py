"""How commands reach cars: MQTT over AWS IoT Core."""

from typing import Any, Final, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from ev_rental.rental.command import LIFETIME_MS, Command, CommandNotSentError, message, topic

_CALLS: Final = Config(
    connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2}
)


class IotData(Protocol):
    """What is used of botocore's client `iot-data`."""

    def publish(self, *, topic: str, qos: int, payload: bytes, messageExpiry: int) -> object:  # noqa: N803 - AWS's name
        """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html"""


class IotSender:
    """A `CommandSender` over the broker of one Region."""

    def __init__(self, client: IotData) -> None:
        self._client = client

    def send(self, command: Command) -> None:
        """QoS 1; the broker drops a command it could not deliver within the command's life. Raises
        CommandNotSentError."""
        try:
            self._client.publish(
                topic=topic(command),
                qos=1,
                payload=message(command),
                messageExpiry=LIFETIME_MS // 1000,
            )
        except (ClientError, BotoCoreError) as error:
            raise CommandNotSentError(command.command_id) from error


class NoSender:
    """The `CommandSender` of a function whose steps send nothing: its role may not publish."""

    def send(self, command: Command) -> None:
        """Raises CommandNotSentError."""
        raise CommandNotSentError(f"{command.command_id}: this function sends no commands")


def iot_sender(region: str) -> IotSender:
    """A sender over the broker of `region`, where the cars connect."""
    client: Any = get_session().create_client("iot-data", region_name=region, config=_CALLS)
    return IotSender(client)
