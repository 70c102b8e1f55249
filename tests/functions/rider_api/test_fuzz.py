"""Requests made up from the API's own document, good ones and bad ones: no answer is off the document."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from schemathesis.generation import GenerationMode

from pages.openapi import api_document
from tests.functions.fuzzing import fuzzed, play, plays
from tests.functions.rental.world import World
from tests.functions.rider_api.gateway import Gateway, gateway

EXAMPLES = 15


def can_be_bad(operation: Mapping[str, Any]) -> bool:
    return any("pattern" in one["schema"] or one["in"] == "query" for one in operation.get("parameters", []))


@cache
def described() -> Any:
    return fuzzed(api_document())


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


@pytest.mark.parametrize(("method", "path", "mode"), list(plays(api_document(), can_be_bad)))
def test_no_answer_is_off_the_document(api: Gateway, method: str, path: str, mode: GenerationMode) -> None:
    play(
        api,
        described()[path][method.upper()],
        mode,
        examples=EXAMPLES,
        callers=api.world.riders,
        known_ids=lambda: known_ids(api),
    )
