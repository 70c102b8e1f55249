"""The function's environment, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ev_rental.vocabulary import Market


class SettingError(Exception):
    """A variable is missing or wrong; the message names it, the value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Environment:
    """`tables_region`: where both tables are, which is not always the function's own Region.

    `writer_regions`: where they are too, when another Region may take over; then the fence in `rental_table`
    says which of them is written. `recent_telemetry_table`: of samples, in `tables_region` and nowhere else,
    "" where none are kept.
    """

    market: Market
    vehicle_state_table: str
    alerts_table: str
    rejected_bucket: str
    tables_region: str
    writer_regions: tuple[str, ...] = ()
    rental_table: str = ""
    recent_telemetry_table: str = ""

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From `os.environ` or the like. Raises SettingError."""

        def required(name: str) -> str:
            value = variables.get(name, "").strip()
            if not value:
                raise SettingError(f"{name} is not set: set it in the function's environment")
            return value

        market = required("MARKET")
        if market not in tuple(Market):
            raise SettingError(f"MARKET is {market!r}: one of {', '.join(Market)} is expected")
        writers = tuple(variables.get("WRITER_REGIONS", "").split())
        return cls(
            market=Market(market),
            vehicle_state_table=required("VEHICLE_STATE_TABLE"),
            alerts_table=required("ALERTS_TABLE"),
            rejected_bucket=required("REJECTED_BUCKET"),
            tables_region=required("TABLES_REGION"),
            writer_regions=writers,
            rental_table=required("RENTAL_TABLE") if writers else "",
            recent_telemetry_table=variables.get("RECENT_TELEMETRY_TABLE", "").strip(),
        )
