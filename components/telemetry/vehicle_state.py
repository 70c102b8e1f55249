"""The vehicle-state and alerts tables.

They are apart from the pipeline because they live in the market's primary Region, where a booking's
transaction must find them, while cars may connect to another Region (Indonesia's do).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.markets import Region
from components.tags import DataClass, Tags, component_tags


@dataclass(frozen=True)
class TableReference:
    """A table as those who use it need to know it."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    stream_arn: pulumi.Output[str]


@dataclass(frozen=True)
class VehicleStateTablesArgs:
    """`replicas` maps each further Region to the key of that Region; `protect` refuses deletion."""

    key_arn: pulumi.Input[str]
    protect: bool
    tags: Tags
    replicas: Mapping[Region, pulumi.Input[str]] = field(default_factory=dict)


class VehicleStateTables(pulumi.ComponentResource):
    """Vehicle state, one item a vehicle; alerts, one item an episode of (vehicle, rule)."""

    vehicle_state: TableReference
    alerts: TableReference

    def __init__(
        self, name: str, args: VehicleStateTablesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:telemetry:VehicleStateTables", name, None, opts)
        attribute = aws.dynamodb.TableAttributeArgs
        self.vehicle_state = self._table(
            f"{name}-vehicles",
            args,
            aws.dynamodb.TableArgs(
                hash_key="vehicle_id", attributes=[attribute(name="vehicle_id", type="S")]
            ),
        )
        self.alerts = self._table(
            f"{name}-alerts",
            args,
            aws.dynamodb.TableArgs(
                hash_key="vehicle_id",
                range_key="alert_id",
                attributes=[
                    attribute(name="vehicle_id", type="S"),
                    attribute(name="alert_id", type="S"),
                    attribute(name="open_severity", type="S"),
                    attribute(name="raised_at", type="N"),
                ],
                # Sparse: only alerts that are not resolved carry open_severity.
                global_secondary_indexes=[
                    aws.dynamodb.TableGlobalSecondaryIndexArgs(
                        name="open_by_severity",
                        key_schemas=[
                            aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                                attribute_name="open_severity", key_type="HASH"
                            ),
                            aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs(
                                attribute_name="raised_at", key_type="RANGE"
                            ),
                        ],
                        projection_type="ALL",
                    )
                ],
            ),
        )
        self.register_outputs({"vehicleStateTable": self.vehicle_state.name, "alertsTable": self.alerts.name})

    def _table(
        self, name: str, args: VehicleStateTablesArgs, table: aws.dynamodb.TableArgs
    ) -> TableReference:
        table.billing_mode = "PAY_PER_REQUEST"
        table.stream_enabled = True
        table.stream_view_type = "NEW_AND_OLD_IMAGES"
        table.ttl = aws.dynamodb.TableTtlArgs(attribute_name="expires_at", enabled=True)
        table.point_in_time_recovery = aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=True)
        table.server_side_encryption = aws.dynamodb.TableServerSideEncryptionArgs(
            enabled=True, kms_key_arn=args.key_arn
        )
        table.deletion_protection_enabled = args.protect
        # A replica inherits neither recovery nor protection nor key.
        table.replicas = [
            aws.dynamodb.TableReplicaArgs(
                region_name=region,
                kms_key_arn=key_arn,
                point_in_time_recovery=True,
                deletion_protection_enabled=args.protect,
                propagate_tags=True,
            )
            for region, key_arn in args.replicas.items()
        ]
        table.tags = component_tags(args.tags, "telemetry", DataClass.PERSONAL)
        resource = aws.dynamodb.Table(
            name, table, opts=pulumi.ResourceOptions(parent=self, protect=args.protect)
        )
        return TableReference(name=resource.name, arn=resource.arn, stream_arn=resource.stream_arn)
