"""Archives of a bus, and how their events are sent again."""

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import RLock
from typing import Final, TypeAlias

from local.aws.engine import Operation, Part
from local.aws.events.targets import pattern_of
from local.aws.service import Answer, AwsError, Call
from local.aws.shelf import Item, Shelf
from local.aws.store import Store
from local.clock import Clock

Send: TypeAlias = Callable[[str, Item, frozenset[str] | None], None]

_DAY_SECONDS: Final = 86_400


class Archives(Part):
    """Events stay in the store and are only read to be counted or sent again."""

    def __init__(self, store: Store, clock: Clock, lock: RLock, send: Send) -> None:
        self._store = store
        self._clock = clock
        self._lock = lock
        self._send = send
        self._archives = Shelf(store, "events.archive")
        self._replays = Shelf(store, "events.replay")
        self.operations: Mapping[str, Operation] = {
            "CreateArchive": self._create,
            "DeleteArchive": self._delete,
            "DescribeArchive": self._describe,
            "DescribeReplay": self._describe_replay,
            "ListArchives": self._list,
            "ListReplays": self._list_replays,
            "StartReplay": self._replay,
            "UpdateArchive": self._update,
        }

    def keep(self, bus_arn: str, event: Item, now: float) -> None:
        """In every archive of the bus that wants it. The caller holds the lock."""
        for arn, archive in self._archives.items():
            if archive["EventSourceArn"] != bus_arn:
                continue
            pattern = archive.get("EventPattern")
            if pattern and not pattern_of(pattern).matches(event):
                continue
            with self._store.transaction() as writing:
                writing.put(_kind(arn), f"{int(now * 1_000):015d}/{event['id']}", event)

    def _arn(self, call: Call, name: str) -> str:
        return f"arn:aws:events:{call.region}:{call.account}:archive/{name}"

    def _archive(self, call: Call) -> tuple[str, Item]:
        name = str(call.params.get("ArchiveName"))
        arn = self._arn(call, name)
        if (archive := self._archives.get(arn)) is None:
            raise AwsError("ResourceNotFoundException", f"Archive {name} does not exist.")
        return arn, archive

    def _create(self, call: Call) -> Answer:
        name, source = str(self.need(call, "ArchiveName")), str(self.need(call, "EventSourceArn"))
        if len(name) > 48:
            raise AwsError(self.invalid, f"ArchiveName {name} is longer than 48 characters")
        arn, now = self._arn(call, name), self._clock()
        with self._lock:
            if arn in self._archives:
                raise AwsError("ResourceAlreadyExistsException", f"Archive {name} already exists.")
            kept = {"ArchiveName": name, "EventSourceArn": source, "CreationTime": now, **_settings(call)}
            self._archives.put(arn, kept)
        return {"ArchiveArn": arn, "State": "ENABLED", "CreationTime": now}

    def _update(self, call: Call) -> Answer:
        with self._lock:
            arn, archive = self._archive(call)
            self._archives.put(arn, {**archive, **_settings(call)})
        return {"ArchiveArn": arn, "State": "ENABLED", "CreationTime": archive["CreationTime"]}

    def _describe(self, call: Call) -> Answer:
        with self._lock:
            arn, archive = self._archive(call)
            events = self._kept(arn, archive)
        size = sum(len(str(event)) for _, event in events)
        shown = {"ArchiveArn": arn, "State": "ENABLED", "EventCount": len(events), "SizeBytes": size}
        return {"RetentionDays": 0, **archive, **shown}

    def _list(self, call: Call) -> Answer:
        start = self._arn(call, call.params.get("NamePrefix") or "")
        with self._lock:
            found = [one for arn, one in self._archives.items() if arn.startswith(start)]
        return {"Archives": [{**archive, "State": "ENABLED"} for archive in found]}

    def _delete(self, call: Call) -> Answer:
        with self._lock:
            arn, _ = self._archive(call)
            with self._store.transaction() as writing:
                writing.clear(_kind(arn))
                self._archives.remove(arn)
        return {}

    def _kept(self, arn: str, archive: Item) -> list[tuple[float, Item]]:
        """(when, event) of what is kept; what is older than the retention goes now."""
        days = archive.get("RetentionDays") or 0
        oldest = self._clock() - days * _DAY_SECONDS if days else 0
        kept = []
        with self._store.transaction() as writing:
            for key, event in self._store.load(_kind(arn)):
                at = int(key.split("/")[0]) / 1_000
                if at < oldest:
                    writing.delete(_kind(arn), key)
                else:
                    kept.append((at, event))
        return kept

    def _replay(self, call: Call) -> Answer:
        name, source = str(self.need(call, "ReplayName")), str(self.need(call, "EventSourceArn"))
        start = float(self.need(call, "EventStartTime"))
        end = float(self.need(call, "EventEndTime"))
        destination = self.need(call, "Destination")
        if start >= end:
            raise AwsError(self.invalid, "EventStartTime must be before EventEndTime")
        arn = f"arn:aws:events:{call.region}:{call.account}:replay/{name}"
        with self._lock:
            if arn in self._replays:
                raise AwsError("ResourceAlreadyExistsException", f"Replay {name} already exists.")
            events = self._to_replay(source, destination.get("Arn"))
        began = self._clock()
        only = frozenset(destination["FilterArns"]) if destination.get("FilterArns") else None
        last = None
        for event in events:
            if start <= (when := datetime.fromisoformat(event["time"]).timestamp()) < end:
                self._send(destination["Arn"], {**event, "replay-name": name}, only)
                last = when
        kept = {
            "ReplayName": name,
            "Description": call.params.get("Description"),
            "State": "COMPLETED",
            "EventSourceArn": source,
            "Destination": destination,
            "EventStartTime": start,
            "EventEndTime": end,
            "EventLastReplayedTime": last,
            "ReplayStartTime": began,
            "ReplayEndTime": self._clock(),
        }
        with self._lock:
            self._replays.put(arn, {key: value for key, value in kept.items() if value is not None})
        return {"ReplayArn": arn, "State": "COMPLETED", "ReplayStartTime": began}

    def _to_replay(self, source: str, bus_arn: str | None) -> list[Item]:
        """The events of an archive. Raises AwsError."""
        if (archive := self._archives.get(source)) is None:
            raise AwsError("ResourceNotFoundException", f"There is no archive {source}")
        if bus_arn != archive["EventSourceArn"]:
            raise AwsError(self.invalid, "An archive is replayed to the bus that it is of")
        return [event for _, event in self._kept(source, archive)]

    def _describe_replay(self, call: Call) -> Answer:
        name = call.params.get("ReplayName")
        arn = f"arn:aws:events:{call.region}:{call.account}:replay/{name}"
        with self._lock:
            if (replay := self._replays.get(arn)) is None:
                raise AwsError("ResourceNotFoundException", f"Replay {name} does not exist.")
            return {**replay, "ReplayArn": arn}

    def _list_replays(self, call: Call) -> Answer:
        start = f"arn:aws:events:{call.region}:{call.account}:replay/{call.params.get('NamePrefix') or ''}"
        with self._lock:
            return {"Replays": [one for arn, one in self._replays.items() if arn.startswith(start)]}


def _settings(call: Call) -> Item:
    if call.params.get("EventPattern"):
        pattern_of(call.params["EventPattern"])
    names = ("Description", "EventPattern", "KmsKeyIdentifier", "RetentionDays")
    return {name: call.params[name] for name in names if call.params.get(name)}


def _kind(arn: str) -> str:
    return f"events.archived:{arn}"
