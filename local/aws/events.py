"""EventBridge: buses, rules and their targets, archives and replays.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/
"""

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Condition, RLock
from typing import Any, Final
from uuid import uuid4

from local.aws.engine import Engine, tag_list, tags_of
from local.aws.event_archives import Archives
from local.aws.event_delivery import Delivery, applies
from local.aws.event_targets import check_target, pattern_of
from local.aws.service import Answer, AwsError, Call
from local.aws.shelf import Item, Shelf, Tail
from local.aws.store import Store
from local.clock import Clock

_NAME: Final = re.compile(r"[/.\-_A-Za-z0-9]{1,256}")
_RULE_NAME: Final = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_ENTRY_BYTES: Final = 262_144
_TARGETS_OF_A_RULE: Final = 5


class Events(Engine):
    """The buses of every Region; `default` is in each. Rules that go by a schedule never fire."""

    def __init__(self, store: Store, clock: Clock, delivery: Delivery) -> None:
        self._store = store
        self._clock = clock
        self._delivery = delivery
        self._lock = RLock()
        self._seen = Condition(self._lock)
        self._buses = Shelf(store, "events.bus")
        self._rules = Shelf(store, "events.rule")
        self._tail = Tail(store, "events.tail")
        self._archives = Archives(store, clock, self._lock, self._send_again)
        delivery.send_to_bus = self._forward
        super().__init__(
            {
                "CreateEventBus": self._create_bus,
                "DeleteEventBus": self._delete_bus,
                "DeleteRule": self._delete_rule,
                "DescribeEventBus": self._describe_bus,
                "DescribeRule": self._describe_rule,
                "DisableRule": lambda call: self._set_state(call, "DISABLED"),
                "EnableRule": lambda call: self._set_state(call, "ENABLED"),
                "ListEventBuses": self._list_buses,
                "ListRules": self._list_rules,
                "ListTagsForResource": self._list_tags,
                "ListTargetsByRule": self._list_targets,
                "PutEvents": self._put_events,
                "PutPermission": self._put_permission,
                "PutRule": self._put_rule,
                "PutTargets": self._put_targets,
                "RemovePermission": self._remove_permission,
                "RemoveTargets": self._remove_targets,
                "TagResource": self._tag,
                "TestEventPattern": self._test_pattern,
                "UntagResource": self._untag,
                "UpdateEventBus": self._update_bus,
                **self._archives.operations,
            }
        )

    def events_after(self, number: int, wait_seconds: float) -> tuple[int, list[Item]]:
        """(number of the newest, events after `number` of the last 1,000): as consumers see them, plus `bus`.

        Waits up to `wait_seconds` (really) for one.
        """
        end = time.monotonic() + wait_seconds
        with self._lock:
            while self._tail.last <= number and (left := end - time.monotonic()) > 0:
                self._seen.wait(left)
            return self._tail.last, self._tail.after(number)

    def status(self) -> Mapping[str, Any]:
        """`buses`: of each its name, ARN and rules; `retrying`: events that a target could not take yet."""
        with self._lock:
            buses = [
                {
                    "name": bus["Name"],
                    "arn": arn,
                    "rules": sum(rule["bus"] == arn for rule in self._rules.values()),
                }
                for arn, bus in self._buses.items()
            ]
        return {"buses": buses, "retrying": self._delivery.waiting()}

    # Buses

    def _bus(self, call: Call, name: str | None) -> tuple[str, Item]:
        name = name or "default"
        arn = (
            name
            if name.startswith("arn:")
            else f"arn:aws:events:{call.region}:{call.account}:event-bus/{name}"
        )
        short = arn.split("/", 1)[-1]
        if (bus := self._buses.get(arn)) is not None:
            return arn, bus
        if short != "default":
            raise AwsError("ResourceNotFoundException", f"Event bus {short} does not exist.")
        return arn, {"Name": "default", "created": self._clock(), "changed": self._clock(), "tags": {}}

    def _create_bus(self, call: Call) -> Answer:
        name = str(self.need(call, "Name"))
        if not _NAME.fullmatch(name):
            raise AwsError(self.invalid, f"Name {name!r}: use letters, digits, / . - and _")
        arn = f"arn:aws:events:{call.region}:{call.account}:event-bus/{name}"
        given = _given(call, "Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")
        now = self._clock()
        with self._lock:
            if arn in self._buses or name == "default":
                raise AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
            tags = tags_of(call.params.get("Tags"))
            self._buses.put(arn, {"Name": name, **given, "tags": tags, "created": now, "changed": now})
        return {"EventBusArn": arn, **given}

    def _update_bus(self, call: Call) -> Answer:
        given = _given(call, "Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")
        with self._lock:
            arn, bus = self._bus(call, call.params.get("Name"))
            self._buses.put(arn, {**bus, **given, "changed": self._clock()})
        return {"Arn": arn, "Name": bus["Name"], **given}

    def _describe_bus(self, call: Call) -> Answer:
        with self._lock:
            return _shown_bus(*self._bus(call, call.params.get("Name")))

    def _list_buses(self, call: Call) -> Answer:
        start = f"arn:aws:events:{call.region}:{call.account}:event-bus/"
        with self._lock:
            default, bus = self._bus(call, None)
            buses = {default: bus} | {arn: one for arn, one in self._buses.items() if arn.startswith(start)}
        prefix = call.params.get("NamePrefix") or ""
        found = [_shown_bus(arn, one) for arn, one in buses.items() if one["Name"].startswith(prefix)]
        return {"EventBuses": found}

    def _delete_bus(self, call: Call) -> Answer:
        name = str(self.need(call, "Name"))
        if name == "default":
            raise AwsError(self.invalid, "Cannot delete event bus default.")
        with self._lock:
            arn = f"arn:aws:events:{call.region}:{call.account}:event-bus/{name}"
            if any(rule["bus"] == arn for rule in self._rules.values()):
                raise AwsError(self.invalid, f"Event bus {name} can't be deleted since it has rules.")
            self._buses.remove(arn)
        return {}

    def _put_permission(self, call: Call) -> Answer:
        with self._lock:
            arn, bus = self._bus(call, call.params.get("EventBusName"))
            if call.params.get("Policy"):
                try:
                    policy = json.loads(call.params["Policy"])
                except ValueError as error:
                    raise AwsError(self.invalid, f"Policy is no JSON: {error}") from None
            else:
                policy = json.loads(bus.get("Policy") or '{"Version": "2012-10-17", "Statement": []}')
                principal = str(self.need(call, "Principal"))
                statement = {
                    "Sid": self.need(call, "StatementId"),
                    "Effect": "Allow",
                    "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
                    "Action": call.params.get("Action") or "events:PutEvents",
                    "Resource": arn,
                }
                others = [one for one in policy["Statement"] if one.get("Sid") != statement["Sid"]]
                policy["Statement"] = [*others, statement]
            self._buses.put(arn, {**bus, "Policy": json.dumps(policy)})
        return {}

    def _remove_permission(self, call: Call) -> Answer:
        with self._lock:
            arn, bus = self._bus(call, call.params.get("EventBusName"))
            policy = json.loads(bus.get("Policy") or '{"Statement": []}')
            gone = call.params.get("StatementId")
            left = [one for one in policy["Statement"] if one.get("Sid") != gone]
            if call.params.get("RemoveAllPermissions"):
                left = []
            elif len(left) == len(policy["Statement"]):
                raise AwsError("ResourceNotFoundException", f"Statement {gone} does not exist.")
            changed = json.dumps({**policy, "Statement": left}) if left else ""
            self._buses.put(arn, {**bus, "Policy": changed})
        return {}

    # Rules and targets

    def _rule(self, call: Call, name: str) -> tuple[str, Item]:
        arn, bus = self._bus(call, call.params.get("EventBusName"))
        key = _rule_arn(arn, name)
        if (rule := self._rules.get(key)) is None:
            raise AwsError(
                "ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus['Name']}."
            )
        return key, rule

    def _put_rule(self, call: Call) -> Answer:
        name = str(self.need(call, "Name"))
        if not _RULE_NAME.fullmatch(name):
            raise AwsError(self.invalid, f"Name {name!r}: use 1 to 64 letters, digits, . - and _")
        if not call.params.get("EventPattern") and not call.params.get("ScheduleExpression"):
            raise AwsError(self.invalid, "EventPattern or ScheduleExpression must be specified.")
        if call.params.get("EventPattern"):
            pattern_of(call.params["EventPattern"])
        with self._lock:
            bus_arn, bus = self._bus(call, call.params.get("EventBusName"))
            if call.params.get("ScheduleExpression") and bus["Name"] != "default":
                raise AwsError(self.invalid, "ScheduleExpression is supported only on the default event bus.")
            arn = _rule_arn(bus_arn, name)
            before = self._rules.get(arn) or {"targets": {}, "tags": tags_of(call.params.get("Tags"))}
            given = _given(call, "EventPattern", "ScheduleExpression", "Description", "RoleArn")
            state = call.params.get("State") or "ENABLED"
            self._rules.put(
                arn,
                {
                    **given,
                    "Name": name,
                    "State": state,
                    "EventBusName": bus["Name"],
                    "bus": bus_arn,
                    "targets": before["targets"],
                    "tags": before["tags"],
                },
            )
        return {"RuleArn": arn}

    def _describe_rule(self, call: Call) -> Answer:
        with self._lock:
            arn, rule = self._rule(call, str(self.need(call, "Name")))
            return {**_shown_rule(arn, rule), "CreatedBy": call.account}

    def _list_rules(self, call: Call) -> Answer:
        prefix = call.params.get("NamePrefix") or ""
        with self._lock:
            bus_arn, _ = self._bus(call, call.params.get("EventBusName"))
            return {
                "Rules": [
                    _shown_rule(arn, rule)
                    for arn, rule in self._rules.items()
                    if rule["bus"] == bus_arn and rule["Name"].startswith(prefix)
                ]
            }

    def _set_state(self, call: Call, state: str) -> Answer:
        with self._lock:
            arn, rule = self._rule(call, str(self.need(call, "Name")))
            self._rules.put(arn, {**rule, "State": state})
        return {}

    def _delete_rule(self, call: Call) -> Answer:
        name = str(self.need(call, "Name"))
        with self._lock:
            bus_arn, _ = self._bus(call, call.params.get("EventBusName"))
            arn = _rule_arn(bus_arn, name)
            if (rule := self._rules.get(arn)) and rule["targets"]:
                raise AwsError(self.invalid, "Rule can't be deleted since it has targets.")
            self._rules.remove(arn)
        return {}

    def _put_targets(self, call: Call) -> Answer:
        targets = self.need(call, "Targets")
        for target in targets:
            if not str(target.get("Arn", "")).startswith("arn:"):
                raise AwsError(self.invalid, f"Parameter {target.get('Arn')} is not valid. Reason: no ARN.")
            check_target(target)
        with self._lock:
            arn, rule = self._rule(call, str(self.need(call, "Rule")))
            kept = {**rule["targets"], **{target["Id"]: target for target in targets}}
            if len(kept) > _TARGETS_OF_A_RULE:
                raise AwsError(
                    "LimitExceededException", f"{rule['Name']} would have {len(kept)} targets: there can be 5"
                )
            self._rules.put(arn, {**rule, "targets": kept})
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _remove_targets(self, call: Call) -> Answer:
        ids = list(self.need(call, "Ids"))
        with self._lock:
            arn, rule = self._rule(call, str(self.need(call, "Rule")))
            kept = {id_: target for id_, target in rule["targets"].items() if id_ not in ids}
            self._rules.put(arn, {**rule, "targets": kept})
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _list_targets(self, call: Call) -> Answer:
        with self._lock:
            return {"Targets": list(self._rule(call, str(self.need(call, "Rule")))[1]["targets"].values())}

    # Tags

    def _tagged(self, call: Call) -> tuple[Shelf, str, Item]:
        arn = str(self.need(call, "ResourceARN"))
        for shelf in (self._rules, self._buses):
            if (item := shelf.get(arn)) is not None:
                return shelf, arn, item
        if ":event-bus/" in arn:
            return self._buses, *self._bus(call, arn)
        raise AwsError("ResourceNotFoundException", f"There is no {arn}")

    def _tag(self, call: Call) -> Answer:
        with self._lock:
            shelf, arn, item = self._tagged(call)
            shelf.put(arn, {**item, "tags": {**item["tags"], **tags_of(self.need(call, "Tags"))}})
        return {}

    def _untag(self, call: Call) -> Answer:
        gone = set(self.need(call, "TagKeys"))
        with self._lock:
            shelf, arn, item = self._tagged(call)
            left = {key: value for key, value in item["tags"].items() if key not in gone}
            shelf.put(arn, {**item, "tags": left})
        return {}

    def _list_tags(self, call: Call) -> Answer:
        with self._lock:
            return {"Tags": tag_list(self._tagged(call)[2]["tags"])}

    # Events

    def _test_pattern(self, call: Call) -> Answer:
        event = json.loads(self.need(call, "Event"))
        return {"Result": pattern_of(str(self.need(call, "EventPattern"))).matches(event)}

    def _put_events(self, call: Call) -> Answer:
        entries = self.need(call, "Entries")
        if len(entries) > 10:
            raise AwsError(self.invalid, f"{len(entries)} entries: a call takes up to 10")
        if (total := sum(_size(entry) for entry in entries)) > _ENTRY_BYTES:
            raise AwsError(
                self.invalid,
                f"The total size of the entries is over the limit: {total} of {_ENTRY_BYTES} bytes",
            )
        answers: list[dict[str, str]] = []
        accepted: list[tuple[str, Item]] = []
        for entry in entries:
            try:
                accepted.append(self._event(call, entry))
                answers.append({"EventId": accepted[-1][1]["id"]})
            except AwsError as error:
                answers.append({"ErrorCode": error.code, "ErrorMessage": error.message})
        with self._lock, self._store.transaction():
            for bus_arn, event in accepted:
                self._archives.keep(bus_arn, event, self._clock())
                self._show(bus_arn, event)
        for bus_arn, event in accepted:
            self._route(bus_arn, event)
        return {"FailedEntryCount": len(entries) - len(accepted), "Entries": answers}

    def _event(self, call: Call, entry: Mapping[str, Any]) -> tuple[str, Item]:
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                raise AwsError(
                    "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is required."
                )
        if str(entry["Source"]).startswith("aws."):
            raise AwsError("NotAuthorizedForSourceException", "Not authorized for the source.")
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            raise AwsError("MalformedDetail", "Detail is malformed.")
        with self._lock:
            bus_arn, _ = self._bus(call, entry.get("EventBusName"))
        at = entry.get("Time")
        return bus_arn, {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": call.account,
            "time": _time(self._clock() if at is None else float(at)),
            "region": call.region,
            "resources": list(entry.get("Resources") or []),
            "detail": detail,
        }

    def _show(self, bus_arn: str, event: Item) -> None:
        self._tail.add({**event, "bus": bus_arn.split("/", 1)[-1]})
        self._seen.notify_all()

    def _route(self, bus_arn: str, event: Item, only: frozenset[str] | None = None) -> None:
        with self._lock:
            matching = [
                (arn, list(rule["targets"].values()))
                for arn, rule in self._rules.items()
                if rule["bus"] == bus_arn
                and (only is None or arn in only)
                and applies(rule)
                and pattern_of(rule["EventPattern"]).matches(event)
            ]
        # Without the lock: the targets' engines have theirs.
        for arn, targets in matching:
            for target in targets:
                self._delivery.deliver(arn, target, event)

    def _forward(self, bus_arn: str, event: Item) -> None:
        with self._lock:
            self._bus(Call("PutEvents", "", ""), bus_arn)
            self._archives.keep(bus_arn, event, self._clock())
            self._show(bus_arn, event)
        self._route(bus_arn, event)

    def _send_again(self, bus_arn: str, event: Item, only: frozenset[str] | None) -> None:
        with self._lock:
            self._show(bus_arn, event)
        self._route(bus_arn, event, only)


def _rule_arn(bus_arn: str, name: str) -> str:
    start, bus = bus_arn.split(":event-bus/", 1)
    return f"{start}:rule/{name}" if bus == "default" else f"{start}:rule/{bus}/{name}"


def _given(call: Call, *names: str) -> dict[str, Any]:
    return {name: call.params[name] for name in names if call.params.get(name)}


def _shown_bus(arn: str, bus: Item) -> dict[str, Any]:
    kept = {key: value for key, value in bus.items() if key not in {"tags", "created", "changed"} and value}
    return {**kept, "Arn": arn, "CreationTime": bus["created"], "LastModifiedTime": bus["changed"]}


def _shown_rule(arn: str, rule: Item) -> dict[str, Any]:
    return {"Arn": arn} | {key: value for key, value in rule.items() if key not in {"targets", "tags", "bus"}}


def _size(entry: Mapping[str, Any]) -> int:
    texts = [str(entry.get(name) or "") for name in ("Source", "DetailType", "Detail")]
    return sum(len(text.encode()) for text in [*texts, *(entry.get("Resources") or [])])


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
