"""Starts AWS's runtime client in a function's process. Stands alone: it imports nothing of this project.

    python -I bootstrap.py CLOCK_FILE

The function's folder comes first in the path, then the packages of this interpreter; the time is the
platform's; and the process ends with the one that started it.
"""

import ctypes
import importlib
import json
import os
import signal
import sys
import sysconfig
import threading
import time
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 1.0


def end_with(parent: int) -> None:
    """End this process when its parent ends, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def watch() -> None:
        waiting = threading.Event()
        while os.getppid() == parent:
            waiting.wait(_LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def only_import_from(task_root: str) -> None:
    """Leave out whatever an editable installation added: what the archive lacks must be missed."""
    paths = sysconfig.get_paths()
    installed = {paths["purelib"], paths["platlib"]}
    standard = os.path.realpath(paths["stdlib"])
    own = [
        path
        for path in sys.path
        if path in installed
        or path.endswith(".zip")
        or ((os.path.realpath(path) + "/").startswith(standard + "/") and "site-packages" not in path)
    ]
    sys.path[:] = [task_root, *own]
    sys.meta_path[:] = [BuiltinImporter, FrozenImporter, PathFinder]
    sys.path_importer_cache.clear()


def follow(clock_file: str) -> None:
    """Let `time.time` and `time.time_ns` show the platform's time, if it is not the real one."""
    with open(clock_file, encoding="utf-8") as stream:
        clock = json.load(stream)
    really, then, speed = clock["really"], clock["then"], clock["speed"]
    if speed == 1 and then == really:
        return
    real = time.time

    def shown() -> float:
        return float(then + (real() - really) * speed)

    time.time = shown
    time.time_ns = lambda: int(shown() * 1_000_000_000)


def main() -> None:
    """Serve until the process is ended."""
    end_with(os.getppid())
    follow(sys.argv[1])
    only_import_from(os.environ["LAMBDA_TASK_ROOT"])
    # Not before: it imports from the paths above, and shows the time that is set.
    serve = importlib.import_module("awslambdaric.__main__").main
    serve(["awslambdaric", os.environ["_HANDLER"]])


if __name__ == "__main__":
    main()
