"""The rental table: vehicles, bookings, riders, stations, invoices.

It is apart from the functions, so that a standby Region's functions can work on its replica. Its keys are
pinned: a table's keys cannot be changed without replacing the table.
"""

import pulumi

from components.table import DataArgs, DurableTableArgs, Index, TableReference, durable_table
from components.tags import DataClass, component_tags


class RentalData(pulumi.ComponentResource):
    """One table, so that one transaction and one stream see every change of a booking."""

    table: TableReference

    def __init__(self, name: str, args: DataArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:rental:RentalData", name, None, opts)
        self.table = durable_table(
            f"{name}-table",
            DurableTableArgs(
                hash_key="pk",
                range_key="sk",
                attribute_types={
                    "pk": "S",
                    "sk": "S",
                    "rider_id": "S",
                    "created_at": "N",
                    "due_kind": "S",
                    "due_at": "N",
                    "station_id": "S",
                    "state_shard": "S",
                    "vehicle_id": "S",
                    "entity": "S",
                },
                indexes=[
                    Index("by_rider", "rider_id", "created_at"),
                    # Holds to expire, trips to invoice, commands to give up: gone from here when done.
                    Index("due", "due_kind", "due_at"),
                    Index("by_station", "station_id", "pk"),
                    Index("by_state", "state_shard", "pk"),
                    # Only bookings and invoices have created_at: what staff list by car, and by day.
                    Index("by_vehicle", "vehicle_id", "created_at"),
                    Index("by_entity", "entity", "created_at"),
                ],
                key_arn=args.key_arn,
                replicas=args.replicas,
                protect=args.protect,
                tags=component_tags(args.tags, "rental", DataClass.PERSONAL),
            ),
            parent=self,
        )
        self.register_outputs({"tableName": self.table.name})
