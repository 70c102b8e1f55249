"""A rider as the rental knows one: whether they may drive, their plan, and the one booking they may have."""

from msgspec import Struct


class Rider(Struct, frozen=True, kw_only=True):
    """`rider_id`: the rider pool's `sub`. `verified`: the licence was checked. `plan_id`: the plan they
    signed up for, None for the one that is open to all. `live_booking_id`: present from hold to return."""

    rider_id: str
    verified: bool
    version: int
    changed_at: int
    plan_id: str | None = None
    live_booking_id: str | None = None
