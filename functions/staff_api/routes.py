"""All routes of the staff API."""

from staff_api import desk_routes, fleet_routes, work_routes  # noqa: F401 - each adds its own
from staff_api.base import routes

__all__ = ["routes"]
