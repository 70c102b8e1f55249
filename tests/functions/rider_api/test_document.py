"""The OpenAPI document is the code's, and API Gateway can import it."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

import rider_api
from http_api.openapi import DocumentError, document
from http_api.operations import Answer, Operations
from pages.openapi import api_document, text

PAGE = Path(rider_api.__file__).with_name("openapi.json")
METHODS = {"get", "post"}
# What API Gateway's import refuses, warns of (the API is made with warnings as errors) or does not look at.
UNSUPPORTED = {
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "deprecated",
    "discriminator",
    "example",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxItems",
    "minItems",
    "not",
    "nullable",
    "oneOf",
    "readOnly",
    "writeOnly",
}


def schemas(part: Any, *, is_schema: bool = False) -> Iterator[dict[str, Any]]:
    """Every schema of a document, nested ones too; the names of properties are no keywords."""
    if isinstance(part, list):
        for element in part:
            yield from schemas(element, is_schema=is_schema)
        return
    if not isinstance(part, dict):
        return
    if is_schema:
        yield part
        for inner in part.get("properties", {}).values():
            yield from schemas(inner, is_schema=True)
        yield from schemas(part.get("items"), is_schema=True)
        return
    for name, inner in part.items():
        if name == "schemas":
            for model in inner.values():
                yield from schemas(model, is_schema=True)
        else:
            yield from schemas(inner, is_schema=name == "schema")


def faults(described: dict[str, Any]) -> list[str]:
    """Why API Gateway would not serve the document as it is."""
    models = described["components"]["schemas"]
    found = [f"model name {name}" for name in models if not re.fullmatch("[A-Za-z0-9]+", name)]
    for schema in schemas(described):
        found += [f"keyword {name}" for name in schema if name in UNSUPPORTED]
        if "$ref" not in schema and "type" not in schema:
            found.append(f"no type: {schema}")
        if "$ref" in schema and (len(schema) > 1 or schema["$ref"].rpartition("/")[2] not in models):
            found.append(f"reference {schema}")
    for path, item in described["paths"].items():
        if not re.fullmatch(r"(/([A-Za-z0-9._-]+|\{[A-Za-z0-9]+\}))+", path):
            found.append(f"path {path}")
        for method, operation in item.items():
            found += [f"{fault} of {method} {path}" for fault in operation_faults(path, operation)]
    return found


def operation_faults(path: str, operation: dict[str, Any]) -> Iterator[str]:
    parameters = operation.get("parameters", [])
    declared = {one["name"] for one in parameters if one["in"] == "path" and one["required"]}
    if declared != set(re.findall(r"\{(\w+)\}", path)):
        yield "path parameters"
    if not all(re.fullmatch("[1-5][0-9][0-9]", status) for status in operation["responses"]):
        yield "statuses"
    if any("$ref" in answer for answer in operation["responses"].values()):
        yield "reference to an answer"


def test_the_document_is_the_codes() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "run `make docs`"


def test_api_gateway_can_import_the_document() -> None:
    assert api_document()["openapi"] == "3.0.3"
    assert faults(api_document()) == []


def broken(change: str) -> dict[str, Any]:
    made = copy.deepcopy(api_document())
    models, paths = made["components"]["schemas"], made["paths"]
    booking = models["BookingView"]["properties"]
    match change:
        case "keyword":
            booking["bookingId"]["nullable"] = True
        case "sibling":
            booking["state"]["description"] = "The state."
        case "name":
            models["Page_Booking_"] = {"type": "object"}
        case "dangling":
            booking["state"] = {"$ref": "#/components/schemas/Nothing"}
        case "parameter":
            paths["/v1/bookings/{bookingId}"]["get"]["parameters"] = []
        case "default answer":
            paths["/v1/bookings"]["get"]["responses"]["default"] = {"description": "Whatever."}
        case "answer reference":
            paths["/v1/bookings"]["get"]["responses"]["404"] = {"$ref": "#/components/responses/NotFound"}
    return made


@pytest.mark.parametrize(
    "change", ["keyword", "sibling", "name", "dangling", "parameter", "default answer", "answer reference"]
)
def test_what_api_gateway_cannot_import_is_noticed(change: str) -> None:
    assert faults(broken(change))


def test_riders_need_their_scope_and_feeds_nothing() -> None:
    for path, item in api_document()["paths"].items():
        for method, operation in item.items():
            assert method in METHODS
            public = path.startswith("/gbfs/3/")
            assert public != path.startswith("/v1/")
            assert operation["tags"] == (["gbfs"] if public else ["rider"])
            assert operation["security"] == ([] if public else [{"cognito": ["rental/ride"]}])
            if not public:
                assert {"401", "403"} <= set(operation["responses"])


def test_every_post_requires_a_key_and_nothing_else_does() -> None:
    for item in api_document()["paths"].values():
        for method, operation in item.items():
            required = [
                one["name"]
                for one in operation.get("parameters", [])
                if one["in"] == "header" and one["required"]
            ]
            assert required == (["Idempotency-Key"] if method == "post" else [])


def test_every_operation_says_what_it_is() -> None:
    operations = [operation for item in api_document()["paths"].values() for operation in item.values()]
    assert all(operation["summary"] for operation in operations)
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)


class Thing(Struct):
    name: str


class Odd_Name(Struct):  # noqa: N801 - the fault of this test
    name: str


class Deep(Struct):
    thing: Thing


class Told(Struct):
    thing: Annotated[Thing, Meta(description="Text beside a reference.")]
    number: Annotated[int, Meta(ge=0)] = 7
    extra: dict[str, int] = {}


def test_what_api_gateway_does_not_take_is_left_out() -> None:
    made: Operations[object] = Operations(tag="t", scope=None)
    made.route("GET", "/v1/things", answer=Told)(lambda *_: Answer(body=None))
    described = document("t", "1", made.all)
    assert faults(described) == []
    properties = described["components"]["schemas"]["Told"]["properties"]
    assert properties["number"] == {"type": "integer", "minimum": 0}


def test_an_operation_that_cannot_be_described_is_an_error() -> None:
    def serve(_: object, __: object) -> Answer:
        raise NotImplementedError

    def operations(**more: Any) -> Operations[object]:
        made: Operations[object] = Operations(tag="t", scope=None)
        made.route("GET", "/v1/things", **{"answer": Thing, **more})(serve)
        return made

    with pytest.raises(DocumentError, match="Odd_Name"):
        document("t", "1", operations(answer=Odd_Name).all)
    with pytest.raises(DocumentError, match="twice"):
        document("t", "1", operations().all * 2)
    with pytest.raises(DocumentError, match="Thing"):
        document("t", "1", operations(query=Deep).all)
