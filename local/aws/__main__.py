"""`python -m local.aws FOLDER`: the process of the emulated AWS."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from local.aws.store import Store
from local.clock import Clock
from local.endpoints import Endpoints
from local.folder import Folder
from local.lost import LostRegions
from local.process import run


@contextmanager
def serving(folder: Folder) -> Iterator[None]:
    """While the context lasts, as the folder's files say."""
    ports = Endpoints.load(folder.endpoints)
    account = folder.account.read_text(encoding="utf-8").strip()
    # moto reads it when it is imported.
    os.environ["MOTO_ACCOUNT_ID"] = account
    from local.aws.server import Aws  # noqa: PLC0415 - see above

    store = Store(folder.data)
    with Aws(
        store,
        Clock.load(folder.clock),
        account=account,
        port=ports.aws,
        functions=ports.url("functions"),
        iot=ports.url("iot"),
        lost=LostRegions(folder),
    ):
        yield
    store.close()


if __name__ == "__main__":
    raise SystemExit(run(serving))
