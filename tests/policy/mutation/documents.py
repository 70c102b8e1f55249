"""Policy documents: each statement of each, widened. A document is whatever text holds statements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from .leaves import Way, leaves, pattern, put
from .mutants import ANY, Mutant
from .world import Change, Node, World

Statement = dict[str, Any]
_TRUST: Final = "assumeRolePolicy"
_IDENTITY: Final = ("aws:iam/", "aws:iot/policy")
"""Types whose documents say what an identity may do; others say who may use a resource."""
_CONDITIONS_BY_NAME: Final = "condition {} removed"


def documents(_world: World, node: Node) -> Iterator[Mutant]:
    """Every statement of every document, one weakening at a time."""
    for way, value in leaves(node.inputs):
        statements = _statements(value)
        for index, statement in enumerate(statements):
            for kind, group, other in _changed(node.type, way, statement):
                rest = [*statements[:index], *([other] if other else []), *statements[index + 1 :]]
                whole = {**json.loads(str(value)), "Statement": rest}
                place = f"{pattern(way)} {_title(statement)}"
                yield Mutant(kind, group, place, Change(put(node.inputs, way, json.dumps(whole))))
        if statements:
            added = [*statements, *_extra(node.type, way)]
            for extra in added[len(statements) :]:
                whole = {**json.loads(str(value)), "Statement": [*statements, extra]}
                kind = f"statement added: {extra['Sid']}"
                changed = put(node.inputs, way, json.dumps(whole))
                yield Mutant(kind, ANY, pattern(way), Change(changed))


def _statements(value: object) -> list[Statement]:
    if not (isinstance(value, str) and '"Statement"' in value):
        return []
    try:
        found = json.loads(value)["Statement"]
    except (ValueError, KeyError, TypeError):
        return []
    return found if isinstance(found, list) else [found]


def _title(statement: Statement) -> str:
    """What a statement is, so that those of many resources are counted as one."""
    kinds = statement.get("Principal")
    who = "/".join(sorted(kinds)) if isinstance(kinds, Mapping) else str(kinds or "")
    return f"{statement['Effect']} {who}".strip()


_EVERYBODY: Final = ("*", ["*"], {"AWS": "*"}, {"AWS": ["*"]})


def _changed(token: str, way: Way, statement: Statement) -> Iterator[tuple[str, str, Statement | None]]:
    """The weakenings that change something: to allow everybody is none where everybody is allowed."""
    anyone = statement.get("Principal") in _EVERYBODY
    for kind, group, other in _weakenings(token, way, statement):
        if not (anyone and other and other.get("Principal") in _EVERYBODY and kind.startswith("principal")):
            yield kind, group, other


def _weakenings(token: str, way: Way, statement: Statement) -> Iterator[tuple[str, str, Statement | None]]:
    """(kind, group, statement or None to take it away)."""
    if statement["Effect"] == "Deny":
        group = "tls" if "aws:SecureTransport" in json.dumps(statement) else ANY
        yield "Deny removed", group, None
        yield "Deny made Allow", ANY, {**statement, "Effect": "Allow"}
        return
    who = "iam" if way[-1] == _TRUST or token.startswith(_IDENTITY) else ANY
    if "Principal" in statement:
        yield "principal is everybody", ANY, {**statement, "Principal": "*"}
        yield "principal is every account", ANY, {**statement, "Principal": {"AWS": "*"}}
        bare = {key: value for key, value in statement.items() if key != "Principal"}
        yield "principal is all but one", ANY, {**bare, "NotPrincipal": {"AWS": "arn:aws:iam::1:root"}}
    if way[-1] != _TRUST:
        yield from _wider_actions(who, statement)
        if statement.get("Resource") not in ("*", ["*"]):
            yield "resource is everything", who, {**statement, "Resource": "*"}
            bare = {key: value for key, value in statement.items() if key != "Resource"}
            yield "resource is all but one", who, {**bare, "NotResource": "arn:aws:s3:::x"}
    yield from _fewer_conditions(who, statement)


def _wider_actions(group: str, statement: Statement) -> Iterator[tuple[str, str, Statement]]:
    actions = statement.get("Action", [])
    actions = actions if isinstance(actions, list) else [actions]
    if "*" in actions:
        return
    yield "action is everything", group, {**statement, "Action": "*"}
    service = str(actions[0]).partition(":")[0]
    if f"{service}:*" not in actions:
        yield "action is all of a service", group, {**statement, "Action": [*actions, f"{service}:*"]}
        yield "action has a wildcard", group, {**statement, "Action": [*actions, f"{service}:Put*"]}
    bare = {key: value for key, value in statement.items() if key != "Action"}
    yield "action is all but one", group, {**bare, "NotAction": "iam:DeleteUser"}


def _fewer_conditions(group: str, statement: Statement) -> Iterator[tuple[str, str, Statement]]:
    conditions: Mapping[str, Mapping[str, Any]] = statement.get("Condition") or {}
    if not conditions:
        return
    bare = {key: value for key, value in statement.items() if key != "Condition"}
    yield "condition removed", group, bare
    for operator, keys in conditions.items():
        for key in keys:
            others = {name: value for name, value in keys.items() if name != key}
            rest = {name: value for name, value in conditions.items() if name != operator}
            left = {**rest, **({operator: others} if others else {})}
            if left:
                yield _CONDITIONS_BY_NAME.format(key), group, {**bare, "Condition": left}
            wild = {**conditions, operator: {**keys, key: "*"}}
            if operator.endswith(("Like", "Equals")):
                yield f"condition {key} is a wildcard", group, {**bare, "Condition": wild}


def _extra(token: str, way: Way) -> Iterator[Statement]:
    """Statements that nobody should ever add."""
    if way[-1] == _TRUST:
        yield {
            "Sid": "trust of an account",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        }
        yield {
            "Sid": "trust of a provider",
            "Effect": "Allow",
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"},
        }
    elif token.startswith("aws:iam/"):
        yield {"Sid": "everything", "Effect": "Allow", "Action": "*", "Resource": "*"}
        yield {"Sid": "pass any role", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
        yield {"Sid": "change any role", "Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}
        yield {"Sid": "become any role", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
        yield {"Sid": "decrypt anything", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
        yield {
            "Sid": "read any secret",
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        }
    elif not token.startswith("aws:iot/"):
        yield {"Sid": "everybody", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
        yield {
            "Sid": "any service",
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*",
            "Principal": {"Service": "events.amazonaws.com"},
        }
