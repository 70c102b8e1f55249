"""How resources that hold data or move events are made in the emulated AWS, by type."""

from collections.abc import Mapping
from typing import Final

from local.deploy.handlers.events import EVENTS
from local.deploy.handlers.handler import Handler
from local.deploy.handlers.messages import MESSAGES
from local.deploy.handlers.objects import OBJECTS
from local.deploy.handlers.people import PEOPLE
from local.deploy.handlers.registry import REGISTRY
from local.deploy.handlers.streams import STREAMS
from local.deploy.handlers.tables import TABLES

HANDLERS: Final[Mapping[str, Handler]] = {
    **EVENTS,
    **MESSAGES,
    **OBJECTS,
    **PEOPLE,
    **REGISTRY,
    **STREAMS,
    **TABLES,
}
