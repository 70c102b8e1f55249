"""Lambda: functions by name, and how they are called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from threading import RLock
from typing import Any

from local.aws.store import Store
from local.clock import Clock
from local.deploy.clients import Clients
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.folder import Folder
from local.functions.asynchronous import Asynchronous
from local.functions.destinations import Destinations
from local.functions.mappings import Mappings
from local.functions.pool import Pool, ThrottledError
from local.functions.schedules import Schedules
from local.functions.spec import Function, function_name, functions, mappings, schedules
from local.functions.worker import Place, Result
from local.lost import LostRegions
from local.running import Running


class UnknownFunctionError(KeyError):
    """There is no function of that name."""


class LostError(Exception):
    """The function's Region is lost."""


class Lambda(Running):
    """The functions of a platform's folder. `root`: of the project, whose files they are."""

    def __init__(self, folder: Folder, root: Path, *, clock: Clock, endpoints: Endpoints) -> None:
        self._folder = folder
        self._root = root
        self._environment = endpoints.environment()
        self._lock = RLock()
        self._pools: dict[str, Pool] = {}
        self._store = Store(folder.path / "functions.sqlite")
        aws = Clients(endpoints.url("aws"))
        destinations = Destinations(aws, clock, self.invoke_later)
        self._later = Asynchronous(self._store, clock, call=self._call, destinations=destinations)
        self._mappings = Mappings(
            self._store, clock, endpoints.url("aws"), invoke=self._wait_and_invoke, destinations=destinations
        )
        self._schedules = Schedules(self._store, clock, aws, invoke=self.invoke_later)
        self._stamp = 0
        self._lost_regions = LostRegions(folder)
        self._lost: frozenset[str] = frozenset()

    def start(self) -> None:
        """Begin with what calls functions by itself."""
        self.look()
        self._later.start()
        self._schedules.start()

    def stop(self) -> None:
        """End all processes and threads."""
        self._schedules.stop()
        self._mappings.stop()
        self._later.stop()
        for pool in self._pools.values():
            pool.end()
        self._store.close()

    def look(self) -> None:
        """Take up a new deployment and changed sources."""
        file = self._folder.deployment
        stamp = file.stat().st_mtime_ns if file.is_file() else 0
        lost = self._lost_regions()
        if stamp != self._stamp or lost != self._lost:
            self._stamp, self._lost = stamp, lost
            self._take_up(Deployment.load(file))
        for pool in list(self._pools.values()):
            pool.look()

    def _take_up(self, deployment: Deployment) -> None:
        wanted = {one.name: one for one in functions(deployment)}
        with self._lock:
            for name in set(self._pools) - set(wanted):
                self._pools.pop(name).end()
            for name, function in wanted.items():
                pool = self._pools.get(name)
                if pool is None:
                    self._pools[name] = Pool(function, self._root, self._place)
                elif pool.function != function:
                    pool.renew(function)
        self._later.functions = wanted
        lost = self._lost
        self._mappings.take_up([one for one in mappings(deployment) if one.region not in lost], wanted)
        self._schedules.take_up(
            [one for one in schedules(deployment) if one.target.split(":")[3] not in lost]
        )

    def _place(self, function: Function) -> Place:
        return Place(
            folder=self._folder.code / function.name,
            log=self._folder.logs / "functions" / f"{function.name}.log",
            environment=self._environment,
            clock=self._folder.clock,
        )

    def pool(self, named: str) -> Pool:
        """The function's environments, by its name or ARN. Raises UnknownFunctionError and LostError."""
        with self._lock:
            pool = self._pools.get(function_name(named))
        if pool is None:
            raise UnknownFunctionError(function_name(named))
        if pool.function.region in self._lost_regions():
            raise LostError(pool.function.region)
        return pool

    def invoke(self, named: str, payload: bytes) -> Result:
        """Call a function and wait. Raises UnknownFunctionError and ThrottledError."""
        return self.pool(named).invoke(payload)

    def invoke_later(self, named: str, event: Mapping[str, Any]) -> None:
        """Call a function without waiting. Raises UnknownFunctionError."""
        self._later.put(self.pool(named).function.name, json.dumps(event))

    def _call(self, name: str, payload: bytes) -> Result | None:
        """For calls that nobody waits for: None when there is no room, or no such function any more."""
        try:
            return self.pool(name).invoke(payload)
        except (ThrottledError, UnknownFunctionError, LostError):
            return None

    def _wait_and_invoke(self, named: str, payload: bytes) -> Result:
        """For mappings, which wait for room."""
        return self.pool(named).invoke(payload, patience=None)

    def run_schedule(self, name: str) -> bool:
        """Let a schedule be due now; whether there is one."""
        return self._schedules.run(name)

    def status(self) -> dict[str, Any]:
        """What `ev status` shows: JSON."""
        with self._lock:
            pools = sorted(self._pools.items())
        return {
            "functions": [
                {
                    "name": name,
                    "running": pool.running,
                    "invocations": pool.calls,
                    "errors": pool.errors,
                    "throttles": pool.throttles,
                }
                for name, pool in pools
            ],
            "later": self._later.waiting,
            "mappings": self._mappings.status(),
            "schedules": self._schedules.status(),
        }
