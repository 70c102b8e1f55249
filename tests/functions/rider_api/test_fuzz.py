"""Requests made up from the API's own document, good ones and bad ones: no answer is off the document."""

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

from pages.openapi import api_document
from tests.functions.rental.world import World
from tests.functions.rider_api.gateway import Gateway, gateway

EXAMPLES = 15
CHECKS: Any = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def plays() -> Iterator[tuple[str, str, GenerationMode]]:
    """Every operation with good requests, and with bad ones where a request can be bad."""
    for path, item in api_document()["paths"].items():
        for method, operation in item.items():
            yield method, path, GenerationMode.POSITIVE
            if any(
                "pattern" in one["schema"] or one["in"] == "query" for one in operation.get("parameters", [])
            ):
                yield method, path, GenerationMode.NEGATIVE


@cache
def described() -> Any:
    """The document, with no security scheme: tokens are this test's own."""
    document = api_document()
    for item in document["paths"].values():
        for operation in item.values():
            operation["security"] = []
    return schemathesis.openapi.from_dict(document)


@pytest.fixture(scope="module")
def api() -> Iterator[Gateway]:
    with gateway(World(cars=3, riders=3, parked=True)) as made:
        yield made


@cache
def known_ids(api: Gateway) -> dict[str, str]:
    """Things that exist, so that not every made-up id leads nowhere."""
    held = api.call("POST", "/v1/bookings", body={"vehicleId": "SG-EV-000001"})
    asked = api.call("POST", f"/v1/bookings/{held.body['bookingId']}/start")
    return {
        "bookingId": held.body["bookingId"],
        "commandId": asked.body["commandId"],
        "stationId": api.world.station.station_id,
        "vehicleId": "SG-EV-000002",
    }


@pytest.mark.parametrize(("method", "path", "mode"), list(plays()))
def test_no_answer_is_off_the_document(api: Gateway, method: str, path: str, mode: GenerationMode) -> None:
    operation = described()[path][method.upper()]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        real=st.booleans(),
        rider=st.sampled_from(api.world.riders),
    )
    def play(case: Any, real: bool, rider: str) -> None:
        if real and mode is GenerationMode.POSITIVE:
            for part in (case.path_parameters, case.body):
                if isinstance(part, dict):
                    part.update({name: value for name, value in known_ids(api).items() if name in part})
        response = case.call(app=api.wsgi, headers={"Authorization": f"Bearer {rider}"})
        checks = [*CHECKS, negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS
        case.validate_response(response, checks=checks)

    play()
