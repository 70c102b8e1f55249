"""Event buses, and who may put events on them."""

import json
import re
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, Final

from local.aws.engine import Operation, Part, given, tags_of
from local.aws.service import Answer, AwsError, Call
from local.aws.shelf import Item, Shelf
from local.aws.store import Store
from local.clock import Clock

_NAME: Final = re.compile(r"[/.\-_A-Za-z0-9]{1,256}")


class Buses(Part):
    """`shelf`: by ARN; `default` is in each Region, and on the shelf once it was changed.

    The caller of `find` holds the lock.
    """

    def __init__(self, store: Store, clock: Clock, lock: RLock, has_rules: Callable[[str], bool]) -> None:
        self._clock = clock
        self._lock = lock
        self._has_rules = has_rules
        self.shelf = Shelf(store, "events.bus")
        self.operations: Mapping[str, Operation] = {
            "CreateEventBus": self._create_bus,
            "DeleteEventBus": self._delete_bus,
            "DescribeEventBus": self._describe_bus,
            "ListEventBuses": self._list_buses,
            "PutPermission": self._put_permission,
            "RemovePermission": self._remove_permission,
            "UpdateEventBus": self._update_bus,
        }

    def find(self, call: Call, name: str | None) -> tuple[str, Item]:
        """A bus by its name or ARN, the default one by none. Raises AwsError."""
        name = name or "default"
        arn = (
            name
            if name.startswith("arn:")
            else f"arn:aws:events:{call.region}:{call.account}:event-bus/{name}"
        )
        short = arn.split("/", 1)[-1]
        if (bus := self.shelf.get(arn)) is not None:
            return arn, bus
        if short != "default":
            raise AwsError("ResourceNotFoundException", f"Event bus {short} does not exist.")
        return arn, {"Name": "default", "created": self._clock(), "changed": self._clock(), "tags": {}}

    def _create_bus(self, call: Call) -> Answer:
        name = str(self.need(call, "Name"))
        if not _NAME.fullmatch(name):
            raise AwsError(self.invalid, f"Name {name!r}: use letters, digits, / . - and _")
        arn = f"arn:aws:events:{call.region}:{call.account}:event-bus/{name}"
        described = given(call, "Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")
        now = self._clock()
        with self._lock:
            if arn in self.shelf or name == "default":
                raise AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
            tags = tags_of(call.params.get("Tags"))
            self.shelf.put(arn, {"Name": name, **described, "tags": tags, "created": now, "changed": now})
        return {"EventBusArn": arn, **described}

    def _update_bus(self, call: Call) -> Answer:
        described = given(call, "Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")
        with self._lock:
            arn, bus = self.find(call, call.params.get("Name"))
            self.shelf.put(arn, {**bus, **described, "changed": self._clock()})
        return {"Arn": arn, "Name": bus["Name"], **described}

    def _describe_bus(self, call: Call) -> Answer:
        with self._lock:
            return _shown_bus(*self.find(call, call.params.get("Name")))

    def _list_buses(self, call: Call) -> Answer:
        start = f"arn:aws:events:{call.region}:{call.account}:event-bus/"
        with self._lock:
            default, bus = self.find(call, None)
            buses = {default: bus} | {arn: one for arn, one in self.shelf.items() if arn.startswith(start)}
        prefix = call.params.get("NamePrefix") or ""
        found = [_shown_bus(arn, one) for arn, one in buses.items() if one["Name"].startswith(prefix)]
        return {"EventBuses": found}

    def _delete_bus(self, call: Call) -> Answer:
        name = str(self.need(call, "Name"))
        if name == "default":
            raise AwsError(self.invalid, "Cannot delete event bus default.")
        with self._lock:
            arn = f"arn:aws:events:{call.region}:{call.account}:event-bus/{name}"
            if self._has_rules(arn):
                raise AwsError(self.invalid, f"Event bus {name} can't be deleted since it has rules.")
            self.shelf.remove(arn)
        return {}

    def _put_permission(self, call: Call) -> Answer:
        with self._lock:
            arn, bus = self.find(call, call.params.get("EventBusName"))
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
            self.shelf.put(arn, {**bus, "Policy": json.dumps(policy)})
        return {}

    def _remove_permission(self, call: Call) -> Answer:
        with self._lock:
            arn, bus = self.find(call, call.params.get("EventBusName"))
            policy = json.loads(bus.get("Policy") or '{"Statement": []}')
            gone = call.params.get("StatementId")
            left = [one for one in policy["Statement"] if one.get("Sid") != gone]
            if call.params.get("RemoveAllPermissions"):
                left = []
            elif len(left) == len(policy["Statement"]):
                raise AwsError("ResourceNotFoundException", f"Statement {gone} does not exist.")
            changed = json.dumps({**policy, "Statement": left}) if left else ""
            self.shelf.put(arn, {**bus, "Policy": changed})
        return {}


def _shown_bus(arn: str, bus: Item) -> dict[str, Any]:
    kept = {key: value for key, value in bus.items() if key not in {"tags", "created", "changed"} and value}
    return {**kept, "Arn": arn, "CreationTime": bus["created"], "LastModifiedTime": bus["changed"]}
