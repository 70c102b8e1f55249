"""The tables of a market: made in the primary Region, replicated to the standby, written in one of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.encryption import DataDomain
from components.foundation import Foundation, Regions
from components.markets import Region
from components.rental import RentalData, RentalTables
from components.settings import StackSettings, Writer
from components.table import DataArgs
from components.telemetry import VehicleStateTables


@dataclass(frozen=True)
class MarketData:
    """`by_region` are the tables of each Region that may write; `writer` is the one that does, or None."""

    state: VehicleStateTables
    rental: RentalData
    by_region: Mapping[Region, RentalTables]
    writer: Region | None
    primary: Region

    @property
    def written(self) -> Region:
        """Whose tables take what comes from outside; while none writes, they refuse it."""
        return self.writer or self.primary

    @property
    def tables(self) -> RentalTables:
        """The tables of the Region that is written."""
        return self.by_region[self.written]

    def writes(self, base: Foundation) -> bool:
        """Whether the Region is the one that writes."""
        return self.writer is base.region


def data_args(settings: StackSettings, regions: Regions, domain: DataDomain) -> DataArgs:
    """What tables of a domain are made with: its key in every Region, and protection in production."""
    return DataArgs(
        key_arn=regions.primary.key_arn(domain),
        protect=settings.is_production,
        tags=settings.base_tags,
        replicas=regions.replica_keys(domain),
    )


def lay_data(settings: StackSettings, regions: Regions) -> MarketData:
    """Create the tables of telemetry and rental, with a replica where there is a standby."""
    name, primary, standby = settings.prefix, regions.primary, regions.standby
    state = VehicleStateTables(
        f"{name}-state",
        data_args(settings, regions, DataDomain.TELEMETRY),
        opts=regions.options(primary),
    )
    rental = RentalData(
        f"{name}-rental-data",
        data_args(settings, regions, DataDomain.RENTAL),
        opts=regions.options(primary),
    )
    tables = RentalTables(
        rental=rental.table,
        rental_key_arn=primary.key_arn(DataDomain.RENTAL),
        vehicle_state=state.vehicle_state,
        alerts=state.alerts,
        telemetry_key_arn=primary.key_arn(DataDomain.TELEMETRY),
        writer_epoch=settings.writer_epoch,
    )
    by_region = {primary.region: tables}
    if standby:
        by_region[standby.region] = tables.replica(
            standby.region,
            rental_key_arn=standby.key_arn(DataDomain.RENTAL),
            telemetry_key_arn=standby.key_arn(DataDomain.TELEMETRY),
        )
    writers = {
        Writer.PRIMARY: primary.region,
        Writer.STANDBY: standby.region if standby else None,
        Writer.NONE: None,
    }
    return MarketData(state, rental, by_region, writers[settings.writer], primary.region)
