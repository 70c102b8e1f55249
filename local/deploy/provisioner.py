"""Makes what a program registers: in the emulated AWS, or only in deployment.json."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.deploy.clients import Clients
from local.deploy.handlers import HANDLERS
from local.deploy.handlers.handler import Handler, Task
from local.deploy.ledger import Ledger, same
from local.deploy.made_up import made_up
from local.deploy.unset import Outputs, complaint, texts
from local.deploy.wanted import Wanted, digest
from local.deployment import Deployed
from local.endpoints import Endpoints
from local.listener import HOST
from offline.engine_errors import EngineError
from offline.graph import Resource
from offline.provisioner import Provisioned
from offline.urns import PROVIDER_PREFIX
from offline.values import MASKED, SECRET, reveal, signature

_FUNCTION = "aws:lambda/function:Function"


@dataclass
class LocalProvisioner:
    """One deployment. `region` is where what has no Region of its own is."""

    ledger: Ledger
    clients: Clients
    endpoints: Endpoints
    account: str
    region: str
    directory: Path
    progress: Callable[[str], None]
    changes: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._outputs = Outputs()
        self._turn = Condition()
        self._running = 0
        self._over = False

    def close(self) -> None:
        """Begin nothing more, and wait for what was begun."""
        with self._turn:
            self._over = True
            self._turn.wait_for(lambda: self._running == 0)

    def provision(self, resource: Resource, settings: Mapping[str, Any]) -> Provisioned:
        """See `offline.provisioner.Provisioner`."""
        with self._turn:
            if self._over:
                raise EngineError(f"{resource.urn} comes after the end of the deployment")
            self._running += 1
        try:
            return self._provision(Wanted.of(resource, settings, self.account, self.region))
        finally:
            with self._turn:
                self._running -= 1
                self._turn.notify_all()

    def _provision(self, wanted: Wanted) -> Provisioned:
        if wanted.type.startswith(PROVIDER_PREFIX):
            return Provisioned(wanted["uuid"], {})
        wrong = complaint(wanted.inputs)
        if wrong:
            raise self._failed(wanted, wrong)
        before = self.ledger[wanted.urn]
        made = made_up(wanted)
        handler = HANDLERS.get(wanted.type)
        unchanged = (
            before is not None and before.region == wanted.region and same(before.inputs, wanted.inputs)
        )
        if before is not None and unchanged and (handler is None or before.created):
            outputs = {"id": before.id, **before.outputs} if handler else made
            what = "same"
        elif handler is not None:
            outputs, what = self._put(wanted, handler, made, before)
        else:
            outputs, what = made, "updated" if before else "created"
        if wanted.type == _FUNCTION:
            outputs = {**outputs, **_versioned(wanted, before, unchanged)}
        known = self._outputs.of(wanted.type)
        own = {name: value for name, value in outputs.items() if name in known}
        deployed = _deployed(wanted, str(outputs["id"]), own, created=handler is not None)
        self.ledger.put(deployed)
        with self._turn:
            self.seen.add(wanted.urn)
            if wanted.resource.custom:
                self.changes[what] += 1
        if what != "same" and handler is not None:
            self.progress(f"{what} {wanted.type} {wanted.resource.name}")
        # What is secret in the inputs stays so, as the program gave it.
        fresh = {name: value for name, value in own.items() if wanted.inputs.get(name) != value}
        unset = {name: mark for name, mark in known.items() if name not in own and name not in wanted.inputs}
        return Provisioned(deployed.id, {**unset, **fresh})

    def _put(
        self, wanted: Wanted, handler: Handler, made: Mapping[str, Any], before: Deployed | None
    ) -> tuple[dict[str, Any], str]:
        what = "created" if before is None else "updated"
        try:
            if before is not None and (before.region != wanted.region or _forced(wanted, handler, before)):
                if handler.holds_data:
                    self._warn(f"{wanted.urn} is replaced: what it held is gone")
                handler.delete(before, self.clients(handler.service, before.region))
                self.ledger.drop(before.urn)
                before, what = None, "replaced"
            task = Task(wanted, made, before, self.clients, self.directory)
            return {**made, **handler.put(task)}, what
        except (ClientError, BotoCoreError, ValueError, KeyError, OSError) as error:
            raise self._failed(wanted, f"{type(error).__name__}: {error}") from error

    def _failed(self, wanted: Wanted, why: str) -> EngineError:
        # An error of a client quotes the value that it does not like.
        for words in secret_texts(wanted.resource.inputs):
            why = why.replace(words, MASKED)
        words = f"{wanted.urn} ({wanted.type}): {why}"
        with self._turn:
            if words not in self.errors:
                self.errors.append(words)
        return EngineError(words)

    def _warn(self, words: str) -> None:
        with self._turn:
            self.warnings.append(words)

    def delete(self, before: Deployed) -> None:
        """Take away what the program has no more."""
        handler = HANDLERS.get(before.type)
        try:
            if handler is not None and before.created:
                handler.delete(before, self.clients(handler.service, before.region))
                self.progress(f"deleted {before.type} {before.name}")
        except (ClientError, BotoCoreError, ValueError, KeyError) as error:
            self.errors.append(f"{before.urn} ({before.type}): {type(error).__name__}: {error}")
            return
        self.ledger.drop(before.urn)
        if before.id:
            self.changes["deleted"] += 1

    def invoke(self, token: str, args: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """See `offline.provisioner.Provisioner`."""
        match token:
            case "aws:iot/getEndpoint:getEndpoint":
                kind = str(args.get("endpointType") or "")
                port = self.endpoints.mqtt if kind.startswith("iot:Data") else self.endpoints.iot
                address = f"{HOST}:{port}"
                return {**args, "id": address, "endpointAddress": address}
            case "aws:ec2/getRouteTable:getRouteTable":
                subnet = str(args.get("subnetId") or args.get("vpcId"))
                table = f"rtb-{digest(subnet, 17)}"
                return {
                    **args,
                    "id": table,
                    "routeTableId": table,
                    "arn": f"arn:aws:ec2:{self.region}:{self.account}:route-table/{table}",
                }
            case _:
                return None


def secret_texts(value: object) -> Iterator[str]:
    """Every text in a secret, the longest first."""
    held: list[str] = []

    def look(part: object) -> None:
        if signature(part) == SECRET:
            held.extend(texts(reveal(part)))
        elif isinstance(part, dict | list):
            for inner in part.values() if isinstance(part, dict) else part:
                look(inner)

    look(value)
    return iter(sorted(filter(None, held), key=len, reverse=True))


def _deployed(wanted: Wanted, id_: str, own: Mapping[str, Any], *, created: bool) -> Deployed:
    """What the ledger keeps of it. `own`: outputs that are its type's."""
    return Deployed(
        urn=wanted.urn,
        type=wanted.type,
        name=wanted.resource.name,
        id=id_,
        created=created,
        region=wanted.region,
        parent=wanted.resource.parent,
        inputs=wanted.inputs,
        outputs={**({} if wanted.resource.remote else wanted.inputs), **own},
        dependencies=tuple(wanted.resource.dependencies),
    )


def _forced(wanted: Wanted, handler: Handler, before: Deployed) -> bool:
    return any(not same(wanted.inputs.get(name), before.inputs.get(name)) for name in handler.replace_on)


def _versioned(wanted: Wanted, before: Deployed | None, unchanged: bool) -> dict[str, Any]:
    """Each change of a function that publishes is a version of its own."""
    if not wanted.get("publish"):
        version = "$LATEST"
    elif before is None or not str(before.outputs.get("version", "")).isdigit():
        version = "1"
    else:
        version = str(int(before["version"]) + (not unchanged))
    arn = f"arn:aws:lambda:{wanted.region}:{wanted.account}:function:{wanted.name}"
    paths = f"arn:aws:apigateway:{wanted.region}:lambda:path/2015-03-31/functions"
    return {
        "version": version,
        "qualifiedArn": f"{arn}:{version}",
        "qualifiedInvokeArn": f"{paths}/{arn}:{version}/invocations",
    }
