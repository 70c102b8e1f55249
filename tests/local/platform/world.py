"""A platform that runs, and who meets it: riders, staff and cars, all through its public doors."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as HttpHeaders
from queue import Empty, Queue
from threading import Condition, Event
from time import monotonic
from typing import Any, Final, TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ev_rental.telemetry import LEAVES
from local.clock import Clock
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.folder import Folder
from local.iot.credentials import token
from local.iot.enrol import enrol
from local.listener import HOST

RULE: Final = "aws:iot/topicRule:TopicRule"
PATHS: Final = {leaf.stored_name: leaf.path for leaf in LEAVES}
OPERATOR, TECHNICIAN, ADMIN = "amelia.tan", "marco.silva", "jonas.weber"
PATIENCE: Final = 60.0  # s: how long a busy machine may take
_T = TypeVar("_T")


class NeverError(AssertionError):
    """What was waited for did not come."""


def eventually(look: Callable[[], _T | None], what: str, seconds: float = PATIENCE) -> _T:
    """What `look` finds, as soon as it finds something. Raises NeverError."""
    deadline = monotonic() + seconds
    while not (found := look()):
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


def _answer(status: int, body: bytes, headers: HttpHeaders) -> Answer:
    kind = headers.get("content-type", "")
    found = {name.lower(): value for name, value in headers.items()}
    return Answer(status, json.loads(body) if "json" in kind else body, found)


@dataclass
class World:
    """The platform in `folder`."""

    folder: Folder
    deployment: Deployment = field(init=False)
    clock: Clock = field(init=False)
    bays: dict[str, dict[str, str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.deployment = Deployment.load(self.folder.deployment)
        self.clock = Clock.load(self.folder.clock)

    @property
    def endpoints(self) -> Endpoints:
        """Where it listens now: who brings it up again may find ports taken."""
        return Endpoints.load(self.folder.endpoints)

    def staff(self, username: str = OPERATOR) -> Api:
        """The staff API as somebody of the staff."""
        return Api(self.endpoints.url("staff_api"), self._token("staff_login", username))

    def rider(self, username: str) -> Api:
        """The rider API as a rider, who is signed up if nobody knows them, and verified."""
        access_token = self._token("rider_login", username)
        rider = Api(self.endpoints.url("rider_api"), access_token)
        checked = {"verified": True, "reason": "licence seen"}
        self.staff(ADMIN).post(f"/v1/riders/{subject(access_token)}/verification", checked)
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

    def listening(self) -> "Bus":
        """The bus from now on."""
        return Bus(self.endpoints.url("aws"))

    def register(self, vehicle_id: str) -> dict[str, str]:
        """A car and the bay that it stands in, as staff set them up, and a workshop enrols it; the bay."""
        admin = self.staff(ADMIN)
        bay = next(
            {"stationId": station["stationId"], "bayId": one["bayId"]}
            for station in admin.get("/v1/stations")["stations"]
            for one in station["bays"]
            if not one["registered"]
        )
        types = Api(self.endpoints.url("rider_api")).get("/gbfs/3/vehicle_types.json")
        type_id = types["data"]["vehicle_types"][0]["vehicle_type_id"]
        set_up = admin.call("PUT", f"/v1/stations/{bay['stationId']}/bays/{bay['bayId']}")
        assert set_up.status in (200, 201), set_up
        new = {"vehicleId": vehicle_id, "vehicleTypeId": type_id, "bay": bay}
        admin.post("/v1/vehicles", new, status=201)
        admin.post(f"/v1/vehicles/{vehicle_id}/back-in-service", {"reason": "new"})
        enrol(self.folder, [vehicle_id])
        self.bays[vehicle_id] = bay
        return bay

    def reading(self, vehicle_id: str, leaf: str) -> float | None:
        """What staff see of a leaf, by its stored name."""
        readings = self.staff().get(f"/v1/vehicles/{vehicle_id}")["readings"]
        return next((one.get("number") for one in readings if one["path"] == PATHS[leaf]), None)

    @contextmanager
    def car(self, vehicle_id: str) -> Iterator["DrivenCar"]:
        """A car that is connected, and answers what it is told."""
        driven = DrivenCar(self, vehicle_id)
        driven.connect()
        try:
            yield driven
        finally:
            driven.close()


def subject(token: str) -> str:
    """`sub` of an access token, which need not be checked here."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["sub"])


class Bus:
    """The market's events, as they come. Begins with those that come after it was made."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.seen: list[Any] = []
        self._after = self._ask(0)["next"]

    def wait_for(self, detail_type: str, **detail: Any) -> Any:
        """The first event of a type, of what it is about. Raises NeverError."""
        deadline = monotonic() + PATIENCE
        looked = 0
        while True:
            for event in self.seen[looked:]:
                if event["detail-type"] == detail_type and _holds(event["detail"], detail):
                    return event
            looked = len(self.seen)
            left = deadline - monotonic()
            if left <= 0:
                types = [event["detail-type"] for event in self.seen]
                raise NeverError(f"no {detail_type} of {detail} in {PATIENCE:g} s; there were {types}")
            told = self._ask(min(left, 10))
            self._after = told["next"]
            self.seen += told["events"]

    def _ask(self, wait: float) -> Any:
        after = getattr(self, "_after", 0)
        return Api(self._origin).get(f"/_local/events?after={after}&wait={wait}")


def _holds(detail: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    found = {**detail, **(detail.get("data") or {})}
    return all(found.get(name) == value for name, value in wanted.items())


HEALTHY: Final[Mapping[str, Any]] = {
    PATHS[name]: value
    for name, value in {
        "speed": 0.0,
        "odometer": 12_000_000,
        "latitude": 1.2834,
        "longitude": 103.8607,
        "accuracy": 4.0,
        "soc": 80.0,
        "soh": 97.0,
        "range": 240_000,
        "cell_min": 3.7,
        "cell_max": 3.72,
        "pack_current": 0.6,
        "temperature_max": 31.0,
        "charging": False,
        "cable_connected": False,
        "low_voltage": 12.7,
        "broken_down": False,
        **{f"locked_{door}": True for door in ("fd", "fp", "rd", "rp")},
        **{f"tyre_{wheel}": 248 for wheel in ("fl", "fr", "rl", "rr")},
    }.items()
}


class DrivenCar:
    """A car at its MQTT connection: sends what a test makes it measure, and does what it is told."""

    def __init__(self, world: World, vehicle_id: str) -> None:
        self._world = world
        self.vehicle_id = vehicle_id
        self.sequence = world.clock.ms() // 1_000  # grows over the car's life
        self.commands: Queue[dict[str, Any]] = Queue()
        self.leaves: dict[str, Any] = dict(HEALTHY)
        self._acknowledged: set[int] = set()
        self._told_back = Condition()
        self._heard = Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=vehicle_id)
        self._client.username_pw_set(vehicle_id, token(world.folder, vehicle_id))
        self._client.reconnect_delay_set(1, 2)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._heard.set()
        self._client.on_message = self._told
        self._client.on_publish = self._heard_of
        self._rules = [str(made.inputs["name"]) for made in world.deployment.all(RULE)]
        self._market = world.deployment.exports["market"]

    def connect(self) -> None:
        """Until it hears its commands."""
        self._client.connect(HOST, self._world.endpoints.mqtt)
        self._client.loop_start()
        if not self._heard.wait(PATIENCE):
            raise NeverError(f"{self.vehicle_id} was not let in")

    def close(self) -> None:
        """It says goodbye."""
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, **leaves: Any) -> dict[str, Any]:
        """Telemetry with some leaves changed for good, QoS 1: until the broker has it."""
        self.leaves |= {PATHS[name]: value for name, value in leaves.items()}
        self.sequence += 1
        message = {
            "schemaVersion": "1.0",
            "vehicleId": self.vehicle_id,
            "market": self._market,
            "timestamp": self._world.clock.ms(),
            "sequence": self.sequence,
            **self.leaves,
        }
        self.publish("telemetry", "telemetry", message)
        return message

    def publish(self, purpose: str, topic: str, message: Any) -> None:
        """By Basic Ingest to the rule of a purpose."""
        content = message if isinstance(message, bytes) else json.dumps(message)
        rule = next(name for name in self._rules if name.endswith(purpose))
        place = f"$aws/rules/{rule}/bh/{self._market}/{self.vehicle_id}/{topic}"
        number = self._client.publish(place, content, qos=1).mid
        with self._told_back:
            if not self._told_back.wait_for(lambda: number in self._acknowledged, PATIENCE):
                raise NeverError(f"{self.vehicle_id} was not heard")
            self._acknowledged.discard(number)

    def obey(self) -> dict[str, Any]:
        """Do the next thing it is told, and say so. Raises NeverError when it is told nothing."""
        try:
            command = self.commands.get(timeout=PATIENCE)
        except Empty:
            raise NeverError(f"{self.vehicle_id} was told nothing") from None
        locked = command["action"] == "lock"
        self.leaves |= {PATHS[f"locked_{door}"]: locked for door in ("fd", "fp", "rd", "rp")}
        answer = {"commandId": command["commandId"], "result": "done", "at": self._world.clock.ms()}
        self.publish("command_acks", "command-acks", answer)
        return command

    def _connected(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe(f"bh/{self._market}/{self.vehicle_id}/commands", qos=1)

    def _heard_of(self, _client: mqtt.Client, _data: Any, number: int, *_: Any) -> None:
        with self._told_back:
            self._acknowledged.add(number)
            self._told_back.notify_all()

    def _told(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.commands.put(json.loads(message.payload))
