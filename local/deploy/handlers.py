"""How a resource type is created, changed and deleted; the modules of services fill tables of handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final

from botocore.config import Config
from botocore.session import get_session

from local.deployment import Deployed
from local.endpoints import Endpoints

Client = Any
Inputs = Mapping[str, Any]
_CALLS: Final = Config(retries={"mode": "standard", "total_max_attempts": 6}, max_pool_connections=32)


@dataclass(frozen=True)
class Target:
    """One resource that is being made. `name`: its physical one. `inputs`: revealed, by Pulumi's names."""

    aws: Clients
    region: str
    account: str
    name: str
    inputs: Inputs
    root: Path

    def client(self, service: str) -> Client:
        """Of the resource's Region."""
        return self.aws.client(service, self.region)


@dataclass(frozen=True)
class Made:
    """What was made: the id and what more is known of it."""

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Handler:
    """`create` must find what it made before, if it is called again. `update` None: it is replaced.
    `delete` gets what was deployed.
    """

    create: Callable[[Target], Made]
    update: Callable[[Target, Deployed], Made] | None = None
    delete: Callable[[Target, Deployed], None] | None = None


class Clients:
    """Clients of the emulated AWS, one a service and Region."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._url = endpoints.url("aws")
        self._session = get_session()
        self._session.set_credentials("local", "local")
        self._clients: dict[tuple[str, str], Client] = {}
        self._lock = Lock()

    def client(self, service: str, region: str) -> Client:
        """A client, made once."""
        with self._lock:
            key = service, region
            if key not in self._clients:
                self._clients[key] = self._session.create_client(
                    service, region_name=region, endpoint_url=self._url, config=_CALLS
                )
            return self._clients[key]


def given(inputs: Inputs, **names: str) -> dict[str, Any]:
    """The inputs that are there, by AWS's names: `given(inputs, DelaySeconds="delaySeconds")`."""
    return {ours: inputs[theirs] for ours, theirs in names.items() if inputs.get(theirs) is not None}


def upper(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A nested input by AWS's names, where these are Pulumi's with a capital."""
    if isinstance(value, Mapping):
        return {key[:1].upper() + key[1:]: upper(item) for key, item in value.items() if item is not None}
    return [upper(item) for item in value] if isinstance(value, list) else value
