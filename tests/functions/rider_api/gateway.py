"""The rider API and the feeds, over one market's tables: riders call, and cars answer commands."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import gbfs_feed.handler
import rider_api.handler
from http_api.iot_commands import IotCommandSender
from pages.openapi import api_document
from tests.functions.described import Described
from tests.functions.front import FakeIot, Front
from tests.functions.rental.world import World

ENVIRONMENT = {
    "MARKET": "sg",
    "RENTAL_TABLE": "rental",
    "VEHICLE_STATE_TABLE": "vehicle-state",
    "TABLES_REGION": "ap-southeast-1",
    "IOT_REGION": "ap-southeast-1",
    "WRITES_ENABLED": "true",
    "WRITER_EPOCH": "1",
}
CLAIMS: Mapping[str, dict[str, str]] = {
    "staff": {"sub": "staff-1", "token_use": "access", "scope": "staff/operate"},
    "id": {"sub": "rider-1", "token_use": "id", "scope": "rental/ride"},
    "scopeless": {"sub": "rider-1", "token_use": "access"},
    "nearly": {"sub": "rider-1", "token_use": "access", "scope": "rental/ride-along"},
    "nobody": {"sub": "", "token_use": "access", "scope": "rental/ride"},
}
"""Tokens that the pool signed and that are still not a rider's access token."""


class Gateway(Front):
    """`by`: a rider's id or a name of CLAIMS."""

    caller = "rider-1"

    def __init__(self, world: World, iot: FakeIot) -> None:
        super().__init__(world, iot, described())

    def claims_of(self, token: str) -> dict[str, str] | None:
        if token in CLAIMS:
            return CLAIMS[token]
        if token.startswith("rider-"):
            return {"sub": token, "token_use": "access", "scope": "openid rental/ride", "client_id": "app"}
        return None

    def handle(self, event: dict[str, Any]) -> Mapping[str, Any]:
        module: Any = gbfs_feed.handler if event["path"].startswith("/gbfs") else rider_api.handler
        answer: Mapping[str, Any] = module.handler(event, None)
        return answer


@cache
def described() -> Described:
    """The API's document, to hold answers against."""
    return Described(api_document())


@contextmanager
def gateway(world: World, *, writes_enabled: bool = True) -> Iterator[Gateway]:
    """The handlers as in Lambda, at a cold start, with the world's tables in place of AWS's."""
    iot = FakeIot()
    parts = {
        "market": world.market,
        "store": world.store,
        "clock": world.clock,
        "new_id": lambda: "unused",
        "writes_enabled": writes_enabled,
    }
    modules: tuple[Any, ...] = (rider_api.handler, gbfs_feed.handler)
    with (
        patch.dict("os.environ", ENVIRONMENT),
        patch.object(rider_api.handler, "connect", lambda _: parts),
        patch.object(gbfs_feed.handler, "connect", lambda _: parts),
        patch.object(IotCommandSender, "in_region", lambda _: IotCommandSender(lambda: iot)),
    ):
        for module in modules:
            module.router.cache_clear()
        try:
            yield Gateway(world, iot)
        finally:
            for module in modules:
                module.router.cache_clear()
