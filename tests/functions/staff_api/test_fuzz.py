"""Requests made up from the staff API's document, good ones and bad ones: no answer is off the document."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from schemathesis.generation import GenerationMode

from pages.openapi import staff_document
from tests.functions.fuzzing import fuzzed, play, plays
from tests.functions.rental.world import World
from tests.functions.staff_api.office import Office, office

EXAMPLES = 3


def can_be_bad(operation: Mapping[str, Any]) -> bool:
    return "requestBody" in operation or any(one["in"] == "query" for one in operation.get("parameters", []))


@cache
def described() -> Any:
    return fuzzed(staff_document())


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


@pytest.mark.parametrize(("method", "path", "mode"), list(plays(staff_document(), can_be_bad)))
def test_no_answer_is_off_the_document(api: Office, method: str, path: str, mode: GenerationMode) -> None:
    play(
        api,
        described()[path][method.upper()],
        mode,
        examples=EXAMPLES,
        callers=[api.caller],
        known_ids=lambda: known_ids(api),
    )
