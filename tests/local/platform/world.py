"""A platform that runs, and who meets it: riders, staff and cars, all through its public doors."""

import json
import ssl  # noqa: F401 - urllib wants it imported before threads do
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Event
from time import monotonic
from typing import Any, Final, TypeVar

import paho.mqtt.client as mqtt

from local.clock import Clock
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.fleet.car import Car
from local.folder import ROOT, Folder
from local.iot.credentials import token
from local.web import HOST

OPERATOR, TECHNICIAN, ADMIN = "amelia.tan", "marco.silva", "jonas.weber"
PATIENCE: Final = 60.0  # s: how long a busy machine may take
_T = TypeVar("_T")


class NeverError(AssertionError):
    """What was waited for did not come."""


def eventually(look: Callable[[], _T | None], what: str, seconds: float = PATIENCE) -> _T:
    """What `look` finds, as soon as it finds something. Raises NeverError."""
    deadline = monotonic() + seconds
    while (found := look()) is None or found is False:
        if monotonic() > deadline:
            raise NeverError(f"{what} did not come in {seconds:g} s")
        Event().wait(0.1)
    return found


@dataclass(frozen=True)
class Answer:
    """Of an API."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass
class Api:
    """One of the platform's APIs, as somebody who is signed in calls it."""

    origin: str
    access_token: str = ""

    def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> Answer:
        """What it answers. A request that changes something has a key of its own unless it is given."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.access_token:
            sent["authorization"] = f"Bearer {self.access_token}"
        if method != "GET":
            sent["idempotency-key"] = key or uuid.uuid4().hex
        content = None
        if body is not None:
            sent["content-type"] = "application/json"
            content = json.dumps(body).encode()
        request = urllib.request.Request(self.origin + path, content, sent, method=method)  # noqa: S310 - ours
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:  # noqa: S310 - likewise
                return _answer(answer.status, answer.read(), answer.headers)
        except urllib.error.HTTPError as error:
            return _answer(error.code, error.read(), error.headers)

    def get(self, path: str) -> Any:
        """The body of a 200."""
        answer = self.call("GET", path)
        assert answer.status == 200, (path, answer)
        return answer.body

    def post(self, path: str, body: Any = None, *, status: int = 200, **more: Any) -> Any:
        """The body of an answer with that status."""
        answer = self.call("POST", path, body, **more)
        assert answer.status == status, (path, answer)
        return answer.body


def _answer(status: int, body: bytes, headers: Mapping[str, str]) -> Answer:
    kind = headers.get("content-type", "")
    return Answer(status, json.loads(body) if "json" in kind else body, headers)


@dataclass
class World:
    """The platform in `folder`."""

    folder: Folder
    endpoints: Endpoints = field(init=False)
    deployment: Deployment = field(init=False)
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.endpoints = Endpoints.load(self.folder.endpoints)
        self.deployment = Deployment.load(self.folder.deployment)
        self.clock = Clock.load(self.folder.clock)

    def staff(self, username: str = OPERATOR) -> Api:
        """The staff API as somebody of the staff."""
        return Api(self.endpoints.url("staff_api"), self._token("staff_login", username))

    def rider(self, username: str) -> Api:
        """The rider API as a rider, who is signed up if nobody knows them, and verified."""
        access_token = self._token("rider_login", username)
        rider = Api(self.endpoints.url("rider_api"), access_token)
        self.staff(ADMIN).post(f"/v1/riders/{subject(access_token)}/verification", {"verified": True})
        return rider

    def _token(self, login: str, username: str) -> str:
        form = urllib.parse.urlencode({"username": username}).encode()
        with urllib.request.urlopen(f"{self.endpoints.url(login)}/tokens", form, timeout=40) as answer:  # noqa: S310
            return str(json.load(answer)["access_token"])

    def status(self) -> dict[str, Any]:
        """What the emulated AWS holds."""
        return dict(Api(self.endpoints.url("aws")).get("/_local/status"))

    def inbox(self) -> list[dict[str, Any]]:
        """Mails, messages and pushes that would have been sent."""
        return list(Api(self.endpoints.url("aws")).get("/_local/inbox"))

    @contextmanager
    def listening(self) -> Iterator["Bus"]:
        """The bus from now on."""
        bus = Bus(self.endpoints.url("aws"))
        yield bus

    @contextmanager
    def car(self, vehicle_id: str) -> Iterator["DrivenCar"]:
        """A car that is connected, and answers what it is told."""
        driven = DrivenCar(self, vehicle_id)
        driven.connect()
        try:
            yield driven
        finally:
            driven.close()
