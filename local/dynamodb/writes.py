"""PutItem, UpdateItem, DeleteItem, BatchWriteItem and TransactWriteItems."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.aws.service import Answer, AwsError
from local.aws.store import Writing
from local.dynamodb.conditions import Condition
from local.dynamodb.database import Change, Database, Defined
from local.dynamodb.grammar import ExpressionError, Item, Placeholders, picked
from local.dynamodb.requests import Request, check_count, check_legacy, condition_of, placeholders
from local.dynamodb.table import Key
from local.dynamodb.updates import Update, update
from local.dynamodb.values import invalid, measured

MAX_ACTIONS: Final = 100
MAX_PUTS: Final = 25
MAX_TRANSACTION: Final = 4 * 1024 * 1024  # bytes
TOKEN_SECONDS: Final = 600
_TOKENS: Final = "dynamodb/token"
_RETURNS: Final[Mapping[str, frozenset[str]]] = {
    "Put": frozenset({"NONE", "ALL_OLD"}),
    "Delete": frozenset({"NONE", "ALL_OLD"}),
    "Update": frozenset({"NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"}),
}
_FAILED: Final = "The conditional request failed"


@dataclass(frozen=True)
class Write:
    """One write, understood. `kind`: Put, Update, Delete or ConditionCheck."""

    kind: str
    request: Request
    of: Defined
    key: Key
    given: Placeholders
    condition: Condition | None
    update: Update | None

    @property
    def old(self) -> Item | None:
        """The item that is there."""
        row = self.of.table.rows.get(self.key)
        return row.item if row else None

    @property
    def keys(self) -> Item:
        """The item's keys."""
        given = self.request["Item" if self.kind == "Put" else "Key"]
        return {name: given[name] for name in self.of.table.keys}

    def holds(self) -> bool:
        """Whether its condition does. Raises ExpressionError."""
        return self.condition is None or self.condition.test(self.old or {}, self.given)

    def result(self) -> Item | None:
        """What shall be there. Raises ExpressionError and AwsError."""
        if self.kind == "Put":
            return dict(self.request["Item"])
        if self.kind == "Delete":
            return None
        before = self.old or dict(self.request["Key"])
        if self.update is None:
            return before
        for path in self.update.paths:
            name = self.given.path(path)[0]
            if name in self.of.table.keys:
                raise invalid(
                    f"One or more parameter values were invalid: Cannot update attribute {name}. "
                    "This attribute is part of the key"
                )
        return self.update.apply(before, self.given)

    def change(self) -> Change:
        """Of the table."""
        return Change(self.of, self.key, self.keys, self.result())


class Writes:
    """Each method is a call."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tokens: dict[str, list[Any]] = dict(database.store.load(_TOKENS))

    def put_item(self, region: str, request: Request) -> Answer:
        """PutItem."""
        return self._write("Put", region, request)

    def update_item(self, region: str, request: Request) -> Answer:
        """UpdateItem."""
        return self._write("Update", region, request)

    def delete_item(self, region: str, request: Request) -> Answer:
        """DeleteItem."""
        return self._write("Delete", region, request)

    def _write(self, kind: str, region: str, request: Request) -> Answer:
        returns = request.get("ReturnValues", "NONE")
        if returns not in _RETURNS[kind]:
            raise invalid(f"ReturnValues is {returns!r}: {', '.join(sorted(_RETURNS[kind]))} can be")
        write, old = self._understood(kind, region, request), None
        old = write.old
        if not write.holds():
            shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old is not None
            more: dict[str, Any] = {"Item": old} if shown else {}
            raise AwsError("ConditionalCheckFailedException", _FAILED, **more)
        change = write.change()
        if change.new is not None or old is not None:
            self._database.apply([change])
        told = _returned(returns, write, old, change.new)
        return {} if told is None else {"Attributes": told}

    def _understood(self, kind: str, region: str, request: Request) -> Write:
        check_legacy(request)
        of = self._database.get(region, request.get("TableName"))
        given = request.get("Item" if kind == "Put" else "Key")
        if not isinstance(given, Mapping):
            raise invalid(f"{kind} needs {'an Item' if kind == 'Put' else 'a Key'}")
        key = of.table.key_of(given) if kind == "Put" else of.table.key(given)
        text = request.get("UpdateExpression") if kind == "Update" else None
        condition, changes = condition_of(request), None if text is None else update(text)
        uses = [part.uses for part in (condition, changes) if part is not None]
        return Write(kind, request, of, key, placeholders(request, uses), condition, changes)

    def batch_write_item(self, region: str, request: Request) -> Answer:
        """BatchWriteItem."""
        asked: Mapping[str, Sequence[Any]] = request["RequestItems"]
        check_count("writes", sum(len(part) for part in asked.values()), MAX_PUTS)
        changes = []
        for name, part in asked.items():
            for write in part:
                kind, its = ("Put", "PutRequest") if "PutRequest" in write else ("Delete", "DeleteRequest")
                made = self._understood(kind, region, {"TableName": name, **write[its]})
                changes.append(made.change())
        _check_apart("Provided list of item keys contains duplicates", [(one.of, one.key) for one in changes])
        self._database.apply(changes)
        return {"UnprocessedItems": {}}

    def transact_write_items(self, region: str, request: Request) -> Answer:
        """TransactWriteItems."""
        actions = []
        for action in request["TransactItems"]:
            if len(action) != 1 or not action.keys() <= {*_RETURNS, "ConditionCheck"}:
                raise invalid(f"{sorted(action)}: an action is one of Put, Update, Delete, ConditionCheck")
            actions.append(next(iter(action.items())))
        check_count("actions", len(actions), MAX_ACTIONS)
        token = request.get("ClientRequestToken")
        name, now = f"{region}/{token}", self._database.clock()
        # A resource that is asked to say the same twice does it once.
        digest = hashlib.sha256(json.dumps(request["TransactItems"], sort_keys=True).encode()).hexdigest()
        if token is not None and name in self._tokens and self._tokens[name][1] > now - TOKEN_SECONDS:
            if self._tokens[name][0] != digest:
                raise AwsError(
                    "IdempotentParameterMismatchException",
                    f"ClientRequestToken {token} was used with other parameters less than 10 minutes ago",
                )
            return {}
        writes = [self._understood(kind, region, body) for kind, body in actions]
        _check_apart(
            "Transaction request cannot include multiple operations on one item",
            [(write.of, write.key) for write in writes],
        )
        changes = self._changes(writes)
        size = sum(measured(change.new) for change in changes if change.new is not None)
        if size > MAX_TRANSACTION:
            raise invalid(f"The transaction is of {size} bytes: {MAX_TRANSACTION} can be")

        def keep(writing: Writing) -> None:
            if token is not None:
                writing.put(_TOKENS, name, [digest, now])

        self._database.apply(changes, keep)
        if token is not None:
            self._tokens[name] = [digest, now]
        return {}

    def _changes(self, writes: Sequence[Write]) -> list[Change]:
        """All or none. Raises AwsError."""
        reasons, changes = [], []
        for write in writes:
            reason: dict[str, Any] = {"Code": "None"}
            try:
                if not write.holds():
                    reason = {"Code": "ConditionalCheckFailed", "Message": _FAILED}
                    if write.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and write.old:
                        reason["Item"] = write.old
                elif write.kind != "ConditionCheck":
                    change = write.change()
                    if change.new is not None:
                        measured(change.new)
                        write.of.table.check(change.new)
                    if change.new is not None or write.old is not None:
                        changes.append(change)
            except ExpressionError as error:
                reason = {"Code": "ValidationError", "Message": str(error)}
            except AwsError as error:
                reason = {"Code": "ValidationError", "Message": error.message}
            reasons.append(reason)
        if any(reason["Code"] != "None" for reason in reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            raise AwsError(
                "TransactionCanceledException",
                f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
                CancellationReasons=reasons,
            )
        return changes

    def sweep(self) -> None:
        """Forgets the tokens of before ten minutes."""
        until = self._database.clock() - TOKEN_SECONDS
        old = [name for name, (_, at) in self._tokens.items() if at <= until]
        if old:
            with self._database.writing() as writing:
                for name in old:
                    writing.delete(_TOKENS, name)
                    del self._tokens[name]


def _check_apart(message: str, places: Sequence[tuple[Defined, Key]]) -> None:
    if len({(id(of), key) for of, key in places}) < len(places):
        raise invalid(message)


def _returned(returns: str, write: Write, old: Item | None, new: Item | None) -> Item | None:
    if returns == "ALL_OLD":
        return old
    if returns == "ALL_NEW":
        return new
    if returns == "NONE" or write.update is None:
        return None
    item = old if returns == "UPDATED_OLD" else new
    paths = [write.given.path(path) for path in write.update.paths]
    return picked(item or {}, paths) or None
