"""Requests made up from the staff API's document, good ones and bad ones: no answer is off the document."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pages.openapi import staff_document
from tests.functions.rental.world import World
from tests.functions.staff_api.office import Office, office

EXAMPLES = 3
CHECKS: Any = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def plays() -> Iterator[tuple[str, str, GenerationMode]]:
    """Every operation with good requests, and with bad ones where a request can be bad."""
    for path, item in staff_document()["paths"].items():
        for method, operation in item.items():
            yield method, path, GenerationMode.POSITIVE
            if "requestBody" in operation or any(
                one["in"] == "query" for one in operation.get("parameters", [])
            ):
                yield method, path, GenerationMode.NEGATIVE


@cache
def described() -> Any:
    """The document, with no security scheme: tokens are this test's own."""
    document = staff_document()
    for item in document["paths"].values():
        for operation in item.values():
            operation["security"] = []
    return schemathesis.openapi.from_dict(document)


@pytest.fixture(scope="module")
def api() -> Iterator[Office]:
    with office(World(cars=3, riders=1, parked=True)) as made:
        made.db.page = 100
        yield made


@cache
def known_ids(api: Office) -> dict[str, str]:
    """Things that exist, so that not every made-up id leads nowhere."""
    order = api.call("POST", "/v1/work-orders", body={"vehicleId": "SG-EV-000001", "title": "Wash it"})
    return {
        "vehicleId": "SG-EV-000001",
        "alertId": api.alarm("SG-EV-000001", "battery_low", value=20.0),
        "workOrderId": order.body["workOrderId"],
        "stationId": api.world.station.station_id,
        "bayId": "01",
        "riderId": "rider-1",
    }


@pytest.mark.parametrize(("method", "path", "mode"), list(plays()))
def test_no_answer_is_off_the_document(api: Office, method: str, path: str, mode: GenerationMode) -> None:
    operation = described()[path][method.upper()]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def play(case: Any, real: bool) -> None:
        if real and mode is GenerationMode.POSITIVE:
            for part in (case.path_parameters, case.body):
                if isinstance(part, dict):
                    part.update({name: value for name, value in known_ids(api).items() if name in part})
        response = case.call(app=api.wsgi, headers={"Authorization": "Bearer admin"})
        checks = [*CHECKS, negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS
        case.validate_response(response, checks=checks)

    play()
