"""Cursors of lists that are sorted here: where the page before ended."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.store import Page

_T = TypeVar("_T")

Place = tuple[int, int, str]
"""What a list is sorted by; no two things of a list share theirs."""


def page_of(found: Sequence[_T], place: Callable[[_T], Place], *, limit: int, cursor: str | None) -> Page[_T]:
    """A page of a sorted list. Something that came or went meanwhile moves nothing else to another page.

    Raises RentalError(invalid_cursor).
    """
    first = 0 if cursor is None else bisect_right(found, _decoded(cursor), key=place)
    items = list(found[first : first + limit])
    more = first + limit < len(found)
    return Page(items=items, cursor=_encoded(place(items[-1])) if more else None)


def _encoded(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def _decoded(cursor: str) -> Place:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        place: Place = msgspec.json.decode(text, type=Place)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise RentalError(
            ErrorCode.INVALID_CURSOR, f"{cursor[:80]!r} is no cursor of this list: take the one of a page"
        ) from None
    return place
