"""The process of a policy pack: `python -m pulumi.policy`, started anew or forked.

A fork has the SDK imported already, which is most of a pack's time to start. It is for processes that
have no threads and no gRPC yet; and for packs without an interpreter of their own.
"""

from __future__ import annotations

import io
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from offline.yaml12 import load_yaml

_MODULE = "pulumi.policy"
_NO_ENGINE = "127.0.0.1:0"  # a pack needs an engine's address, and uses it only to log


class PackProcess:
    """A running pack. Its first line on stdout is its port."""

    def __init__(self, pack: Path, environment: Mapping[str, str], *, fork: bool) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        reader, writer = os.pipe()
        python = _interpreter(pack)
        self._pid = 0
        self._process: subprocess.Popen[bytes] | None = None
        if fork and python is None:
            self._pid = _fork(pack, environment, writer, self._stderr.fileno(), reader)
        else:
            self._process = subprocess.Popen(  # noqa: S603 - the pack's or this interpreter
                [str(python or sys.executable), "-u", "-m", _MODULE, _NO_ENGINE, str(pack)],
                cwd=pack,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=self._stderr,
            )
        os.close(writer)
        self._stdout = os.fdopen(reader, "rb")

    def first_line(self) -> str:
        """Return the first line it prints; empty when it ended without one."""
        return self._stdout.readline().decode(errors="replace").strip()

    def errors(self) -> str:
        """Return what it wrote to stderr so far."""
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace").strip()

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        elif self._pid:
            os.kill(self._pid, 9)
            os.waitpid(self._pid, 0)
            self._pid = 0
        self._stdout.close()
        self._stderr.close()


def version_of(pack: Path) -> str:
    """Return the version in PulumiPolicy.yaml, or an empty one."""
    return str(load_yaml(pack / "PulumiPolicy.yaml").get("version") or "")


def _interpreter(pack: Path) -> Path | None:
    """Return the interpreter of the pack's `virtualenv` option, when it is there."""
    runtime = load_yaml(pack / "PulumiPolicy.yaml").get("runtime")
    options = runtime.get("options") if isinstance(runtime, dict) else None
    name = options.get("virtualenv") if isinstance(options, dict) else None
    python = pack / str(name) / "bin" / "python" if name else None
    return python if python is not None and python.is_file() else None


def _fork(pack: Path, environment: Mapping[str, str], stdout: int, stderr: int, unused: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.close(unused)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.chdir(pack)
        os.environ.update(environment)
        sys.path.insert(0, str(pack))
        sys.argv = [_MODULE, _NO_ENGINE, str(pack)]
        # As with `python -u`: the port is written to the buffer and not flushed.
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
        runpy.run_module(_MODULE, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
