"""The tables that rental functions work on: what a function may do with them, and how it finds them."""

from dataclasses import dataclass

import pulumi

from components.iam import Statement
from components.markets import Market, Region
from components.table import TableReference

METRICS_NAMESPACE = "BlueHorizons/Rental"


@dataclass(frozen=True)
class RentalTables:
    """The rental table and the two of telemetry, all of one Region, with their keys.

    `writer_epoch`: what the configuration says of who writes, in a number that each failover raises.
    """

    rental: TableReference
    rental_key_arn: pulumi.Input[str]
    vehicle_state: TableReference
    alerts: TableReference
    telemetry_key_arn: pulumi.Input[str]
    writer_epoch: int = 1

    def __post_init__(self) -> None:
        if self.writer_epoch < 1:
            raise ValueError(f"writer_epoch is {self.writer_epoch}: epochs count from 1")

    def replica(
        self, region: Region, *, rental_key_arn: pulumi.Input[str], telemetry_key_arn: pulumi.Input[str]
    ) -> "RentalTables":
        """The replicas in a further Region, with the keys of that Region."""
        return RentalTables(
            rental=self.rental.replica(region),
            rental_key_arn=rental_key_arn,
            vehicle_state=self.vehicle_state.replica(region),
            alerts=self.alerts.replica(region),
            telemetry_key_arn=telemetry_key_arn,
            writer_epoch=self.writer_epoch,
        )

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
            "WRITER_EPOCH": str(self.writer_epoch),
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
        """Change bookings and vehicles, behind the fence."""
        return Statement(
            sid="WriteRental",
            actions=["dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            resources=[self.rental.arn],
        )

    def write_state(self) -> Statement:
        """Mirror a vehicle's rental state, on condition of what telemetry said."""
        return Statement(
            sid="MirrorRentalState",
            actions=["dynamodb:UpdateItem"],
            resources=[self.vehicle_state.arn],
        )
