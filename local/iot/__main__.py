"""`python -m local.iot FOLDER`: the process of AWS IoT Core."""

from collections.abc import Iterator
from contextlib import contextmanager

from local.clock import Clock
from local.endpoints import Endpoints
from local.folder import Folder
from local.iot.core import IotCore
from local.process import run
from local.running import looking
from local.web import Server


@contextmanager
def _serving(folder: Folder) -> Iterator[None]:
    ports = Endpoints.load(folder.endpoints)
    core = IotCore(folder, clock=Clock.load(folder.clock), endpoints=ports)
    with core, looking(core.look), Server(core.serve, port=ports.iot):
        yield


if __name__ == "__main__":
    raise SystemExit(run(_serving))
