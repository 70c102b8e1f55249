"""The environment that every rental function has, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ev_rental.vocabulary import Market


class SettingError(Exception):
    """A variable is missing or wrong; the message names it, the value and what is allowed."""


def required(variables: Mapping[str, str], name: str) -> str:
    """A variable that must be set. Raises SettingError."""
    value = variables.get(name, "").strip()
    if not value:
        raise SettingError(f"{name} is not set: set it in the function's environment")
    return value


def market_of(variables: Mapping[str, str]) -> Market:
    """The market that a function works for. Raises SettingError."""
    code = required(variables, "MARKET")
    if code not in tuple(Market):
        raise SettingError(f"MARKET is {code!r}: one of {', '.join(Market)} is expected")
    return Market(code)


def writes_enabled(variables: Mapping[str, str]) -> bool:
    """Whether a function may write: not in a Region that stands by. Raises SettingError."""
    writes = required(variables, "WRITES_ENABLED")
    if writes not in ("true", "false"):
        raise SettingError(f"WRITES_ENABLED is {writes!r}: true or false is expected")
    return writes == "true"


@dataclass(frozen=True, slots=True)
class RentalEnvironment:
    """`tables_region`: where both tables are. `writes_enabled`: False in a standby Region. `writer_epoch`:
    since which epoch that Region writes; each failover has a higher one."""

    market: Market
    rental_table: str
    vehicle_state_table: str
    tables_region: str
    writes_enabled: bool
    writer_epoch: int

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From `os.environ` or the like. Raises SettingError."""
        epoch = required(variables, "WRITER_EPOCH")
        if not epoch.isascii() or not epoch.isdigit() or int(epoch) < 1:
            raise SettingError(f"WRITER_EPOCH is {epoch!r}: a whole number from 1 is expected")
        return cls(
            market=market_of(variables),
            rental_table=required(variables, "RENTAL_TABLE"),
            vehicle_state_table=required(variables, "VEHICLE_STATE_TABLE"),
            tables_region=required(variables, "TABLES_REGION"),
            writes_enabled=writes_enabled(variables),
            writer_epoch=int(epoch),
        )
