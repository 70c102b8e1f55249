"""What the dispatcher remembers: whom it told of what, and what is still to be handed on.

It is apart from the functions, so that a standby Region's dispatcher goes on from the replica.
"""

import pulumi

from components.table import DataArgs, DurableTableArgs, Index, TableReference, durable_table
from components.tags import DataClass, component_tags


class MaintenanceData(pulumi.ComponentResource):
    """One table: a decision and what follows from it are one transaction."""

    table: TableReference

    def __init__(self, name: str, args: DataArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:maintenance:MaintenanceData", name, None, opts)
        self.table = durable_table(
            f"{name}-table",
            DurableTableArgs(
                hash_key="pk",
                range_key="sk",
                attribute_types={"pk": "S", "sk": "S", "due_kind": "S", "due_at": "N"},
                # Reminders, summaries and tasks that are to be done: gone from here when they are.
                indexes=[Index("due", "due_kind", "due_at")],
                key_arn=args.key_arn,
                replicas=args.replicas,
                protect=args.protect,
                tags=component_tags(args.tags, "maintenance", DataClass.INTERNAL),
            ),
            parent=self,
        )
        self.register_outputs({"tableName": self.table.name})
