"""The provider that makes resources on the emulated AWS, and remembers them for the next deployment."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.deploy import data, queues_and_topics, registries
from local.deploy.handlers import Clients, Handler, Target
from local.deploy.made_up import MadeUp, invoke_arn
from local.deployment import Deployed, Deployment, Kind
from local.endpoints import Endpoints
from offline.errors import EngineError
from offline.graph import Resource
from offline.values import Value, reveal

HANDLERS: Final[Mapping[str, Handler]] = {
    **queues_and_topics.HANDLERS,
    **data.HANDLERS,
    **registries.HANDLERS,
}
HOLDS_DATA: Final = frozenset(
    {"aws:dynamodb/table:Table", "aws:kinesis/stream:Stream", "aws:s3/bucket:Bucket", "aws:sqs/queue:Queue"}
)
_FUNCTION: Final = "aws:lambda/function:Function"
_NOTHING: Final = re.compile(r"(^|[:/])None($|[:/])")
_SAVE_EVERY: Final = 200

Progress = Callable[[str, str], None]
"""(what was done, URN)."""


class LocalProvider:
    """`provision` is called by the engine for each resource; `finish` deletes what is gone.

    `before`: what was deployed last; what stayed the same is not touched.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        account: str,
        root: Path,
        before: Deployment | None,
        *,
        save: Callable[[Mapping[str, Deployed]], None],
        progress: Progress,
    ) -> None:
        self._aws = Clients(endpoints)
        self._account = account
        self._root = root
        self._before: Mapping[str, Deployed] = before.resources if before else {}
        self._made_up = MadeUp(account)
        self._save = save
        self._progress = progress
        self._lock = Lock()
        self.resources: dict[str, Deployed] = {}
        self.warnings: list[str] = []

    def provision(self, resource: Resource, settings: Callable[[str], Value]) -> Mapping[str, Value]:
        """See `offline.monitor.Provisioner`."""
        inputs: dict[str, Any] = reveal(resource.inputs)
        region = str(inputs.get("region") or settings("region") or "us-east-1")
        _check(resource, inputs)
        before = self._before.get(resource.urn)
        if before is not None and _canonical(before.inputs) == _canonical(inputs) and before.region == region:
            done, deployed = "unchanged", replace(before, dependencies=tuple(resource.dependencies))
        else:
            try:
                done, deployed = self._make(resource, inputs, region, before)
            except (ClientError, BotoCoreError, KeyError) as error:
                raise EngineError(f"{resource.urn} was not made: {type(error).__name__}: {error}") from error
        self._note(done, deployed)
        resource.id = deployed.id
        return deployed.outputs

    def finish(self) -> None:
        """Delete what the program has no longer, what depends on others before them."""
        gone = {urn: made for urn, made in self._before.items() if urn not in self.resources}
        while gone:
            needed = {urn for made in gone.values() for urn in made.dependencies}
            free = sorted(set(gone) - needed) or sorted(gone)  # a circle, if any, is deleted anyhow
            for urn in free:
                self._delete(gone.pop(urn))
        self._save(self.resources)

    def keep_rest(self) -> None:
        """After a failure: what was not reached is there still."""
        rest = {urn: made for urn, made in self._before.items() if urn not in self.resources}
        self._save({**rest, **self.resources})

    def _make(
        self, resource: Resource, inputs: Mapping[str, Any], region: str, before: Deployed | None
    ) -> tuple[str, Deployed]:
        identifier, outputs = self._made_up.outputs(resource, region, inputs)
        handler = HANDLERS.get(resource.type)
        done = "created" if before is None else "updated"
        if handler is not None:
            name = self._made_up.name(resource)
            target = Target(self._aws, region, self._account, name, inputs, self._root)
            kept = before is not None and before.kind is Kind.CREATED and before.region == region
            if kept and handler.update and before and not _moved(resource, before, name):
                made = handler.update(target, before)
            else:
                if before is not None:
                    done = "replaced"
                    self._replace(before)
                made = handler.create(target)
            identifier, outputs = made.id, {**outputs, **made.outputs}
            kind = Kind.CREATED
        else:
            kind = Kind.SERVED if resource.type in registries.SERVED else Kind.RECORDED
            if before is not None:
                identifier = before.id
            if resource.type == _FUNCTION and before is not None and inputs.get("publish"):
                outputs = _next_version(before, outputs, region)
        deployed = Deployed(
            urn=resource.urn,
            type=resource.type,
            name=resource.name,
            id=identifier,
            kind=kind,
            region=region,
            parent=resource.parent,
            inputs=inputs,
            outputs={**outputs, "id": identifier},
            dependencies=tuple(resource.dependencies),
        )
        return done, deployed

    def _replace(self, before: Deployed) -> None:
        if before.type in HOLDS_DATA:
            self.warnings.append(f"{before.urn} was replaced: what it held is gone")
        self._delete(before, quietly=True)

    def _delete(self, made: Deployed, *, quietly: bool = False) -> None:
        handler = HANDLERS.get(made.type)
        if made.kind is Kind.CREATED and handler is not None and handler.delete is not None:
            name = str(made.outputs.get("name") or made.name)
            target = Target(self._aws, made.region, self._account, name, made.inputs, self._root)
            try:
                handler.delete(target, made)
            except (ClientError, BotoCoreError) as error:
                raise EngineError(f"{made.urn} was not deleted: {error}") from error
        if not quietly:
            self._progress("deleted", made.urn)

    def _note(self, done: str, deployed: Deployed) -> None:
        with self._lock:
            self.resources[deployed.urn] = deployed
            count = len(self.resources)
        self._progress(done, deployed.urn)
        if count % _SAVE_EVERY == 0:
            with self._lock:
                self.keep_rest()


def _moved(resource: Resource, before: Deployed, name: str) -> bool:
    """Whether it has another physical name than before: then it is another thing."""
    del resource
    known = before.outputs.get("name") or before.outputs.get("bucket")
    return isinstance(known, str) and known != name


def _next_version(before: Deployed, outputs: Mapping[str, Any], region: str) -> dict[str, Any]:
    version = str(int(before.outputs.get("version") or "1") + 1)
    qualified = f"{outputs['arn']}:{version}"
    return {
        **outputs,
        "version": version,
        "qualifiedArn": qualified,
        "qualifiedInvokeArn": invoke_arn(qualified, region),
    }


def _check(resource: Resource, inputs: Mapping[str, Any]) -> None:
    """An output that nobody made up shows as None in what the program made of it.

    Raises:
        EngineError: there is one.
    """
    for name, value in inputs.items():
        for text in _texts(value):
            if _NOTHING.search(text):
                sources = ", ".join(resource.property_dependencies.get(name, ())) or "something else"
                raise EngineError(
                    f"{resource.urn}: its {name} holds {text[:120]!r}: the program read an output that does "
                    f"not exist here, of {sources}; make it up in local/deploy/made_up.py"
                )


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []


def _canonical(inputs: Mapping[str, Any]) -> str:
    return json.dumps(inputs, sort_keys=True)
