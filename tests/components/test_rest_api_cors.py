"""A REST API that a web page calls: what API Gateway answers to the browser itself."""

import json
from typing import Any

import pytest

from components.openapi import Cors, served_document

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "paths": {
        "/v1/vehicles": {"get": {"security": [{"cognito": []}]}},
        "/v1/alerts/{id}": {"patch": {"security": [{"cognito": []}]}, "delete": {"security": []}},
    },
    "components": {"securitySchemes": {"cognito": {}}},
}
ORIGIN = "https://backoffice.sg.bluehorizons.example"
INTEGRATION = "x-amazon-apigateway-integration"


def served(cors: Cors | None) -> dict[str, Any]:
    text = served_document(DOCUMENT, user_pool_arn="arn:pool", invoke_arns={"/v1": "arn:function"}, cors=cors)
    document: dict[str, Any] = json.loads(text)
    return document


def test_a_preflight_is_answered_without_token_and_function() -> None:
    for path, methods in (("/v1/vehicles", "GET"), ("/v1/alerts/{id}", "DELETE, PATCH")):
        operation = served(Cors(ORIGIN))["paths"][path]["options"]
        assert operation["security"] == []
        integration = operation[INTEGRATION]
        assert (integration["type"], integration["requestTemplates"]) == (
            "mock",
            {"application/json": '{"statusCode": 204}'},
        )
        answer = integration["responses"]["default"]
        assert answer["statusCode"] == "204"
        assert answer["responseParameters"] == {
            "method.response.header.Access-Control-Allow-Origin": f"'{ORIGIN}'",
            "method.response.header.Access-Control-Allow-Methods": f"'{methods}'",
            "method.response.header.Access-Control-Allow-Headers": (
                "'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match'"
            ),
            "method.response.header.Access-Control-Max-Age": "'600'",
        }
        # API Gateway drops a header that the method does not declare.
        declared = operation["responses"]["204"]["headers"]
        assert {f"method.response.header.{name}" for name in declared} == set(answer["responseParameters"])


def test_the_page_can_read_what_api_gateway_refuses() -> None:
    for response in served(Cors(ORIGIN))["x-amazon-apigateway-gateway-responses"].values():
        parameters = response["responseParameters"]
        assert parameters["gatewayresponse.header.Access-Control-Allow-Origin"] == f"'{ORIGIN}'"
        assert "Retry-After" in parameters["gatewayresponse.header.Access-Control-Expose-Headers"]
        assert parameters["gatewayresponse.header.Content-Type"] == "'application/problem+json'"


def test_an_api_that_no_page_calls_answers_no_preflight() -> None:
    document = served(None)
    assert not [item for item in document["paths"].values() if "options" in item]
    assert "Access-Control" not in json.dumps(document)


def test_every_other_operation_is_still_the_functions() -> None:
    for item in served(Cors(ORIGIN))["paths"].values():
        for method in set(item) - {"options"}:
            assert item[method][INTEGRATION]["uri"] == "arn:function"


@pytest.mark.parametrize("origin", ["*", "http://backoffice.example", "https://a.example/path", ""])
def test_an_origin_that_is_no_single_secure_page_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match=r"the origin .* is none"):
        Cors(origin)
