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
class TelemetryTopics:
    """Topics and rule names of one market; `prefix` is unique in the account and Region."""

    prefix: str
    market: Market

    def __post_init__(self) -> None:
        if not _RULE_NAME.fullmatch(self.telemetry_rule):
            raise ValueError(f"{self.telemetry_rule!r} is no topic rule name: use letters, digits and _")

    @property
    def telemetry_rule(self) -> str:
        """Cars know this name: it is part of the topic that they publish to."""
        return f"{self.prefix.replace('-', '_')}_telemetry"

    @property
    def lifecycle_rule(self) -> str:
        """The rule of connects and disconnects."""
        return f"{self.prefix.replace('-', '_')}_lifecycle"

    def telemetry(self, vehicle_id: str) -> str:
        """The topic of a vehicle's telemetry; `+` stands for any vehicle."""
        return f"bh/{self.market}/{vehicle_id}/telemetry"

    def basic_ingest(self, vehicle_id: str) -> str:
        """What a vehicle publishes its telemetry to."""
        return f"$aws/rules/{self.telemetry_rule}/{self.telemetry(vehicle_id)}"

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
            "timestamp() AS receivedAt FROM '$aws/events/presence/+/+'"
        )
