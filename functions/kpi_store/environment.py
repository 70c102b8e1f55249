"""The environment of the functions that keep key figures, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ev_rental.vocabulary import Market
from rental_store.environment import market_of, required


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
        return cls(
            market=market_of(variables),
            kpi_table=required(variables, "KPI_TABLE"),
            kpi_region=required(variables, "KPI_REGION"),
            lake_bucket=required(variables, "LAKE_BUCKET"),
        )
