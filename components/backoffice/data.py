"""The back office's own table: work orders and the audit trail.

Its keys are pinned: a table's keys cannot be changed without replacing the table.
"""

import pulumi

from components.table import DataArgs, DurableTableArgs, Index, TableReference, durable_table
from components.tags import DataClass, component_tags


class BackofficeData(pulumi.ComponentResource):
    """One table, in the Region of the rental's: a change and its audit record are one transaction."""

    table: TableReference

    def __init__(self, name: str, args: DataArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:backoffice:BackofficeData", name, None, opts)
        self.table = durable_table(
            f"{name}-table",
            DurableTableArgs(
                hash_key="pk",
                range_key="sk",
                attribute_types={
                    "pk": "S",
                    "sk": "S",
                    "subject": "S",
                    "work_order_status": "S",
                    "vehicle_id": "S",
                    "opened_at": "N",
                },
                indexes=[
                    # Only audit records have a subject, only work orders the other two.
                    Index("by_subject", "subject", "sk"),
                    Index("by_status", "work_order_status", "opened_at"),
                    Index("by_vehicle", "vehicle_id", "opened_at"),
                ],
                key_arn=args.key_arn,
                replicas=args.replicas,
                protect=args.protect,
                tags=component_tags(args.tags, "backoffice", DataClass.CONFIDENTIAL),
            ),
            parent=self,
        )
        self.register_outputs({"tableName": self.table.name})
