"""The staff API's document is the code's, and API Gateway can import it."""

from pathlib import Path

import staff_api
from ev_rental.staff.access import ACCESS
from pages.openapi import staff_document, staff_text
from tests.functions.rider_api.test_document import faults

PAGE = Path(staff_api.__file__).with_name("openapi.json")


def test_the_document_is_the_codes() -> None:
    assert PAGE.read_text(encoding="utf-8") == staff_text(), "run `make docs`"


def test_api_gateway_can_import_the_document() -> None:
    assert staff_document()["openapi"] == "3.0.3"
    assert faults(staff_document()) == []


def test_every_operation_needs_the_staffs_scope_and_may_be_denied_to_a_group() -> None:
    for item in staff_document()["paths"].values():
        for operation in item.values():
            assert operation["security"] == [{"cognito": ["backoffice/staff"]}]
            assert "group_not_allowed" in operation["responses"]["403"]["description"]
            assert operation["summary"]


def test_every_change_requires_a_key_and_nothing_else_does() -> None:
    for item in staff_document()["paths"].values():
        for method, operation in item.items():
            required = [
                one["name"]
                for one in operation.get("parameters", [])
                if one["in"] == "header" and one["required"]
            ]
            assert required == ([] if method == "get" else ["Idempotency-Key"])


def test_operations_have_names_of_their_own_which_are_the_permissions() -> None:
    names = [
        operation["operationId"] for item in staff_document()["paths"].values() for operation in item.values()
    ]
    assert sorted(names) == sorted(ACCESS)
