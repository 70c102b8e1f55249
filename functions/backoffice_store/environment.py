"""The environment of the staff API, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from rental_store.environment import RentalEnvironment, required


@dataclass(frozen=True, slots=True)
class StaffEnvironment:
    """`rental`: what every rental function has; all tables are in its Region. `locale`: BCP 47.
    `allowed_origin`: of the web app, `https://...`."""

    rental: RentalEnvironment
    alerts_table: str
    backoffice_table: str
    recent_telemetry_table: str
    kpi_table: str
    iot_region: str
    locale: str
    allowed_origin: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From `os.environ` or the like. Raises SettingError."""
        return cls(
            rental=RentalEnvironment.read(variables),
            alerts_table=required(variables, "ALERTS_TABLE"),
            backoffice_table=required(variables, "BACKOFFICE_TABLE"),
            recent_telemetry_table=required(variables, "RECENT_TELEMETRY_TABLE"),
            kpi_table=required(variables, "KPI_TABLE"),
            iot_region=required(variables, "IOT_REGION"),
            locale=required(variables, "LOCALE"),
            allowed_origin=required(variables, "ALLOWED_ORIGIN"),
        )
