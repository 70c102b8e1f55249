"""What the dispatcher remembers: whom it told of what, and what is still to be handed on.

It is apart from the functions, so that a standby Region's dispatcher goes on from the replica.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.markets import Region
from components.table import DurableTableArgs, Index, TableReference, durable_table
from components.tags import DataClass, Tags, component_tags


@dataclass(frozen=True)
class MaintenanceDataArgs:
    """`replicas` maps each further Region to the back office's key of that Region; `protect` refuses
    deletion."""

    key_arn: pulumi.Input[str]
    protect: bool
    tags: Tags
    replicas: Mapping[Region, pulumi.Input[str]] = field(default_factory=dict)


class MaintenanceData(pulumi.ComponentResource):
    """One table: a decision and what follows from it are one transaction."""

    table: TableReference

    def __init__(
        self, name: str, args: MaintenanceDataArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
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
