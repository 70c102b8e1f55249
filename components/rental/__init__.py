"""Riders book cars: the rental table, the rider API, the event bus and the functions behind them."""

from components.rental.access import RentalTables
from components.rental.commands import VehicleCommands, VehicleCommandsArgs
from components.rental.data import RentalData
from components.rental.rider_pool import RiderPool, RiderPoolArgs
from components.rental.service import RentalService, RentalServiceArgs

__all__ = [
    "RentalData",
    "RentalService",
    "RentalServiceArgs",
    "RentalTables",
    "RiderPool",
    "RiderPoolArgs",
    "VehicleCommands",
    "VehicleCommandsArgs",
]
