"""Tables themselves: made, described, changed, taken away; and their replicas."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from local.aws.service import Answer, AwsError
from local.dynamodb.database import TABLE, Change, Database, Defined, key_names, schema, shown
from local.dynamodb.descriptions import INDEXES, changed, created, described
from local.dynamodb.requests import Request
from local.dynamodb.streams import VIEWS
from local.dynamodb.values import invalid

_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{3,255}")
_COPIED: Final = (
    "KeySchema",
    "AttributeDefinitions",
    INDEXES,
    "LocalSecondaryIndexes",
    "BillingModeSummary",
)


class Control:
    """Each method is a call of a Region and an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create_table(self, region: str, account: str, request: Request) -> Answer:
        """CreateTable."""
        name = request.get("TableName")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid(f"TableName is {name!r}: 3 to 255 of a-z, A-Z, 0-9, '_', '-', '.' can be")
        if (region, name) in self._database.tables:
            raise AwsError("ResourceInUseException", f"Table already exists: {name}")
        for what in ("KeySchema", "AttributeDefinitions"):
            if not request.get(what):
                raise invalid(f"{what} is missing")
        arn = f"arn:aws:dynamodb:{region}:{account}:table/{name}"
        description = created(arn, request, self._database.clock())
        known = {
            "description": description,
            "ttl": "",
            "recovery": {},
            "tags": {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())},
            "streams": {},
            "stream": "",
        }
        of = Defined(region, known, schema(description))
        self._stream(of, request)
        with self._database.writing() as writing:
            self._database.keep(writing, of)
        return {"TableDescription": described(of)}

    def describe_table(self, region: str, _: str, request: Request) -> Answer:
        """DescribeTable."""
        return {"Table": described(self._database.get(region, request.get("TableName")))}

    def list_tables(self, region: str, _: str, request: Request) -> Answer:
        """ListTables."""
        after, limit = request.get("ExclusiveStartTableName", ""), request.get("Limit", 100)
        names = sorted(name for at, name in self._database.tables if at == region and name > after)
        more = {"LastEvaluatedTableName": names[limit - 1]} if len(names) > limit else {}
        return {"TableNames": names[:limit], **more}

    def delete_table(self, region: str, _: str, request: Request) -> Answer:
        """DeleteTable."""
        of = self._database.get(region, request.get("TableName"))
        if of.known["description"]["DeletionProtectionEnabled"]:
            raise invalid(
                f"Resource cannot be deleted as it is currently protected against deletion: {of.name}. "
                "Disable deletion protection first."
            )
        answer = {"TableDescription": {**described(of), "TableStatus": "DELETING"}}
        for other in of.replicas:
            self._forget_replica(self._database.tables[other, of.name], region)
        self._remove(of)
        return answer

    def _remove(self, of: Defined) -> None:
        with self._database.writing() as writing:
            writing.delete(TABLE, f"{of.region}/{of.name}")
            writing.clear(of.kind)
            for arn in of.known["streams"]:
                self._database.streams.pop(arn).drop(writing)
            del self._database.tables[of.region, of.name]

    def update_table(self, region: str, account: str, request: Request) -> Answer:
        """UpdateTable."""
        of = self._database.get(region, request.get("TableName"))
        for change in request.get("ReplicaUpdates", ()):
            self._change_replica(of, account, change)
        everywhere = [of, *(self._database.tables[other, of.name] for other in of.replicas)]
        index_changes = request.get("GlobalSecondaryIndexUpdates", ())
        for each in everywhere if index_changes else [of]:
            self._change(each, request, index_changes)
        return {"TableDescription": described(of)}

    def _change(self, of: Defined, request: Request, index_changes: Sequence[Mapping[str, Any]]) -> None:
        description = changed(of.known["description"], request, index_changes)
        table = of.table
        of.known["description"] = description
        table.types = {
            its["AttributeName"]: its["AttributeType"] for its in description["AttributeDefinitions"]
        }
        for change in index_changes:
            ((kind, its),) = change.items()
            if kind == "Delete":
                del table.indexes[its["IndexName"]]
            elif kind == "Create":
                table.index(its["IndexName"], key_names(its["KeySchema"]), shown(its["Projection"]))
        self._stream(of, request)
        with self._database.writing() as writing:
            self._database.keep(writing, of)

    def _stream(self, of: Defined, request: Request) -> None:
        wanted = request.get("StreamSpecification")
        if wanted is None:
            return
        arn = of.known["stream"]
        if not wanted.get("StreamEnabled"):
            if arn:
                self._database.streams[arn].is_open = False
                of.known["stream"] = ""
            return
        view = wanted.get("StreamViewType")
        if view not in VIEWS:
            raise invalid(f"StreamViewType is {view!r}: {', '.join(VIEWS)} can be")
        if arn:
            if of.known["streams"][arn] == view:
                return
            raise AwsError("ResourceInUseException", f"Table already has an enabled stream: {of.name}")
        self._database.open_stream(of, view, self._label(of))

    def _label(self, of: Defined) -> str:
        at = self._database.clock()
        while True:
            label = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
            if not any(arn.endswith(label) for arn in of.known["streams"]):
                return label
            at += 0.001  # two in one ms are two

    def _change_replica(self, of: Defined, account: str, change: Mapping[str, Any]) -> None:
        ((kind, its),) = change.items()
        other = its["RegionName"]
        there = [*of.replicas, of.region]
        if kind == "Create":
            if other in there:
                raise invalid(f"Replica already exists: {of.name} is in {other}")
            self._make_replica(of, account, other)
        elif other not in of.replicas:
            raise invalid(f"There is no replica of {of.name} in {other}: {', '.join(of.replicas) or 'none'}")
        elif kind == "Delete":
            for name in [name for name in there if name != other]:
                self._forget_replica(self._database.tables[name, of.name], other)
            self._remove(self._database.tables[other, of.name])

    def _make_replica(self, of: Defined, account: str, other: str) -> None:
        if (other, of.name) in self._database.tables:
            raise invalid(f"{other} has a table {of.name} that is no replica")
        regions = [of.region, *of.replicas, other]
        copied = {name: of.known["description"][name] for name in _COPIED if name in of.known["description"]}
        request = {**copied, "TableName": of.name, "Tags": []}
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        # What keeps replicas equal reads their streams.
        self._stream(of, request if not of.known["stream"] else {})
        self.create_table(other, account, request)
        copy = self._database.tables[other, of.name]
        copy.known["ttl"] = of.known["ttl"]
        for region in regions:
            self._database.tables[region, of.name].known["description"]["Replicas"] = [
                {"RegionName": name, "ReplicaStatus": "ACTIVE"} for name in regions if name != region
            ]
        with self._database.writing() as writing:
            for region in regions:
                self._database.keep(writing, self._database.tables[region, of.name])
        self._database.apply(
            [
                Change(
                    copy,
                    key,
                    {name: row.item[name] for name in copy.table.keys},
                    row.item,
                    at=row.at,
                    origin=row.origin or of.region,
                )
                for key, row in of.table.rows.items()
            ]
        )

    def _forget_replica(self, of: Defined, other: str) -> None:
        description = of.known["description"]
        description["Replicas"] = [its for its in description["Replicas"] if its["RegionName"] != other]
        with self._database.writing() as writing:
            self._database.keep(writing, of)
