"""Amazon EventBridge: buses, rules with their targets, archives with their replays.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from threading import Condition
from time import monotonic
from typing import Any, Final, Protocol

from moto.events.models import EventPattern

from local.aws.service import Answer, AwsError, Call
from local.aws.store import Store
from local.clock import Clock

MAX_ENTRIES: Final = 10
MAX_BYTES: Final = 262_144
TAIL: Final = 2_000
"""How many events the tail keeps, for who watches."""
DEFAULT: Final = "default"


class Deliver(Protocol):
    """Hands an event to a target's ARN. Raises AwsError when it is not taken."""

    def __call__(self, arn: str, body: str, *, service: str, source_arn: str) -> None: ...


@dataclass
class Rule:
    """`targets`: by id."""

    name: str
    bus: str
    arn: str
    pattern: str = ""
    schedule: str = ""
    enabled: bool = True
    description: str = ""
    targets: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Bus:
    """`archives`: by name; each a pattern and the events it kept. Rules by name."""

    region: str
    name: str
    arn: str
    rules: dict[str, Rule] = field(default_factory=dict)


@dataclass
class Archive:
    """`events` are kept apart, by number."""

    name: str
    arn: str
    bus_arn: str
    pattern: str
    retention_days: int


class Events:
    """`deliver`: to the targets, by their ARN."""

    def __init__(self, store: Store, clock: Clock, *, account: str, deliver: Deliver) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._deliver = deliver
        self._changed = Condition()
        self._buses: dict[str, Bus] = {}
        for arn, state in store.load("events-bus"):
            rules = {name: Rule(**rule) for name, rule in state.pop("rules").items()}
            self._buses[arn] = Bus(**state, rules=rules)
        self._archives = {arn: Archive(**state) for arn, state in store.load("events-archive")}
        self._replays: dict[str, Answer] = dict(store.load("events-replay"))
        tail = [(int(key), event) for key, event in store.load("events-tail")]
        self._tail: deque[tuple[int, Any]] = deque(tail, maxlen=TAIL)
        self._number = tail[-1][0] if tail else 0
        self._undelivered = 0
        self._calls: Mapping[str, Callable[[Call], Answer]] = {
            "CreateEventBus": self._create_bus,
            "DescribeEventBus": self._describe_bus,
            "DeleteEventBus": self._delete_bus,
            "ListEventBuses": self._list_buses,
            "PutRule": self._put_rule,
            "DescribeRule": self._describe_rule,
            "DeleteRule": self._delete_rule,
            "ListRules": self._list_rules,
            "EnableRule": lambda call: self._switch(call, enabled=True),
            "DisableRule": lambda call: self._switch(call, enabled=False),
            "PutTargets": self._put_targets,
            "RemoveTargets": self._remove_targets,
            "ListTargetsByRule": self._list_targets,
            "CreateArchive": self._create_archive,
            "UpdateArchive": self._update_archive,
            "DescribeArchive": self._describe_archive,
            "DeleteArchive": self._delete_archive,
            "StartReplay": self._replay,
            "DescribeReplay": self._describe_replay,
            "TagResource": lambda _: {},
            "ListTagsForResource": lambda _: {"Tags": []},
            "PutEvents": self._put_events,
        }

    def call(self, call: Call) -> Answer:
        """See `local.aws.service.Service`."""
        serve = self._calls.get(call.operation)
        if serve is None:
            raise AwsError("InvalidAction", f"{call.operation} is not served: {', '.join(self._calls)}")
        with self._changed:
            return serve(call)

    def status(self) -> Mapping[str, Any]:
        """How many events came, and how many a target and its dead-letter queue did not take."""
        return {"events": self._number, "undelivered": self._undelivered}

    def events_after(self, number: int, wait_seconds: float) -> tuple[int, list[Any]]:
        """(the last number, the events after `number`), as soon as there is one; for who watches."""
        deadline = monotonic() + wait_seconds
        with self._changed:
            while self._number <= number and (left := deadline - monotonic()) > 0:
                self._changed.wait(left)
            return self._number, [event for at, event in self._tail if at > number]

    # Buses and rules

    def _create_bus(self, call: Call) -> Answer:
        name = str(call.params["Name"])
        arn = self._bus_arn(call.region, name)
        if arn in self._buses:
            raise AwsError("ResourceAlreadyExistsException", f"event bus {name} exists")
        self._keep(Bus(call.region, name, arn))
        return {"EventBusArn": arn}

    def _describe_bus(self, call: Call) -> Answer:
        bus = self._bus(call)
        return {"Name": bus.name, "Arn": bus.arn}

    def _delete_bus(self, call: Call) -> Answer:
        arn = self._bus_arn(call.region, str(call.params["Name"]))
        if self._buses.pop(arn, None) is not None:
            with self._store.transaction() as writing:
                writing.delete("events-bus", arn)
        return {}

    def _list_buses(self, call: Call) -> Answer:
        buses = [bus for bus in self._buses.values() if bus.region == call.region]
        return {"EventBuses": [{"Name": bus.name, "Arn": bus.arn} for bus in buses]}

    def _put_rule(self, call: Call) -> Answer:
        params, bus = call.params, self._bus(call)
        name, pattern = str(params["Name"]), str(params.get("EventPattern") or "")
        if pattern:
            _pattern(pattern)
        path = name if bus.name == DEFAULT else f"{bus.name}/{name}"
        known = bus.rules.get(name)
        bus.rules[name] = Rule(
            name=name,
            bus=bus.arn,
            arn=f"arn:aws:events:{bus.region}:{self._account}:rule/{path}",
            pattern=pattern,
            schedule=str(params.get("ScheduleExpression") or ""),
            enabled=params.get("State", "ENABLED") != "DISABLED",
            description=str(params.get("Description") or ""),
            targets=known.targets if known else {},
        )
        self._keep(bus)
        return {"RuleArn": bus.rules[name].arn}

    def _describe_rule(self, call: Call) -> Answer:
        rule = self._rule(call, "Name")
        return {
            "Name": rule.name,
            "Arn": rule.arn,
            "EventPattern": rule.pattern,
            "State": "ENABLED" if rule.enabled else "DISABLED",
            "Description": rule.description,
        }

    def _delete_rule(self, call: Call) -> Answer:
        bus = self._bus(call)
        rule = bus.rules.get(str(call.params["Name"]))
        if rule is not None and rule.targets and not call.params.get("Force"):
            raise AwsError("ValidationException", f"rule {rule.name} has targets: remove them first")
        bus.rules.pop(str(call.params["Name"]), None)
        self._keep(bus)
        return {}

    def _list_rules(self, call: Call) -> Answer:
        rules = [{"Name": rule.name, "Arn": rule.arn} for rule in self._bus(call).rules.values()]
        return {"Rules": rules}

    def _switch(self, call: Call, *, enabled: bool) -> Answer:
        self._rule(call, "Name").enabled = enabled
        self._keep(self._bus(call))
        return {}

    def _put_targets(self, call: Call) -> Answer:
        rule = self._rule(call, "Rule")
        for target in call.params["Targets"]:
            rule.targets[str(target["Id"])] = dict(target)
        self._keep(self._bus(call))
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _remove_targets(self, call: Call) -> Answer:
        rule = self._rule(call, "Rule")
        for name in call.params["Ids"]:
            rule.targets.pop(str(name), None)
        self._keep(self._bus(call))
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _list_targets(self, call: Call) -> Answer:
        return {"Targets": list(self._rule(call, "Rule").targets.values())}

    # Archives

    def _create_archive(self, call: Call) -> Answer:
        name, bus_arn = str(call.params["ArchiveName"]), str(call.params["EventSourceArn"])
        arn = f"arn:aws:events:{call.region}:{self._account}:archive/{name}"
        if arn in self._archives:
            raise AwsError("ResourceAlreadyExistsException", f"archive {name} exists")
        if bus_arn not in self._buses:
            raise AwsError("ResourceNotFoundException", f"there is no event bus {bus_arn}")
        pattern = str(call.params.get("EventPattern") or "")
        self._keep_archive(Archive(name, arn, bus_arn, pattern, int(call.params.get("RetentionDays") or 0)))
        return {"ArchiveArn": arn, "State": "ENABLED"}

    def _update_archive(self, call: Call) -> Answer:
        archive = self._archive(call)
        archive.retention_days = int(call.params.get("RetentionDays") or archive.retention_days)
        archive.pattern = str(call.params.get("EventPattern") or archive.pattern)
        self._keep_archive(archive)
        return {"ArchiveArn": archive.arn, "State": "ENABLED"}

    def _describe_archive(self, call: Call) -> Answer:
        archive = self._archive(call)
        return {
            "ArchiveArn": archive.arn,
            "ArchiveName": archive.name,
            "EventSourceArn": archive.bus_arn,
            "RetentionDays": archive.retention_days,
            "EventCount": len(self._store.load(f"archive {archive.arn}")),
            "State": "ENABLED",
        }

    def _delete_archive(self, call: Call) -> Answer:
        archive = self._archive(call)
        with self._store.transaction() as writing:
            writing.clear(f"archive {archive.arn}")
            writing.delete("events-archive", archive.arn)
        del self._archives[archive.arn]
        return {}

    def _replay(self, call: Call) -> Answer:
        """At once: what AWS does in the background, in the order of the archive."""
        params = call.params
        archive = self._archives.get(str(params["EventSourceArn"]))
        if archive is None:
            raise AwsError("ResourceNotFoundException", f"there is no archive {params['EventSourceArn']}")
        bus = self._buses[params["Destination"]["Arn"]]
        only = params["Destination"].get("FilterArns")
        first, last = float(params["EventStartTime"]), float(params["EventEndTime"])
        name = str(params["ReplayName"])
        for _, kept in self._store.load(f"archive {archive.arn}"):
            if first <= kept["at"] < last:
                event = {**kept["event"], "replay-name": name}
                self._route(bus, event, only)
        arn = f"arn:aws:events:{call.region}:{self._account}:replay/{name}"
        self._replays[name] = {"ReplayName": name, "ReplayArn": arn, "State": "COMPLETED"}
        with self._store.transaction() as writing:
            writing.put("events-replay", name, self._replays[name])
        return {"ReplayArn": arn, "State": "STARTING"}

    def _describe_replay(self, call: Call) -> Answer:
        name = str(call.params["ReplayName"])
        if name not in self._replays:
            raise AwsError("ResourceNotFoundException", f"there is no replay {name}")
        return self._replays[name]

    # Events

    def _put_events(self, call: Call) -> Answer:
        entries = call.params["Entries"]
        if not 1 <= len(entries) <= MAX_ENTRIES:
            raise AwsError("ValidationException", f"{len(entries)} entries: 1 to {MAX_ENTRIES} can be")
        size = sum(len(json.dumps(entry)) for entry in entries)
        if size > MAX_BYTES:
            raise AwsError("ValidationException", f"{size} bytes at once: up to {MAX_BYTES} can be")
        answers = [self._put_event(call, entry) for entry in entries]
        self._changed.notify_all()
        return {"FailedEntryCount": sum("ErrorCode" in one for one in answers), "Entries": answers}

    def _put_event(self, call: Call, entry: Mapping[str, Any]) -> Answer:
        named = str(entry.get("EventBusName") or DEFAULT)
        arn = named if named.startswith("arn:") else self._bus_arn(call.region, named)
        bus = self._buses.get(arn) or (self._default(call.region) if named == DEFAULT else None)
        if bus is None:
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": f"there is no event bus {named}"}
        try:
            detail = json.loads(entry["Detail"])
        except (KeyError, ValueError):
            return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
        now = self._clock()
        at = float(entry.get("Time") or now)
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": self._account,
            "time": datetime.fromtimestamp(int(at), UTC).isoformat().replace("+00:00", "Z"),
            "region": call.region,
            "resources": list(entry.get("Resources") or ()),
            "detail": detail,
        }
        self._number += 1
        with self._store.transaction() as writing:
            for archive in self._archives.values():
                if archive.bus_arn == bus.arn and _matches(archive.pattern, event):
                    kept = {"at": at, "event": event}
                    writing.put(f"archive {archive.arn}", f"{self._number:020d}", kept)
            writing.put("events-tail", f"{self._number:020d}", {**event, "bus": bus.name})
            if len(self._tail) == TAIL:
                writing.delete("events-tail", f"{self._tail[0][0]:020d}")
            self._tail.append((self._number, {**event, "bus": bus.name}))
            self._route(bus, event)
        return {"EventId": event["id"]}

    def _route(self, bus: Bus, event: Mapping[str, Any], only: list[str] | None = None) -> None:
        for rule in bus.rules.values():
            if not rule.enabled or not rule.pattern or (only and rule.arn not in only):
                continue
            if _matches(rule.pattern, event):
                for target in rule.targets.values():
                    self._send(rule, target, event)

    def _send(self, rule: Rule, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        body = _input(target, event)
        source = {"service": "events.amazonaws.com", "source_arn": rule.arn}
        try:
            self._deliver(target["Arn"], body, **source)
        except AwsError as refused:
            # What AWS tries for a day fails here at once: nobody mends a policy meanwhile.
            dead = (target.get("DeadLetterConfig") or {}).get("Arn")
            try:
                if dead is None:
                    raise refused
                self._deliver(dead, body, **source)
            except AwsError:
                self._undelivered += 1

    def _bus(self, call: Call) -> Bus:
        named = str(call.params.get("EventBusName") or call.params.get("Name") or DEFAULT)
        if call.operation.endswith(("Rule", "Targets", "Rules", "ByRule")):
            named = str(call.params.get("EventBusName") or DEFAULT)
        if named == DEFAULT:
            return self._default(call.region)
        arn = named if named.startswith("arn:") else self._bus_arn(call.region, named)
        if arn not in self._buses:
            raise AwsError("ResourceNotFoundException", f"there is no event bus {named}")
        return self._buses[arn]

    def _default(self, region: str) -> Bus:
        arn = self._bus_arn(region, DEFAULT)
        if arn not in self._buses:
            self._keep(Bus(region, DEFAULT, arn))
        return self._buses[arn]

    def _rule(self, call: Call, member: str) -> Rule:
        rule = self._bus(call).rules.get(str(call.params[member]))
        if rule is None:
            raise AwsError("ResourceNotFoundException", f"there is no rule {call.params[member]}")
        return rule

    def _archive(self, call: Call) -> Archive:
        arn = f"arn:aws:events:{call.region}:{self._account}:archive/{call.params['ArchiveName']}"
        if arn not in self._archives:
            raise AwsError("ResourceNotFoundException", f"there is no archive {call.params['ArchiveName']}")
        return self._archives[arn]

    def _bus_arn(self, region: str, name: str) -> str:
        return f"arn:aws:events:{region}:{self._account}:event-bus/{name}"

    def _keep(self, bus: Bus) -> None:
        self._buses[bus.arn] = bus
        with self._store.transaction() as writing:
            writing.put("events-bus", bus.arn, asdict(bus))

    def _keep_archive(self, archive: Archive) -> None:
        self._archives[archive.arn] = archive
        with self._store.transaction() as writing:
            writing.put("events-archive", archive.arn, asdict(archive))


def _pattern(text: str) -> EventPattern:
    try:
        return EventPattern.load(text)
    except Exception as error:  # moto's own exceptions say no more
        raise AwsError("InvalidEventPatternException", f"{text!r} is no event pattern: {error}") from error


def _matches(pattern: str, event: Mapping[str, Any]) -> bool:
    given: Any = dict(event)
    return not pattern or bool(_pattern(pattern).matches_event(given))


def _input(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """What a target gets of an event: all of it, a part, a constant, or a text made of parts."""
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(_at(event, str(target["InputPath"])))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    text = str(transformer["InputTemplate"])
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        found = _at(event, path)
        text = text.replace(f"<{name}>", found if isinstance(found, str) else json.dumps(found))
    return text


def _at(event: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    for name in path.removeprefix("$").split("."):
        if name:
            event = event.get(name) if isinstance(event, Mapping) else None
    return event
