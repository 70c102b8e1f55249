"""Values that several APIs take or tell."""

from typing import Annotated, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from ev_rental.rental.station import BayRef
from http_api.operations import ID_PATTERN

_T = TypeVar("_T")

Id = Annotated[str, Meta(pattern=ID_PATTERN)]
Cursor = Annotated[
    str,
    Meta(pattern="^[A-Za-z0-9_-]{1,400}$", description="`cursor` of the page before; absent for the first."),
]
PageSize = Annotated[int, Meta(ge=1, le=100, description="At most so many; 20 when absent.")]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="WGS 84, degrees.")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="WGS 84, degrees.")]


class PageQuery(Struct, frozen=True, kw_only=True):
    """A part of a list."""

    limit: PageSize = 20
    cursor: Cursor | UnsetType = UNSET


def given(value: _T | None) -> _T | UnsetType:
    """The value, left out of the JSON when there is none."""
    return UNSET if value is None else value


class BayName(Struct, frozen=True, kw_only=True, rename="camel"):
    """A bay of a station."""

    station_id: Id
    bay_id: Id


def or_none(value: _T | UnsetType) -> _T | None:
    """The value, or None when the JSON left it out."""
    return None if value is UNSET else value


def bay_name(bay: BayRef | None) -> BayName | UnsetType:
    """A bay as APIs name it."""
    return UNSET if bay is None else BayName(station_id=bay.station_id, bay_id=bay.bay_id)


def bay_ref(bay: BayName | UnsetType) -> BayRef | None:
    """The domain's name of a bay."""
    return None if bay is UNSET else BayRef(station_id=bay.station_id, bay_id=bay.bay_id)
