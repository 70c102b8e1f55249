"""The function's environment, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ev_rental.vocabulary import Market
from rental_store.environment import market_of, required


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
        writers = tuple(variables.get("WRITER_REGIONS", "").split())
        return cls(
            market=market_of(variables),
            vehicle_state_table=required(variables, "VEHICLE_STATE_TABLE"),
            alerts_table=required(variables, "ALERTS_TABLE"),
            rejected_bucket=required(variables, "REJECTED_BUCKET"),
            tables_region=required(variables, "TABLES_REGION"),
            writer_regions=writers,
            rental_table=required(variables, "RENTAL_TABLE") if writers else "",
            recent_telemetry_table=variables.get("RECENT_TELEMETRY_TABLE", "").strip(),
        )
