"""`aws:iam/getPolicyDocument:getPolicyDocument`: typed arguments in, IAM policy JSON out.

Follows the AWS provider's `aws_iam_policy_document`: one value is written as a string; several actions,
resources and identifiers are sorted in descending order, condition values keep theirs; `&{...}` stands
for IAM's `${...}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from offline.engine_errors import EngineError
from offline.values import Value

_DEFAULT_VERSION = "2012-10-17"


def policy_document(args: Mapping[str, Any]) -> str:
    """Return the document for the arguments of the invoke (camelCase, as on the wire), indented by two.

    Raises:
        EngineError: two statements have one Sid, or a source document is no JSON.
    """
    return json.dumps(_document(args), indent=2, ensure_ascii=False)


def minified(document: str) -> str:
    """Return the document without white space."""
    return json.dumps(json.loads(document), separators=(",", ":"), ensure_ascii=False)


def _document(args: Mapping[str, Any]) -> dict[str, Any]:
    own: dict[str, Any] = {"Version": args.get("version") or _DEFAULT_VERSION}
    if args.get("policyId"):
        own["Id"] = args["policyId"]
    own["Statement"] = _unique(
        [_statement(statement, own["Version"]) for statement in args.get("statements") or []]
    )
    merged: dict[str, Any] = {}
    for name in ("sourcePolicyDocuments", "sourceJson"):
        for text in _texts(args.get(name)):
            document = _parse(name, text)
            _unique([s for d in (merged, document) for s in _statements(d)])
            merged = _merge(merged, document)
    merged = _merge(merged, own)
    for name in ("overridePolicyDocuments", "overrideJson"):
        for text in _texts(args.get(name)):
            merged = _merge(merged, _parse(name, text))
    if not merged.get("Statement"):
        merged.pop("Statement", None)
    order = ("Version", "Id", "Statement")
    return {key: merged[key] for key in order if merged.get(key)}


def _texts(value: Value) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [text for text in value or [] if text]


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise EngineError(
            f"getPolicyDocument: {name} holds {text[:60]!r}, which is no JSON: {error}"
        ) from error
    if not isinstance(document, dict):
        raise EngineError(f"getPolicyDocument: {name} holds {text[:60]!r}; a policy document is an object")
    return document


def _statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    statements = document.get("Statement", [])
    return [statements] if isinstance(statements, dict) else list(statements)


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Put one document over another: a statement with the Sid of an earlier one takes its place."""
    statements = _statements(base)
    for statement in _statements(over):
        sid = statement.get("Sid")
        same = next((i for i, s in enumerate(statements) if sid and s.get("Sid") == sid), None)
        if same is None:
            statements.append(statement)
        else:
            statements[same] = statement
    return {**base, **over, "Statement": statements}


def _unique(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: set[str] = set()
    for statement in statements:
        sid = statement.get("Sid")
        if sid and sid in seen:
            raise EngineError(f"getPolicyDocument: two statements have the Sid {sid!r}; give each its own")
        seen.add(sid or "")
    return statements


def _statement(given: Mapping[str, Any], version: str) -> dict[str, Any]:
    fields = {
        "Sid": given.get("sid"),
        "Effect": given.get("effect") or "Allow",
        "Action": _one_or_sorted(given.get("actions")),
        "NotAction": _one_or_sorted(given.get("notActions")),
        "Resource": _one_or_sorted(given.get("resources"), version),
        "NotResource": _one_or_sorted(given.get("notResources"), version),
        "Principal": _principals(given.get("principals"), version),
        "NotPrincipal": _principals(given.get("notPrincipals"), version),
        "Condition": _conditions(given.get("conditions"), version),
    }
    return {key: value for key, value in fields.items() if value}


def _variables(value: str, version: str) -> str:
    if "&{" in value and version != _DEFAULT_VERSION:
        raise EngineError(f"getPolicyDocument: {value!r} uses a variable, which version {version!r} has not")
    return value.replace("&{", "${")


def _one_or_sorted(values: Sequence[str] | None, version: str = _DEFAULT_VERSION) -> str | list[str] | None:
    if not values:
        return None
    replaced = sorted({_variables(value, version) for value in values}, reverse=True)
    return replaced[0] if len(replaced) == 1 else replaced


def _principals(given: Sequence[Mapping[str, Any]] | None, version: str) -> Value:
    if not given:
        return None
    by_type: dict[str, list[str]] = {}
    for principal in given:
        identifiers = _one_or_sorted(principal.get("identifiers"), version) or []
        several = [identifiers] if isinstance(identifiers, str) else identifiers
        by_type.setdefault(principal["type"], []).extend(several)
    if by_type == {"*": ["*"]}:
        return "*"
    return {type_: ids[0] if len(ids) == 1 else ids for type_, ids in sorted(by_type.items())}


def _conditions(given: Sequence[Mapping[str, Any]] | None, version: str) -> dict[str, Any] | None:
    if not given:
        return None
    tests: dict[str, dict[str, list[str]]] = {}
    for condition in given:
        values = [_variables(value, version) for value in condition.get("values") or []]
        tests.setdefault(condition["test"], {}).setdefault(condition["variable"], []).extend(values)
    return {
        test: {key: v[0] if len(v) == 1 else v for key, v in sorted(variables.items())}
        for test, variables in sorted(tests.items())
    }
