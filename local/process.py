"""What every process of a local platform is: `python -m local.<room> FOLDER`, until it is told to end."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event
from typing import Final

from local.folder import Folder

_PARENT_SECONDS: Final = 1.0


def run(serve: Callable[[Folder], AbstractContextManager[object]]) -> int:
    """Serve while the context that `serve` opens lasts: until SIGTERM, SIGINT or the end of the parent.

    The supervisor knows by its port that a process is ready. The command line names the platform's folder.
    """
    if len(sys.argv) != 2:
        sys.stderr.write(f"usage: python -m {sys.argv[0]} FOLDER\n")
        return 2
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    parent, ended = os.getppid(), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with serve(Folder(Path(sys.argv[1]).resolve())):
        # Who is adopted by another process has lost its supervisor: nothing may be left running.
        while not ended.wait(_PARENT_SECONDS) and os.getppid() == parent:
            pass
    return 0
