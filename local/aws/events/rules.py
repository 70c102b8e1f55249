"""Rules of the buses, and their targets. Rules that go by a schedule never fire."""

import re
from collections.abc import Mapping
from threading import RLock
from typing import Any, Final

from local.aws.engine import Operation, Part, given, tags_of
from local.aws.events.buses import Buses
from local.aws.events.delivery import applies
from local.aws.events.targets import check_target, pattern_of
from local.aws.service import Answer, AwsError, Call
from local.aws.shelf import Item, Shelf
from local.aws.store import Store

_RULE_NAME: Final = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_TARGETS_OF_A_RULE: Final = 5


class Rules(Part):
    """`shelf`: by ARN."""

    def __init__(self, store: Store, lock: RLock, buses: Buses) -> None:
        self._lock = lock
        self._buses = buses
        self.shelf = Shelf(store, "events.rule")
        self.operations: Mapping[str, Operation] = {
            "DeleteRule": self._delete_rule,
            "DescribeRule": self._describe_rule,
            "DisableRule": lambda call: self._set_state(call, "DISABLED"),
            "EnableRule": lambda call: self._set_state(call, "ENABLED"),
            "ListRules": self._list_rules,
            "ListTargetsByRule": self._list_targets,
            "PutRule": self._put_rule,
            "PutTargets": self._put_targets,
            "RemoveTargets": self._remove_targets,
        }

    def of(self, bus_arn: str) -> dict[str, Item]:
        """Those of a bus. The caller holds the lock."""
        return {arn: rule for arn, rule in self.shelf.items() if rule["bus"] == bus_arn}

    def matching(
        self, bus_arn: str, event: Item, only: frozenset[str] | None = None
    ) -> list[tuple[str, list[Item]]]:
        """(ARN, targets) of a bus's rules that an event fits, of all or of those named."""
        with self._lock:
            return [
                (arn, list(rule["targets"].values()))
                for arn, rule in self.of(bus_arn).items()
                if (only is None or arn in only)
                and applies(rule)
                and pattern_of(rule["EventPattern"]).matches(event)
            ]

    def _rule(self, call: Call, name: str) -> tuple[str, Item]:
        arn, bus = self._buses.find(call, call.params.get("EventBusName"))
        key = _rule_arn(arn, name)
        if (rule := self.shelf.get(key)) is None:
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
            bus_arn, bus = self._buses.find(call, call.params.get("EventBusName"))
            if call.params.get("ScheduleExpression") and bus["Name"] != "default":
                raise AwsError(self.invalid, "ScheduleExpression is supported only on the default event bus.")
            arn = _rule_arn(bus_arn, name)
            before = self.shelf.get(arn) or {"targets": {}, "tags": tags_of(call.params.get("Tags"))}
            described = given(call, "EventPattern", "ScheduleExpression", "Description", "RoleArn")
            state = call.params.get("State") or "ENABLED"
            self.shelf.put(
                arn,
                {
                    **described,
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
            bus_arn, _ = self._buses.find(call, call.params.get("EventBusName"))
            return {
                "Rules": [
                    _shown_rule(arn, rule)
                    for arn, rule in self.shelf.items()
                    if rule["bus"] == bus_arn and rule["Name"].startswith(prefix)
                ]
            }

    def _set_state(self, call: Call, state: str) -> Answer:
        with self._lock:
            arn, rule = self._rule(call, str(self.need(call, "Name")))
            self.shelf.put(arn, {**rule, "State": state})
        return {}

    def _delete_rule(self, call: Call) -> Answer:
        name = str(self.need(call, "Name"))
        with self._lock:
            bus_arn, _ = self._buses.find(call, call.params.get("EventBusName"))
            arn = _rule_arn(bus_arn, name)
            if (rule := self.shelf.get(arn)) and rule["targets"]:
                raise AwsError(self.invalid, "Rule can't be deleted since it has targets.")
            self.shelf.remove(arn)
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
            self.shelf.put(arn, {**rule, "targets": kept})
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _remove_targets(self, call: Call) -> Answer:
        ids = list(self.need(call, "Ids"))
        with self._lock:
            arn, rule = self._rule(call, str(self.need(call, "Rule")))
            kept = {id_: target for id_, target in rule["targets"].items() if id_ not in ids}
            self.shelf.put(arn, {**rule, "targets": kept})
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _list_targets(self, call: Call) -> Answer:
        with self._lock:
            return {"Targets": list(self._rule(call, str(self.need(call, "Rule")))[1]["targets"].values())}


def _rule_arn(bus_arn: str, name: str) -> str:
    start, bus = bus_arn.split(":event-bus/", 1)
    return f"{start}:rule/{name}" if bus == "default" else f"{start}:rule/{bus}/{name}"


def _shown_rule(arn: str, rule: Item) -> dict[str, Any]:
    return {"Arn": arn} | {key: value for key, value in rule.items() if key not in {"targets", "tags", "bus"}}
