"""`python -m local.iot FOLDER`: the process of AWS IoT Core."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from local.clock import Clock
from local.endpoints import Endpoints
from local.folder import Folder
from local.iot.core import IotCore
from local.process import run
from local.web import Server

_LOOK_SECONDS = 1.0


@contextmanager
def _serving(folder: Folder) -> Iterator[None]:
    ports = Endpoints.load(folder.endpoints)
    core = IotCore(folder, clock=Clock.load(folder.clock), endpoints=ports)
    over = Event()

    def look() -> None:
        while not over.wait(_LOOK_SECONDS):
            core.look()

    core.start()
    looking = Thread(target=look, daemon=True)
    looking.start()
    with Server(core.serve, port=ports.iot):
        yield
    over.set()
    looking.join()
    core.stop()


if __name__ == "__main__":
    raise SystemExit(run(_serving))
