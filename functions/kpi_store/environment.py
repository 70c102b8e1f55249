"""The environment of the functions that keep key figures, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ev_rental.vocabulary import Market
from rental_store.environment import SettingError, required


@dataclass(frozen=True, slots=True)
class KpiEnvironment:
    """`kpi_region`: where table and bucket are, which is not always the function's own Region."""

    market: Market
    kpi_table: str
    kpi_region: str
    lake_bucket: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From `os.environ` or the like. Raises SettingError."""
        market = required(variables, "MARKET")
        if market not in tuple(Market):
            raise SettingError(f"MARKET is {market!r}: one of {', '.join(Market)} is expected")
        return cls(
            market=Market(market),
            kpi_table=required(variables, "KPI_TABLE"),
            kpi_region=required(variables, "KPI_REGION"),
            lake_bucket=required(variables, "LAKE_BUCKET"),
        )
