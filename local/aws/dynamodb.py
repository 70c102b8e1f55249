"""Amazon DynamoDB: the engine's tables, kept; time to live; replicas in other Regions.

A global table's Regions hear of each other's writes a moment later, and the last writer of an item wins:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Event, RLock, Thread
from typing import Any, Final

from local.aws.dynamodb_streams import DynamoDbStreams, StreamView
from local.aws.service import Answer, AwsError, Call
from local.aws.store import Store
from local.clock import Clock
from local.dynamodb.engine import CallError, Change, Engine, Key, Table
from local.dynamodb.expressions import Item

TOKEN_SECONDS: Final = 600
_TICK_SECONDS: Final = 0.05
_SWEEP_SECONDS: Final = 30.0
_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})


@dataclass
class Meta:
    """What is known of a table beside its items. `replicas`: the other Regions. `label`: of its stream."""

    request: dict[str, Any]
    created_at: float
    label: str = ""
    view: str = ""
    ttl: str = ""
    recovery: bool = False
    replicas: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class _Region:
    engine: Engine
    tables: dict[str, Meta] = field(default_factory=dict)
    written: dict[tuple[str, Key], tuple[float, str]] = field(default_factory=dict)


class DynamoDb:
    """`streams` serves `streams.dynamodb`. `start` begins what happens by itself.

    `severed`: Regions that hear of no other, and no other of them, for drills.
    """

    def __init__(self, store: Store, clock: Clock, *, account: str) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._lock = RLock()
        self._regions: dict[str, _Region] = {}
        self._tokens: dict[str, tuple[str, float]] = {}
        self._outbox: list[tuple[int, dict[str, Any]]] = []
        self._sent = 0
        self._over = Event()
        self._deleting_expired = False
        self.severed: set[str] = set()
        self.streams = DynamoDbStreams(store, clock)
        self._load()
        self._calls: Mapping[str, Callable[[Call], Answer]] = {
            "CreateTable": self._create,
            "DescribeTable": lambda call: {"Table": self._described(call)},
            "DeleteTable": self._delete,
            "UpdateTable": self._update,
            "ListTables": lambda call: {"TableNames": sorted(self._region(call.region).tables)},
            "UpdateTimeToLive": self._set_ttl,
            "DescribeTimeToLive": self._describe_ttl,
            "UpdateContinuousBackups": self._set_recovery,
            "DescribeContinuousBackups": self._describe_recovery,
            "TagResource": self._tag,
            "ListTagsOfResource": self._list_tags,
        }

    def _load(self) -> None:
        for place, meta in self._store.load("dynamodb-table"):
            region_name, _, name = place.partition("/")
            self._open(region_name, name, Meta(**meta))
        for place, (item, at, origin) in self._store.load("dynamodb-item"):
            region_name, name, key_text = place.split("/", 2)
            region = self._region(region_name)
            table = region.engine.tables[name]
            if item is not None:
                table.put(table.key(item), item)
            key = table.key(item if item is not None else json.loads(key_text))
            region.written[name, key] = (at, origin)
        self._outbox = [(int(number), change) for number, change in self._store.load("dynamodb-outbox")]
        self._sent = self._outbox[-1][0] if self._outbox else 0
        self._tokens = {token: tuple(held) for token, held in self._store.load("dynamodb-token")}

    def call(self, call: Call) -> Answer:
        """See `local.aws.service.Service`."""
        serve = self._calls.get(call.operation)
        with self._lock:
            if serve is not None:
                return serve(call)
            return self._on_items(call)

    def status(self) -> Mapping[str, Any]:
        """Each table with its number of items, and how many changes the replicas have not heard of."""
        with self._lock:
            return {
                "tables": [
                    {"name": name, "region": region_name, "items": len(table.items)}
                    for region_name, region in sorted(self._regions.items())
                    for name, table in sorted(region.engine.tables.items())
                ],
                "unreplicated": len(self._outbox),
            }

    def start(self) -> Callable[[], None]:
        """Replicate and delete what is expired in the background; what is returned ends that."""
        thread = Thread(target=self._running, daemon=True)
        thread.start()

        def stop() -> None:
            self._over.set()
            thread.join()

        return stop

    def _running(self) -> None:
        swept = 0.0
        while not self._over.wait(_TICK_SECONDS):
            self.replicate()
            if self._clock() - swept >= _SWEEP_SECONDS:
                swept = self._clock()
                self.delete_expired()

    # Items

    def _on_items(self, call: Call) -> Answer:
        engine = self._region(call.region).engine
        token = str(call.params.get("ClientRequestToken") or "")
        digest = ""
        if token:
            digest = hashlib.sha256(json.dumps(call.params, sort_keys=True).encode()).hexdigest()
            held = self._tokens.get(token)
            if held is not None and self._clock() - held[1] < TOKEN_SECONDS:
                if held[0] != digest:
                    raise AwsError(
                        "IdempotentParameterMismatchException", "the token was used for another request"
                    )
                return {}
        with ExitStack() as stack:
            if call.operation in _WRITES:
                writing = stack.enter_context(self._store.transaction())
                if token:
                    writing.put("dynamodb-token", token, [digest, self._clock()])
            try:
                answer = engine.call(call.operation, call.params)
            except CallError as error:
                raise AwsError(error.code, error.message, **error.more) from error
        if token:
            self._remember(token, digest)
        return answer

    def _remember(self, token: str, digest: str) -> None:
        now = self._clock()
        self._tokens[token] = (digest, now)
        old = [one for one, (_, at) in list(self._tokens.items())[:2] if now - at > TOKEN_SECONDS]
        with self._store.transaction() as writing:
            for one in old:
                del self._tokens[one]
                writing.delete("dynamodb-token", one)

    def _kept(self, name_of_region: str, changes: Sequence[Change]) -> None:
        """Of the engine of a Region: its changes, before anybody sees them."""
        now = self._clock()
        region = self._region(name_of_region)
        with self._store.transaction() as writing:
            for change in changes:
                meta = region.tables[change.table.name]
                shared = bool(meta.replicas)
                key_item = _key_item(change)
                place = f"{name_of_region}/{change.table.name}/{json.dumps(key_item, sort_keys=True)}"
                if change.after is None and not shared:
                    writing.delete("dynamodb-item", place)
                else:  # of a shared table's item it is known when it was deleted, and where
                    writing.put("dynamodb-item", place, [change.after, now, name_of_region])
                if shared:
                    region.written[change.table.name, change.key] = (now, name_of_region)
                    self._sent += 1
                    told = {
                        "from": name_of_region,
                        "to": meta.replicas,
                        "table": change.table.name,
                        "key": key_item,
                        "item": change.after,
                        "at": now,
                    }
                    writing.put("dynamodb-outbox", f"{self._sent:020d}", told)
                    self._outbox.append((self._sent, told))
                if meta.label and change.before != change.after:
                    self._to_stream(name_of_region, meta, change, key_item)

    def _to_stream(self, region: str, meta: Meta, change: Change, key_item: Item) -> None:
        self.streams.append(
            self._stream_arn(region, change.table.name, meta.label),
            StreamView(meta.view),
            keys=key_item,
            before=change.before,
            after=change.after,
            expired=self._deleting_expired,
        )

    def replicate(self) -> None:
        """Tell replicas what was written, as far as they can be reached."""
        with self._lock:
            waiting = []
            for number, told in self._outbox:
                cut = {told["from"], *told["to"]} & self.severed
                reached = [] if told["from"] in cut else [to for to in told["to"] if to not in cut]
                with self._store.transaction() as writing:
                    for to in reached:
                        self._apply(to, told)
                    left = [to for to in told["to"] if to not in reached]
                    if left:
                        waiting.append((number, {**told, "to": left}))
                        writing.put("dynamodb-outbox", f"{number:020d}", {**told, "to": left})
                    else:
                        writing.delete("dynamodb-outbox", f"{number:020d}")
            self._outbox = waiting

    def _apply(self, to: str, told: Mapping[str, Any]) -> None:
        region, name = self._region(to), told["table"]
        meta = region.tables.get(name)
        if meta is None:
            return
        table = region.engine.tables[name]
        key = table.key(told["key"])
        stamp = (float(told["at"]), str(told["from"]))
        if region.written.get((name, key), (0.0, "")) >= stamp:
            return
        change = Change(table, key, table.items.get(key), told["item"])
        with self._store.transaction() as writing:
            place = f"{to}/{name}/{json.dumps(told['key'], sort_keys=True)}"
            writing.put("dynamodb-item", place, [told["item"], *stamp])
            if meta.label and change.before != change.after:
                self._to_stream(to, meta, change, told["key"])
        region.written[name, key] = stamp
        table.put(key, told["item"])

    def delete_expired(self) -> None:
        """Delete items whose time to live is over."""
        now = self._clock()
        with self._lock:
            for region in self._regions.values():
                for name, meta in region.tables.items():
                    if not meta.ttl:
                        continue
                    table = region.engine.tables[name]
                    gone = [
                        Change(table, key, item, None)
                        for key, item in table.items.items()
                        if "N" in (held := item.get(meta.ttl, {})) and Decimal(held["N"]) < now
                    ]
                    if not gone:
                        continue
                    self._deleting_expired = True
                    try:
                        region.engine.commit(gone)
                    finally:
                        self._deleting_expired = False

    # Tables

    def _create(self, call: Call) -> Answer:
        name, region = str(call.params["TableName"]), self._region(call.region)
        if name in region.tables:
            raise AwsError("ResourceInUseException", f"Table already exists: {name}")
        now = self._clock()
        meta = Meta(dict(call.params), now)
        self._set_stream(meta, call.params.get("StreamSpecification"), now)
        meta.tags = {tag["Key"]: tag["Value"] for tag in call.params.get("Tags") or ()}
        self._open(call.region, name, meta)
        self._keep(call.region, name)
        return {"TableDescription": self._described(call)}

    def _open(self, region: str, name: str, meta: Meta) -> None:
        place = self._region(region)
        place.engine.call("CreateTable", meta.request)
        place.tables[name] = meta
        if meta.label:
            self.streams.open(self._stream_arn(region, name, meta.label), region, name)

    def _delete(self, call: Call) -> Answer:
        meta, region = self._meta(call), self._region(call.region)
        described = self._described(call)
        name = str(call.params["TableName"])
        with self._store.transaction() as writing:
            writing.clear("dynamodb-item", f"{call.region}/{name}")
            writing.delete("dynamodb-table", f"{call.region}/{name}")
            if meta.label:
                self.streams.close(self._stream_arn(call.region, name, meta.label))
        del region.tables[name], region.engine.tables[name]
        region.written = {place: held for place, held in region.written.items() if place[0] != name}
        return {"TableDescription": {**described, "TableStatus": "DELETING"}}

    def _update(self, call: Call) -> Answer:
        meta, name = self._meta(call), str(call.params["TableName"])
        self._set_stream(meta, call.params.get("StreamSpecification"), self._clock())
        if meta.label:
            self.streams.open(self._stream_arn(call.region, name, meta.label), call.region, name)
        definitions = call.params.get("AttributeDefinitions")
        if definitions:
            meta.request["AttributeDefinitions"] = definitions
        for change in call.params.get("GlobalSecondaryIndexUpdates") or ():
            self._change_index(call, meta, change)
        for change in call.params.get("ReplicaUpdates") or ():
            self._change_replica(call, meta, change)
        for part in ("SSESpecification", "DeletionProtectionEnabled", "BillingMode"):
            if part in call.params:
                meta.request[part] = call.params[part]
        self._keep(call.region, name)
        return {"TableDescription": self._described(call)}

    def _change_index(self, call: Call, meta: Meta, change: Mapping[str, Any]) -> None:
        indexes = list(meta.request.get("GlobalSecondaryIndexes") or ())
        if "Create" in change:
            indexes.append(change["Create"])
        if "Delete" in change:
            indexes = [one for one in indexes if one["IndexName"] != change["Delete"]["IndexName"]]
        meta.request = {**meta.request, "GlobalSecondaryIndexes": indexes}
        engine = self._region(call.region).engine
        name = str(call.params["TableName"])
        items = list(engine.tables[name].items.items())
        engine.call("CreateTable", meta.request)
        for key, item in items:
            engine.tables[name].put(key, item)

    def _change_replica(self, call: Call, meta: Meta, change: Mapping[str, Any]) -> None:
        name = str(call.params["TableName"])
        for to in (part["RegionName"] for kind in ("Create", "Update") if (part := change.get(kind))):
            if to in meta.replicas:
                continue
            everywhere = sorted({call.region, *meta.replicas, to})
            copy = Meta(dict(meta.request), self._clock(), ttl=meta.ttl)
            self._set_stream(copy, {"StreamEnabled": True, "StreamViewType": meta.view}, self._clock())
            self._open(to, name, copy)
            for one in everywhere:
                self._region(one).tables[name].replicas = [other for other in everywhere if other != one]
                self._keep(one, name)
            for key, item in self._region(call.region).engine.tables[name].items.items():
                told = {"from": call.region, "table": name, "item": item, "at": self._clock()}
                table = self._region(to).engine.tables[name]
                self._apply(to, {**told, "key": {part: item[part] for part in table.keys}})
                del key
        for part in filter(None, (change.get("Delete"),)):
            gone = str(part["RegionName"])
            self._delete(Call("DeleteTable", gone, self._account, {"TableName": name}))
            for one in (call.region, *(other for other in meta.replicas if other != gone)):
                others = self._region(one).tables[name]
                others.replicas = [other for other in others.replicas if other != gone]
                self._keep(one, name)

    @staticmethod
    def _set_stream(meta: Meta, specification: Mapping[str, Any] | None, now: float) -> None:
        if specification is None:
            return
        if not specification.get("StreamEnabled"):
            meta.label = ""
        elif not meta.label:
            meta.view = StreamView(specification["StreamViewType"]).value
            meta.label = f"{int(now)}.000"

    def _set_ttl(self, call: Call) -> Answer:
        meta, asked = self._meta(call), call.params["TimeToLiveSpecification"]
        meta.ttl = str(asked["AttributeName"]) if asked["Enabled"] else ""
        for one in (call.region, *meta.replicas):
            self._region(one).tables[call.params["TableName"]].ttl = meta.ttl
            self._keep(one, str(call.params["TableName"]))
        return {"TimeToLiveSpecification": asked}

    def _describe_ttl(self, call: Call) -> Answer:
        meta = self._meta(call)
        on = {"TimeToLiveStatus": "ENABLED", "AttributeName": meta.ttl}
        return {"TimeToLiveDescription": on if meta.ttl else {"TimeToLiveStatus": "DISABLED"}}

    def _set_recovery(self, call: Call) -> Answer:
        asked = call.params["PointInTimeRecoverySpecification"]
        self._meta(call).recovery = bool(asked["PointInTimeRecoveryEnabled"])
        self._keep(call.region, str(call.params["TableName"]))
        return self._describe_recovery(call)

    def _describe_recovery(self, call: Call) -> Answer:
        state = "ENABLED" if self._meta(call).recovery else "DISABLED"
        return {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": state},
            }
        }

    def _tag(self, call: Call) -> Answer:
        name = str(call.params["ResourceArn"]).rpartition("/")[2]
        meta = self._region(call.region).tables[name]
        meta.tags.update({tag["Key"]: tag["Value"] for tag in call.params["Tags"]})
        self._keep(call.region, name)
        return {}

    def _list_tags(self, call: Call) -> Answer:
        name = str(call.params["ResourceArn"]).rpartition("/")[2]
        tags = self._region(call.region).tables[name].tags
        return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}

    def _described(self, call: Call) -> Answer:
        name, meta = str(call.params["TableName"]), self._meta(call)
        table: Table = self._region(call.region).engine.tables[name]
        arn = f"arn:aws:dynamodb:{call.region}:{self._account}:table/{name}"
        described: Answer = {
            "TableName": name,
            "TableArn": arn,
            "TableId": hashlib.sha256(arn.encode()).hexdigest()[:32],
            "TableStatus": "ACTIVE",
            "CreationDateTime": meta.created_at,
            "KeySchema": meta.request["KeySchema"],
            "AttributeDefinitions": meta.request["AttributeDefinitions"],
            "BillingModeSummary": {"BillingMode": meta.request.get("BillingMode", "PROVISIONED")},
            "DeletionProtectionEnabled": bool(meta.request.get("DeletionProtectionEnabled")),
            "ItemCount": len(table.items),
            "TableSizeBytes": 0,
            "GlobalSecondaryIndexes": [
                {**index, "IndexStatus": "ACTIVE", "IndexArn": f"{arn}/index/{index['IndexName']}"}
                for index in meta.request.get("GlobalSecondaryIndexes") or ()
            ],
            "Replicas": [{"RegionName": one, "ReplicaStatus": "ACTIVE"} for one in meta.replicas],
        }
        if meta.label:
            described |= {
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": meta.view},
                "LatestStreamLabel": meta.label,
                "LatestStreamArn": self._stream_arn(call.region, name, meta.label),
            }
        return described

    def _stream_arn(self, region: str, name: str, label: str) -> str:
        return f"arn:aws:dynamodb:{region}:{self._account}:table/{name}/stream/{label}"

    def _region(self, name: str) -> _Region:
        if name not in self._regions:
            self._regions[name] = _Region(Engine(lambda changes: self._kept(name, changes)))
        return self._regions[name]

    def _meta(self, call: Call) -> Meta:
        name = str(call.params["TableName"]).rpartition("/")[2]
        meta = self._region(call.region).tables.get(name)
        if meta is None:
            raise AwsError("ResourceNotFoundException", f"Requested resource not found: Table: {name}")
        return meta

    def _keep(self, region: str, name: str) -> None:
        with self._store.transaction() as writing:
            writing.put("dynamodb-table", f"{region}/{name}", vars(self._region(region).tables[name]))


def _key_item(change: Change) -> Item:
    item = change.after if change.after is not None else change.before
    if item is None:  # nothing was there, and nothing is
        return {name: {"S": str(part)} for name, part in zip(change.table.keys, change.key, strict=True)}
    return {name: item[name] for name in change.table.keys}
