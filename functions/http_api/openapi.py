"""The OpenAPI 3.0.3 document of operations, within what API Gateway imports.

API Gateway knows models of JSON Schema draft 4 with alphanumeric names, and neither `$ref` beside other
keywords, references to responses, `default` answers, `additionalProperties`, `anyOf` nor defaults in models
(https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html).
"""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec import Struct

from http_api.operations import ID_PATTERN, Operation
from http_api.problems import MEDIA_TYPE, PROBLEMS, Problem

SECURITY_SCHEME: Final = "cognito"
_REFERENCE: Final = "#/components/schemas/{name}"
_UNSUPPORTED: Final = frozenset({"default", "additionalProperties", "examples"})
_KEY_PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A new UUID for each thing to be done; the same one, with the same request, to try again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
}
_HEADERS: Final[Mapping[int, Mapping[str, str]]] = {
    401: {"WWW-Authenticate": "How to authenticate."},
    403: {"WWW-Authenticate": "The scope that is missing, if it is that."},
    503: {"Retry-After": "Seconds after which to try again, with the same Idempotency-Key."},
}


class DocumentError(ValueError):
    """The operations cannot be described in a document that API Gateway imports."""


def document(title: str, version: str, operations: Iterable[Operation[Any]]) -> dict[str, Any]:
    """The document, JSON-serialisable, in a stable order. Raises DocumentError."""
    listed = list(operations)
    models: dict[str, type[Struct]] = {}
    for operation in listed:
        for kind in (operation.answer, operation.body, Problem):
            if kind is not None:
                models[kind.__name__] = kind
    schemas = _components(models.values())
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        item = paths.setdefault(operation.path, {})
        if operation.method.lower() in item:
            raise DocumentError(f"{operation.method} {operation.path} is declared twice")
        item[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": version},
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in listed)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                SECURITY_SCHEME: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _operation(operation: Operation[Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": [] if operation.scope is None else [{SECURITY_SCHEME: [operation.scope]}],
    }
    if operation.description:
        described["description"] = operation.description
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": ID_PATTERN},
        }
        for name in operation.path_parameters
    ]
    if operation.query is not None:
        parameters += _query_parameters(operation.query)
    parameters += [
        {"name": name, "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in operation.parameters.items()
    ]
    if operation.keyed:
        parameters.append(_KEY_PARAMETER)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.body_required,
            "content": _content("application/json", operation.body),
        }
    described["responses"] = _responses(operation)
    return described


def _responses(operation: Operation[Any]) -> dict[str, Any]:
    success: dict[str, Any] = {
        "description": HTTPStatus(operation.status).phrase,
        "content": _content("application/json", operation.answer),
    }
    if operation.headers:
        success["headers"] = _headers(operation.headers)
    responses = {str(operation.status): success}
    for status, text in operation.statuses.items():
        responses[str(status)] = {"description": text}
    by_status: dict[int, list[str]] = {}
    for code in operation.all_problems:
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    for status, codes in sorted(by_status.items()):
        refused: dict[str, Any] = {
            "description": f"code: {', '.join(codes)}",
            "content": _content(MEDIA_TYPE, Problem),
        }
        if status in _HEADERS:
            refused["headers"] = _headers(_HEADERS[status])
        responses[str(status)] = refused
    return responses


def _headers(texts: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in texts.items()}


def _content(media_type: str, kind: type[Struct]) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": _REFERENCE.format(name=kind.__name__)}}}


def _query_parameters(kind: type[Struct]) -> list[dict[str, Any]]:
    _, found = msgspec.json.schema_components([kind], ref_template=_REFERENCE)
    schema = found.pop(kind.__name__)
    enums = {_REFERENCE.format(name=name): part for name, part in found.items() if "enum" in part}
    if len(enums) < len(found):
        raise DocumentError(f"{kind.__name__}: a query parameter is a plain value, not {sorted(found)}")
    parameters = []
    for name, property_schema in schema["properties"].items():
        plain = _importable(enums.get(property_schema.get("$ref", ""), property_schema))
        plain.pop("title", None)
        parameter = {"name": name, "in": "query", "required": name in schema["required"]}
        if "description" in plain:
            parameter["description"] = plain.pop("description")
        parameters.append({**parameter, "schema": plain})
    return parameters


def _components(kinds: Iterable[type[Struct]]) -> dict[str, Any]:
    _, found = msgspec.json.schema_components(list(kinds), ref_template=_REFERENCE)
    for name in found:
        if not re.fullmatch("[A-Za-z0-9]+", name):
            raise DocumentError(f"model {name!r} has a name that is not alphanumeric")
    return {name: _importable(schema) for name, schema in found.items()}


def _importable(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """A schema as API Gateway takes it."""
    if isinstance(schema, list):
        return [_importable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    plain: dict[str, Any] = {}
    for name, part in schema.items():
        if name == "properties":
            plain[name] = {field: _importable(its) for field, its in part.items()}
        elif name not in _UNSUPPORTED:
            plain[name] = _importable(part)
    if "description" in plain:
        plain["description"] = " ".join(plain["description"].split())
    if "enum" in plain and "type" not in plain:
        plain["type"] = "string"
    return plain
