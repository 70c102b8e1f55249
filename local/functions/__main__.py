"""`python -m local.functions FOLDER`: the process of Lambda."""

from collections.abc import Iterator
from contextlib import contextmanager

from local.clock import Clock
from local.endpoints import Endpoints
from local.folder import ROOT, Folder
from local.functions.server import LambdaApi
from local.functions.service import Lambda
from local.process import run
from local.running import looking
from local.web import Server


@contextmanager
def _serving(folder: Folder) -> Iterator[None]:
    ports = Endpoints.load(folder.endpoints)
    functions = Lambda(folder, ROOT, clock=Clock.load(folder.clock), endpoints=ports)
    with functions, looking(functions.look), Server(LambdaApi(functions).serve, port=ports.functions):
        yield


if __name__ == "__main__":
    raise SystemExit(run(_serving))
