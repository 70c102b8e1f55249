"""A DynamoDB table that data can be trusted to: encrypted, recoverable, streamed, replicated where asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.markets import Region
from components.tags import Tags


@dataclass(frozen=True)
class TableReference:
    """A table as those who use it need to know it. `replicas`: the same table in its further Regions."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    stream_arn: pulumi.Output[str]
    replicas: Mapping[Region, "TableReference"] = field(default_factory=dict)

    def replica(self, region: Region) -> "TableReference":
        """The table as those of a further Region need to know it: same name, own ARN, own stream.

        Raises KeyError that names the Regions that have one.
        """
        try:
            return self.replicas[region]
        except KeyError:
            known = ", ".join(sorted(self.replicas)) or "none"
            raise KeyError(
                f"the table has no replica in {region}, but in {known}: add the Region to replicas"
            ) from None


@dataclass(frozen=True)
class DataArgs:
    """What components of tables are made with. `key_arn`: of the data's domain; `replicas` maps each further
    Region to that domain's key there; `protect` refuses deletion."""

    key_arn: pulumi.Input[str]
    protect: bool
    tags: Tags
    replicas: Mapping[Region, pulumi.Input[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Index:
    """A global secondary index: hash and range key, every attribute projected. Sparse by nature."""

    name: str
    hash_key: str
    range_key: str


@dataclass(frozen=True)
class DurableTableArgs:
    """`keys` and those of `indexes` are attributes; `attribute_types` gives each one's type (S or N).

    `replicas` maps each further Region to the key of that Region; `protect` refuses deletion.
    """

    hash_key: str
    attribute_types: Mapping[str, str]
    key_arn: pulumi.Input[str]
    protect: bool
    tags: Tags
    range_key: str | None = None
    indexes: Sequence[Index] = ()
    replicas: Mapping[Region, pulumi.Input[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = {self.hash_key, *([self.range_key] if self.range_key else [])}
        keys |= {key for index in self.indexes for key in (index.hash_key, index.range_key)}
        if keys != set(self.attribute_types):
            raise ValueError(
                f"attribute_types names {sorted(self.attribute_types)}, the keys are {sorted(keys)}: "
                "DynamoDB wants a type for each key and for nothing else"
            )


def durable_table(name: str, args: DurableTableArgs, parent: pulumi.Resource) -> TableReference:
    """Create the table as a child of `parent`."""
    table = aws.dynamodb.Table(
        name,
        aws.dynamodb.TableArgs(
            hash_key=args.hash_key,
            range_key=args.range_key,
            attributes=[
                aws.dynamodb.TableAttributeArgs(name=attribute, type=type_)
                for attribute, type_ in args.attribute_types.items()
            ],
            global_secondary_indexes=[_index(index) for index in args.indexes],
            billing_mode="PAY_PER_REQUEST",
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
            ttl=aws.dynamodb.TableTtlArgs(attribute_name="expires_at", enabled=True),
            point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=True),
            server_side_encryption=aws.dynamodb.TableServerSideEncryptionArgs(
                enabled=True, kms_key_arn=args.key_arn
            ),
            deletion_protection_enabled=args.protect,
            # A replica inherits neither recovery nor protection nor key.
            replicas=[
                aws.dynamodb.TableReplicaArgs(
                    region_name=region,
                    kms_key_arn=key_arn,
                    point_in_time_recovery=True,
                    deletion_protection_enabled=args.protect,
                    propagate_tags=True,
                )
                for region, key_arn in args.replicas.items()
            ],
            tags=args.tags,
        ),
        opts=pulumi.ResourceOptions(parent=parent, protect=args.protect),
    )
    return TableReference(
        name=table.name,
        arn=table.arn,
        stream_arn=table.stream_arn,
        replicas={region: _replica(table, region) for region in args.replicas},
    )


def _replica(table: aws.dynamodb.Table, region: Region) -> TableReference:
    # Together with an output that only AWS can know: while the table is being made, nobody knows the streams
    # of its replicas, and what was asked for is not the answer.
    replicas = pulumi.Output.all(table.stream_arn, table.replicas)
    return TableReference(
        name=table.name,
        arn=table.arn.apply(lambda arn: ":".join([*arn.split(":")[:3], region, *arn.split(":")[4:]])),
        stream_arn=replicas.apply(lambda known: _stream_arn(known[1], region)),
    )


def _stream_arn(replicas: Sequence[object] | None, region: Region) -> str:
    """The stream that a replica has of its own. Raises LookupError."""
    for replica in replicas or ():
        if _field(replica, "region_name") == region and (arn := _field(replica, "stream_arn")):
            return arn
    raise LookupError(f"the replica in {region} has no stream: streams of a global table are always on")


def _field(replica: object, name: str) -> str:
    # The SDK gives an object or, inside of a larger output, a plain mapping.
    found = replica[name] if type(replica) is dict else getattr(replica, name)
    return found or ""


def _index(index: Index) -> aws.dynamodb.TableGlobalSecondaryIndexArgs:
    key = aws.dynamodb.TableGlobalSecondaryIndexKeySchemaArgs
    return aws.dynamodb.TableGlobalSecondaryIndexArgs(
        name=index.name,
        key_schemas=[
            key(attribute_name=index.hash_key, key_type="HASH"),
            key(attribute_name=index.range_key, key_type="RANGE"),
        ],
        projection_type="ALL",
    )
