"""One execution environment: a process of AWS's runtime client, and the Runtime API that it asks.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event, Thread
from typing import Final, TextIO

import psutil

from local.clock import Clock
from local.functions.spec import Function
from local.web import Request, Response, Server

BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")
INIT_SECONDS: Final = 60.0
"""How long a cold start may take; Lambda gives ten seconds, and has machines for it."""
_NEXT: Final = "/2018-06-01/runtime/invocation/next"


@dataclass(frozen=True)
class Result:
    """What a call came to. `error`: `Unhandled` when the function failed. `request_id`: of its log lines."""

    payload: bytes
    error: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Place:
    """Where a function runs: its folder, log, variables, and the platform's clock file."""

    folder: Path
    log: Path
    environment: Mapping[str, str]
    clock: Path


class Worker:
    """`invoke` one at a time. `generation`: of the function's code and settings."""

    def __init__(self, function: Function, place: Place, generation: int) -> None:
        self.function = function
        self.generation = generation
        self.idle_since = time.monotonic()
        self._clock = Clock.load(place.clock)
        self._changed = Condition()
        self._waiting: tuple[str, bytes, float] | None = None
        self._taken = False
        self._result: Result | None = None
        self._asked = False
        self._init_error: bytes | None = None
        self._server = Server(self._serve)
        self._server.start()
        self._process: subprocess.Popen[bytes]
        self._log: TextIO = _opened(place.log)
        born = Event()
        # Linux ends the process with the thread that started it: one that lives as long as the process.
        Thread(target=self._live, args=(place, born), daemon=True).start()
        born.wait()

    @property
    def alive(self) -> bool:
        """Whether it can be asked again."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def invoke(self, payload: bytes) -> Result:
        """Call the function and wait for it, as long as it may take."""
        request_id, function = str(uuid.uuid4()), self.function
        began = time.monotonic()
        with self._changed:
            ready = self._changed.wait_for(lambda: self._asked or self._over(), INIT_SECONDS)
            if not ready or not self._asked:
                return self._failed_to_start(request_id)
            started = time.monotonic()
            self._result, self._taken = None, False
            # The function compares it with the time that it sees, which may go faster.
            deadline = self._clock() + function.timeout * self._clock.speed
            self._waiting = (request_id, payload, deadline)
            self._write(f"START RequestId: {request_id} Version: {function.version}")
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._result is not None or self._over(), function.timeout)
            result, self._waiting = self._result, None
        seconds = time.monotonic() - started
        if result is None and self.alive:
            self.end()
            result = self._broken(
                request_id, "Sandbox.Timedout", f"Task timed out after {function.timeout:.2f} seconds"
            )
        elif result is None:
            code = self._process.poll()
            result = self._broken(
                request_id, "Runtime.ExitError", f"Runtime exited with error: exit status {code}"
            )
        self._write(f"END RequestId: {request_id}")
        self._write(
            f"REPORT RequestId: {request_id}\tDuration: {seconds * 1_000:.2f} ms\t"
            f"Memory Size: {function.memory} MB\tMax Memory Used: {self._memory()} MB"
            + (f"\tInit Duration: {(started - began) * 1_000:.2f} ms" if started - began > 0.01 else "")
        )
        self.idle_since = time.monotonic()
        return result

    def end(self) -> None:
        """End the process; kill it, for it may not listen."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self._server.stop()
        self._log.close()

    def _serve(self, request: Request) -> Response:
        """The Runtime API."""
        if request.path == _NEXT:
            return self._next()
        *_, identifier, what = request.path.split("/")
        with self._changed:
            if identifier == "init":
                self._init_error = request.body
            elif what == "response":
                self._result = Result(request.body, "", identifier)
            elif what == "error":
                self._result = Result(request.body, "Unhandled", identifier)
            else:
                return Response(404)
            self._changed.notify_all()
        return Response(202, [("Content-Type", "application/json")], b'{"status":"OK"}')

    def _next(self) -> Response:
        with self._changed:
            self._asked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: (self._waiting and not self._taken) or self._over())
            if self._waiting is None:
                return Response(500)
            self._taken = True
            request_id, payload, deadline = self._waiting
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", request_id),
            ("Lambda-Runtime-Deadline-Ms", str(int(deadline * 1_000))),
            ("Lambda-Runtime-Invoked-Function-Arn", self.function.arn),
            ("Lambda-Runtime-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0"),
        ]
        return Response(200, headers, payload)

    def _over(self) -> bool:
        return not self.alive

    def _live(self, place: Place, born: Event) -> None:
        """The process from its begin to its end, and what it says."""
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
            [sys.executable, "-I", str(BOOTSTRAP), str(place.clock)],
            cwd=place.folder,
            env={
                "PATH": os.environ.get("PATH", ""),
                "LANG": "C.UTF-8",
                "TZ": ":UTC",
                **self.function.environment,
                **_lambda_variables(self.function, place),
                **place.environment,
                "AWS_LAMBDA_RUNTIME_API": self._server.origin.removeprefix("http://"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        born.set()
        for line in self._process.stdout or ():
            # The runtime client joins the lines of a traceback by these two, for CloudWatch.
            self._write(line.decode("utf-8", "replace").rstrip("\n").replace("\r", "\n").replace("\xa0", " "))
        self._process.wait()
        with self._changed:
            self._changed.notify_all()

    def _failed_to_start(self, request_id: str) -> Result:
        if self._init_error is not None:
            return Result(self._init_error, "Unhandled", request_id)
        return self._broken(request_id, "Runtime.ExitError", "Runtime did not start: see the function's log")

    def _broken(self, request_id: str, kind: str, words: str) -> Result:
        self._write(f"RequestId: {request_id} {words}")
        payload = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {words}"}
        return Result(json.dumps(payload).encode(), "Unhandled", request_id)

    def _memory(self) -> int:
        try:
            return int(psutil.Process(self.pid).memory_info().rss // 1_048_576)
        except psutil.Error:
            return 0

    def _write(self, line: str) -> None:
        with suppress(ValueError):  # it was ended meanwhile
            self._log.write(f"{line}\n")
            self._log.flush()


def _lambda_variables(function: Function, place: Place) -> dict[str, str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    return {
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(place.folder),
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "POWERTOOLS_TRACE_DISABLED": "true",  # there is no X-Ray daemon to tell
    }


_LARGEST_LOG: Final = 10 * 1_048_576


def _opened(log: Path) -> TextIO:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    return log.open("a", encoding="utf-8", errors="replace")
