"""The MQTT vocabulary that cars, topic rules and policies share.

Basic Ingest: a car publishes to `$aws/rules/<rule>/<topic>`, which skips the message broker and its charge;
`topic(n)` in the rule's SQL counts without that prefix:
https://docs.aws.amazon.com/iot/latest/developerguide/iot-basic-ingest.html
"""

import re
from dataclasses import dataclass

from components.markets import Market

VEHICLE_ID_LEVEL = 3
LIFECYCLE_CLIENT_ID_LEVEL = 5
SQL_VERSION = "2016-03-23"  # the default of 2015-10-08 flattens arrays and objects
_RULE_NAME = re.compile(r"[a-zA-Z0-9_]{1,128}")


@dataclass(frozen=True)
class VehicleTopics:
    """Topics and rule names of one market; `prefix` is unique in the account and Region.

    Cars know the names of the rules: they are part of the topics that cars publish to.
    """

    prefix: str
    market: Market

    def __post_init__(self) -> None:
        if not _RULE_NAME.fullmatch(self.telemetry_rule):
            raise ValueError(f"{self.telemetry_rule!r} is no topic rule name: use letters, digits and _")

    @property
    def telemetry_rule(self) -> str:
        """The rule of telemetry."""
        return self._rule("telemetry")

    @property
    def lifecycle_rule(self) -> str:
        """The rule of connects and disconnects."""
        return self._rule("lifecycle")

    @property
    def command_acks_rule(self) -> str:
        """The rule of what cars answer to commands."""
        return self._rule("command_acks")

    def _rule(self, purpose: str) -> str:
        return f"{self.prefix.replace('-', '_')}_{purpose}"

    def telemetry(self, vehicle_id: str) -> str:
        """The topic of a vehicle's telemetry; `+` stands for any vehicle."""
        return f"bh/{self.market}/{vehicle_id}/telemetry"

    def commands(self, vehicle_id: str) -> str:
        """The topic that a vehicle is told what to do on."""
        return f"bh/{self.market}/{vehicle_id}/commands"

    def command_acks(self, vehicle_id: str) -> str:
        """The topic of a vehicle's answers to commands."""
        return f"bh/{self.market}/{vehicle_id}/command-acks"

    @staticmethod
    def basic_ingest(rule: str, topic: str) -> str:
        """What a vehicle publishes to, for `topic` to reach `rule`."""
        return f"$aws/rules/{rule}/{topic}"

    @property
    def telemetry_sql(self) -> str:
        """Every field of the message, and what only the broker knows: which vehicle, and when."""
        return (
            f"SELECT *, 'telemetry' AS recordType, topic({VEHICLE_ID_LEVEL}) AS topicVehicleId, "
            f"timestamp() AS receivedAt FROM '{self.telemetry('+')}'"
        )

    @property
    def lifecycle_sql(self) -> str:
        """Connects and disconnects of cars, in the same stream and order as their telemetry."""
        return (
            f"SELECT *, 'lifecycle' AS recordType, topic({LIFECYCLE_CLIENT_ID_LEVEL}) AS topicVehicleId, "
            "timestamp() AS receivedAt FROM '$aws/events/presence/+/+' "
            "WHERE eventType = 'connected' OR eventType = 'disconnected'"  # not connect_failed
        )

    @property
    def command_acks_sql(self) -> str:
        """Answers to commands, with the vehicle that the broker authenticated."""
        return (
            f"SELECT *, topic({VEHICLE_ID_LEVEL}) AS topicVehicleId, timestamp() AS receivedAt "
            f"FROM '{self.command_acks('+')}'"
        )
