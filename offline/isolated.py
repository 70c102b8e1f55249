"""Isolated mode: the monitor on a gRPC port, the program in a process and an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc

from offline.engine_errors import EngineError
from offline.monitor import OfflineMonitor
from offline.program import Outcome, Spec
from offline.transforms import CHANNEL_OPTIONS

# Run by path, with this package's folder off the module path: the interpreter may not have the package.
_LAUNCH = (
    "import runpy, sys; sys.path.pop(0); sys.argv.pop(0); runpy.run_path(sys.argv[0], run_name='__main__')"
)
_GRACE_SECONDS = 5


def run_isolated(spec: Spec, monitor: OfflineMonitor, python: Path, output: IO[bytes]) -> Outcome:
    """Run the program in its own process.

    Args:
        python: the interpreter.
        output: where what the program prints goes.
    """
    with serve(monitor) as address, tempfile.TemporaryDirectory(prefix="ev-") as folder:
        spec_file, outcome_file = Path(folder, "spec.json"), Path(folder, "outcome.json")
        spec = replace(spec, monitor=address, outcome=str(outcome_file))
        spec_file.write_text(json.dumps(asdict(spec)), encoding="utf-8")
        command = [
            str(python),
            "-u",
            "-c",
            _LAUNCH,
            str(Path(__file__).with_name("program.py")),
            str(spec_file),
        ]
        with subprocess.Popen(  # noqa: S603 - the project's own interpreter
            command, cwd=spec.directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process:
            try:
                code = process.wait(spec.timeout + _GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                return Outcome(f"the program did not end within {spec.timeout:g} s and was killed")
        if not outcome_file.is_file():
            return Outcome(f"{python} ended with exit code {code} and without a result; see its output")
        return Outcome(**json.loads(outcome_file.read_text(encoding="utf-8")))


@contextmanager
def serve(monitor: OfflineMonitor) -> Iterator[str]:
    """Serve the monitor on a free local port and yield its address."""
    server = grpc.server(ThreadPoolExecutor(max_workers=32), options=CHANNEL_OPTIONS)
    servicer: Any = _Servicer(monitor)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(servicer, server)
    engine_pb2_grpc.add_EngineServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


class _Servicer:
    """Turns the monitor's errors into statuses, which is how they reach a client."""

    def __init__(self, monitor: OfflineMonitor) -> None:
        self._monitor = monitor

    def __getattr__(self, name: str) -> Callable[[Message, grpc.ServicerContext], Message]:
        method: Callable[[Message, grpc.ServicerContext], Message] = getattr(self._monitor, name)

        def handle(request: Message, context: grpc.ServicerContext) -> Message:
            try:
                return method(request, context)
            except EngineError as error:
                context.abort(error.code(), error.details())
            except Exception as error:  # a fault of the engine must reach the program as text, not hang it
                context.abort(grpc.StatusCode.INTERNAL, f"{name}: {type(error).__name__}: {error}")

        return handle
