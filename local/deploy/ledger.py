"""deployment.json as the memory of a deployment: what was there, and what is there by now."""

import json
from collections.abc import Mapping
from pathlib import Path
from threading import RLock
from typing import Any, Final

from local.deploy.wanted import without_paths
from local.deployment import Deployed, Deployment

SAVE_EVERY: Final = 100
"""As many changes may be done again when a deployment is killed."""


class Ledger:
    """What is changed is saved now and then, and by `save`, so that whatever ends a deployment, the next one
    goes on from there."""

    def __init__(self, file: Path, project: str, stack: str, account: str) -> None:
        self._file = file
        self._lock = RLock()
        self._unsaved = 0
        self._about = (project, stack, account)
        before = Deployment.load(file) if file.exists() else Deployment(project, stack, account, {})
        self.other = before.account != account or before.stack != stack
        self.exports: Mapping[str, Any] = before.exports
        self._resources: dict[str, Deployed] = dict(before.resources)

    def __getitem__(self, urn: str) -> Deployed | None:
        """What is known of a resource."""
        with self._lock:
            return self._resources.get(urn)

    @property
    def resources(self) -> Mapping[str, Deployed]:
        """All by URN."""
        with self._lock:
            return dict(self._resources)

    def put(self, made: Deployed) -> None:
        """Remember a resource."""
        with self._lock:
            if self._resources.get(made.urn) == made:
                return
            self._resources[made.urn] = made
            self._changed(made.created)

    def drop(self, urn: str) -> None:
        """Forget a resource."""
        with self._lock:
            gone = self._resources.pop(urn, None)
            self._changed(gone is not None and gone.created)

    def save(self) -> None:
        """Write deployment.json."""
        with self._lock:
            self._unsaved = 0
            Deployment(*self._about, self._resources, self.exports).save(self._file)

    def _changed(self, created: bool) -> None:
        self._unsaved += created
        if self._unsaved >= SAVE_EVERY:
            self.save()


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether two values are the same as JSON, and assets the same by what they hold."""
    return _canonical(one) == _canonical(other)


def _canonical(value: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(without_paths(value), sort_keys=True)


def deletion_order(gone: Mapping[str, Deployed]) -> list[Deployed]:
    """Those who depend on others before these; URNs decide where nothing else does."""
    order: dict[str, Deployed] = {}

    def visit(urn: str) -> None:
        if urn in order or urn in waiting or urn not in gone:
            return
        waiting.add(urn)
        one = gone[urn]
        for needed in (*sorted(one.dependencies), one.parent):
            visit(needed)
        order[urn] = one

    waiting: set[str] = set()
    for urn in sorted(gone):
        visit(urn)
    return list(reversed(order.values()))
