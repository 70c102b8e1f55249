"""The vehicle-state and alerts tables, and the last day of telemetry.

They are apart from the pipeline because they live in the market's primary Region, where a booking's
transaction must find them, while cars may connect to another Region (Indonesia's do).
"""

import pulumi

from components.table import DataArgs, DurableTableArgs, Index, TableReference, durable_table
from components.tags import DataClass, component_tags


class VehicleStateTables(pulumi.ComponentResource):
    """Vehicle state, one item a vehicle; alerts, one item an episode of (vehicle, rule); recent telemetry,
    one item a vehicle and minute, for staff's charts."""

    vehicle_state: TableReference
    alerts: TableReference
    recent_telemetry: TableReference

    def __init__(self, name: str, args: DataArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:telemetry:VehicleStateTables", name, None, opts)
        tags = component_tags(args.tags, "telemetry", DataClass.PERSONAL)
        self.vehicle_state = durable_table(
            f"{name}-vehicles",
            DurableTableArgs(
                hash_key="vehicle_id",
                attribute_types={"vehicle_id": "S"},
                key_arn=args.key_arn,
                replicas=args.replicas,
                protect=args.protect,
                tags=tags,
            ),
            parent=self,
        )
        self.alerts = durable_table(
            f"{name}-alerts",
            DurableTableArgs(
                hash_key="vehicle_id",
                range_key="alert_id",
                attribute_types={
                    "vehicle_id": "S",
                    "alert_id": "S",
                    "open_severity": "S",
                    "status": "S",
                    "raised_at": "N",
                },
                indexes=[
                    # Only alerts that are not resolved carry open_severity.
                    Index("open_by_severity", "open_severity", "raised_at"),
                    Index("by_status", "status", "raised_at"),
                ],
                key_arn=args.key_arn,
                replicas=args.replicas,
                protect=args.protect,
                tags=tags,
            ),
            parent=self,
        )
        # Not replicated: it is a day old at most, and staff look at it in the primary Region only.
        self.recent_telemetry = durable_table(
            f"{name}-recent",
            DurableTableArgs(
                hash_key="vehicle_id",
                range_key="minute",
                attribute_types={"vehicle_id": "S", "minute": "N"},
                key_arn=args.key_arn,
                protect=args.protect,
                tags=tags,
            ),
            parent=self,
        )
        self.register_outputs(
            {
                "vehicleStateTable": self.vehicle_state.name,
                "alertsTable": self.alerts.name,
                "recentTelemetryTable": self.recent_telemetry.name,
            }
        )
