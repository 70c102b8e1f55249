"""Whoever signs up becomes a rider, once, and stays what staff made of them."""

from typing import Any

import pytest

from ev_rental.rental.errors import RentalError
from rider_signup.handler import handler
from tests.functions.rental.world import World
from tests.functions.rental_events.lambdas import Context, deployed

NEW = "0f8fad5b-d9cb-469f-a165-70867728950e"


def trigger(source: str) -> dict[str, Any]:
    return {
        "version": "1",
        "triggerSource": source,
        "region": "ap-southeast-1",
        "userPoolId": "ap-southeast-1_example",
        "userName": NEW,
        "callerContext": {"clientId": "client"},
        "request": {"userAttributes": {"sub": NEW, "email": "rider@bluehorizons.example"}},
        "response": {},
    }


def call(world: World, source: str, **deployment: bool) -> dict[str, Any]:
    with deployed(world, **deployment):
        return handler(trigger(source), Context())  # type: ignore[arg-type]  # as much of a context as is used


@pytest.mark.parametrize("source", ["PostConfirmation_ConfirmSignUp", "PostAuthentication_Authentication"])
def test_who_signs_up_or_in_is_a_rider_whose_licence_is_not_verified_yet(source: str) -> None:
    world = World()
    assert call(world, source) == trigger(source)
    rider = world.store.rider(NEW)
    assert rider is not None
    assert (rider.verified, rider.live_booking_id) == (False, None)


def test_signing_in_again_leaves_a_verified_rider_verified() -> None:
    world = World()
    call(world, "PostConfirmation_ConfirmSignUp")
    world.operations.register_rider(NEW, verified=True)
    call(world, "PostAuthentication_Authentication")
    rider = world.store.rider(NEW)
    assert rider is not None
    assert rider.verified


def test_a_changed_password_registers_nobody() -> None:
    world = World()
    call(world, "PostConfirmation_ConfirmForgotPassword")
    assert world.store.rider(NEW) is None


def test_while_another_region_writes_riders_sign_in_and_are_registered_at_a_later_sign_in() -> None:
    world = World()
    assert call(world, "PostConfirmation_ConfirmSignUp", writes_enabled=False)
    assert world.store.rider(NEW) is None
    call(world, "PostAuthentication_Authentication")
    assert world.store.rider(NEW) is not None


def test_what_may_pass_is_told_to_cognito_which_tries_again() -> None:
    world = World()
    world.db.fault = lambda operation: "throttled" if operation == "TransactWriteItems" else None
    with pytest.raises(RentalError, match="try_again"):
        call(world, "PostConfirmation_ConfirmSignUp")
