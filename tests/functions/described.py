"""Whether an API's answers are those of its OpenAPI document."""

import copy
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft4Validator


class Described:
    """`document`: OpenAPI 3.0.3. In what is checked, no model has a field that it does not name."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = copy.deepcopy(dict(document))
        for model in self.document["components"]["schemas"].values():
            if model["type"] == "object":
                model["additionalProperties"] = False
        self._validator = cache(self._make_validator)
        self._patterns = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))), item)
            for template, item in self.document["paths"].items()
        ]

    def check(self, method: str, path: str, status: int, headers: Mapping[str, str], body: Any) -> None:
        """Whatever a test is about: no answer of a documented operation is off the document."""
        for pattern, item in self._patterns:
            if method.lower() not in item or not pattern.fullmatch(path):
                continue
            answer = item[method.lower()]["responses"][str(status)]
            contents = answer.get("content", {})
            assert (headers.get("content-type") in contents) if contents else body is None
            for media_type, content in contents.items():
                model = self._validator(content["schema"]["$ref"].rpartition("/")[2])
                errors = [f"{error.json_path}: {error.message}" for error in model.iter_errors(body)]
                assert errors == [], (media_type, body)
            if status < 400:
                assert {name.lower() for name in answer.get("headers", {})} <= set(headers)

    def _make_validator(self, name: str) -> Draft4Validator:
        components = self.document["components"]
        return Draft4Validator({"$ref": f"#/components/schemas/{name}", "components": components})
