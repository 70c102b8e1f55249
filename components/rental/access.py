"""The tables that rental functions work on: what a function may do with them, and how it finds them."""

from dataclasses import dataclass

import pulumi

from components.iam import Statement
from components.markets import Market, Region
from components.table import TableReference

METRICS_NAMESPACE = "BlueHorizons/Rental"


@dataclass(frozen=True)
class RentalTables:
    """The rental table and the two of telemetry, all of one Region, with their keys."""

    rental: TableReference
    rental_key_arn: pulumi.Input[str]
    vehicle_state: TableReference
    alerts: TableReference
    telemetry_key_arn: pulumi.Input[str]

    def environment(
        self, service: str, *, market: Market, tables_region: Region, writes_enabled: bool
    ) -> dict[str, pulumi.Input[str]]:
        """The variables that every rental function reads."""
        return {
            "MARKET": str(market),
            "RENTAL_TABLE": self.rental.name,
            "VEHICLE_STATE_TABLE": self.vehicle_state.name,
            "TABLES_REGION": str(tables_region),
            "WRITES_ENABLED": "true" if writes_enabled else "false",
            "POWERTOOLS_SERVICE_NAME": service,
            "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }

    def read(self) -> list[Statement]:
        """Read bookings, vehicles, riders and stations."""
        return [
            Statement(
                sid="ReadRental",
                actions=["dynamodb:BatchGetItem", "dynamodb:GetItem"],
                resources=[self.rental.arn],
            ),
            Statement(
                sid="QueryIndexes",
                actions=["dynamodb:Query"],
                resources=[pulumi.Output.concat(self.rental.arn, "/index/*")],
            ),
            Statement(
                sid="UseTableKeys",
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[self.rental_key_arn, self.telemetry_key_arn],
            ),
        ]

    def read_state(self) -> Statement:
        """Read what telemetry said of vehicles."""
        return Statement(
            sid="ReadVehicleState",
            actions=["dynamodb:BatchGetItem", "dynamodb:GetItem"],
            resources=[self.vehicle_state.arn],
        )

    def write(self) -> Statement:
        """Change bookings and vehicles."""
        return Statement(
            sid="WriteRental",
            actions=["dynamodb:PutItem", "dynamodb:UpdateItem"],
            resources=[self.rental.arn],
        )

    def write_state(self) -> Statement:
        """Mirror a vehicle's rental state, on condition of what telemetry said."""
        return Statement(
            sid="MirrorRentalState",
            actions=["dynamodb:UpdateItem"],
            resources=[self.vehicle_state.arn],
        )
