"""`python -m local.functions FOLDER`: the process of Lambda."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from local.clock import Clock
from local.endpoints import Endpoints
from local.folder import ROOT, Folder
from local.functions.server import LambdaApi
from local.functions.service import Lambda
from local.process import run
from local.web import Server

_LOOK_SECONDS = 1.0


@contextmanager
def _serving(folder: Folder) -> Iterator[None]:
    ports = Endpoints.load(folder.endpoints)
    functions = Lambda(folder, ROOT, clock=Clock.load(folder.clock), endpoints=ports)
    over = Event()

    def look() -> None:
        while not over.wait(_LOOK_SECONDS):
            functions.look()

    functions.start()
    looking = Thread(target=look, daemon=True)
    looking.start()
    with Server(LambdaApi(functions).serve, port=ports.functions):
        yield
    over.set()
    looking.join()
    functions.stop()


if __name__ == "__main__":
    raise SystemExit(run(_serving))
