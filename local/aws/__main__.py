"""`python -m local.aws FOLDER`: the process of the emulated AWS."""

from collections.abc import Iterator
from contextlib import contextmanager

from local.aws.server import Aws
from local.aws.store import Store
from local.clock import Clock
from local.endpoints import Endpoints
from local.folder import Folder
from local.process import run


@contextmanager
def _serving(folder: Folder) -> Iterator[None]:
    ports = Endpoints.load(folder.endpoints)
    store = Store(folder.data)
    aws = Aws(
        store,
        Clock.load(folder.clock),
        account=folder.account.read_text(encoding="utf-8").strip(),
        port=ports.aws,
        functions=ports.url("functions"),
    )
    with aws:
        yield
    store.close()


if __name__ == "__main__":
    raise SystemExit(run(_serving))
