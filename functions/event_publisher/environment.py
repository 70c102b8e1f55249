"""The function's environment, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ev_rental.vocabulary import Market
from rental_store.environment import market_of, required


@dataclass(frozen=True, slots=True)
class PublisherEnvironment:
    """`event_bus`: a name, in the function's own Region. The tables are those whose streams it reads."""

    market: Market
    event_bus: str
    rental_table: str
    vehicle_state_table: str
    alerts_table: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From `os.environ` or the like. Raises SettingError."""
        return cls(
            market=market_of(variables),
            event_bus=required(variables, "EVENT_BUS"),
            rental_table=required(variables, "RENTAL_TABLE"),
            vehicle_state_table=required(variables, "VEHICLE_STATE_TABLE"),
            alerts_table=required(variables, "ALERTS_TABLE"),
        )
