"""Checks a request as API Gateway's request validator does: what is required is there, the body fits.

Types and bounds of parameters are not checked, as in API Gateway; that is the function's.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft4Validator
from jsonschema.protocols import Validator

from local.front.operations import Checks, Document
from local.web import Request

_DEPTH: Final = 200  # levels of a body; deeper ones would end the interpreter's stack


class Wrong(Exception):  # noqa: N818 - a verdict, not a fault
    """The request is refused; the message is API Gateway's."""


class RequestValidator:
    """Of one operation. `document` has the schemas that `$ref`s name."""

    def __init__(self, document: Document, checks: Checks) -> None:
        self._checks = checks
        # API Gateway's models are of draft 4, and so is what OpenAPI 3.0 says.
        self._bodies: Mapping[str, Validator] = {
            kind: Draft4Validator({**schema, "components": document.get("components", {})})
            if "$ref" not in schema
            else Draft4Validator({"allOf": [schema], "components": document.get("components", {})})
            for kind, schema in (checks.schemas or {}).items()
        }

    def check(self, request: Request, path_parameters: Mapping[str, str], body: bytes) -> None:
        """Raises Wrong."""
        given = {
            "query": {name for name, value in request.parameters().items() if value},
            "header": {name for name, value in request.headers.items() if value},
            "path": {name for name, value in path_parameters.items() if value},
        }
        missing = [
            name
            for place, name in self._checks.parameters
            if (name.lower() if place == "header" else name) not in given.get(place, ())
        ]
        if missing:
            raise Wrong(f"Missing required request parameters: [{', '.join(missing)}]")
        self._check_body(request.headers.get("content-type", "application/json"), body)

    def _check_body(self, content_type: str, body: bytes) -> None:
        schema = self._bodies.get(content_type.partition(";")[0].strip().lower())
        if schema is None or (not body.strip() and not self._checks.body_required):
            return
        try:
            value = json.loads(body, parse_constant=_no_number)
            fits = _shallow(value) and schema.is_valid(value)
        except (ValueError, RecursionError):
            fits = False
        if not fits:
            raise Wrong("Invalid request body")


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def _shallow(value: Any) -> bool:  # noqa: ANN401 - JSON
    level = [value]
    for _ in range(_DEPTH):
        level = [inner for item in level if isinstance(item, dict | list) for inner in _inside(item)]
        if not level:
            return True
    return False


def _inside(item: dict[str, Any] | list[Any]) -> list[Any]:
    return list(item.values()) if isinstance(item, dict) else item
