"""AWS IoT Core: the broker with its gate, the rules behind it, life-cycle events, and the data plane."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future
from threading import Thread
from typing import Any, Final, TypeVar
from urllib.parse import quote
from urllib.request import Request as UrlRequest, urlopen

from botocore.exceptions import BotoCoreError, ClientError

from local.clock import Clock
from local.deploy.clients import Clients
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.folder import Folder
from local.iot.broker import Broker, Session
from local.iot.credentials import is_genuine
from local.iot.packets import Connect, Refusal
from local.iot.policy import Policies
from local.iot.rules import Rules
from local.listener import HOST
from local.running import Running
from local.web import Request, Response

POLICY: Final = "aws:iot/policy:Policy"
THING_TYPE: Final = "aws:iot/thingType:ThingType"
_KNOWN_SECONDS: Final = 60.0
_CALL_SECONDS: Final = 30.0
_BACKEND: Final = "backend"
_TOPICS: Final = "/topics/"
_T = TypeVar("_T")
_logger: Final = logging.getLogger(__name__)


class IotCore(Running):
    """Everything of one platform's folder."""

    def __init__(self, folder: Folder, *, clock: Clock, endpoints: Endpoints) -> None:
        self._folder = folder
        self._clock = clock
        self._endpoints = endpoints
        self._aws = Clients(endpoints.url("aws"))
        self._rules = Rules(
            self._aws, endpoints.url("aws"), republish=self._republish, invoke=self._call_function
        )
        self._broker = Broker(self, self._published, self._presence, lambda: int(clock()))
        self._policies = Policies([])
        self._region = ""
        self._known: dict[str, float] = {}
        self._stamp = 0
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._turning, daemon=True)
        self.port = 0

    def start(self) -> None:
        """Listen. Raises OSError for a port that is taken."""
        self.look()
        self._rules.start()
        self._thread.start()
        self.port = self._wait(self._broker.start(HOST, self._endpoints.mqtt))

    def stop(self) -> None:
        """End all connections."""
        self._rules.stop()
        self._wait(self._broker.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def look(self) -> None:
        """Take up a new deployment; one that is not understood is said, and not taken up."""
        file = self._folder.deployment
        stamp = file.stat().st_mtime_ns if file.is_file() else 0
        if stamp == self._stamp:
            return
        self._stamp = stamp
        deployment = Deployment.load(file)
        self._policies = Policies([str(made.inputs["policy"]) for made in deployment.all(POLICY)])
        self._region = next((made.region for made in deployment.all(THING_TYPE)), "")
        try:
            self._rules.take_up(deployment)
        except ValueError as error:
            _logger.error("the rules stay as they were: %s", error)

    # The gate

    async def connects(self, connect: Connect) -> Refusal:
        """A car comes in as itself, with its own password, while the registry has it."""
        client_id = connect.client_id
        if not client_id:
            return Refusal.IDENTIFIER
        if connect.username != client_id or not is_genuine(self._folder, client_id, connect.password):
            return Refusal.CREDENTIALS
        if not self.allows("Connect", f"client/{client_id}", client_id):
            return Refusal.NOT_AUTHORIZED
        if not await self._is_registered(client_id):
            return Refusal.NOT_AUTHORIZED
        return Refusal.ACCEPTED

    def allows(self, action: str, resource: str, client_id: str) -> bool:
        """By the deployed policies of cars; the platform itself may do everything."""
        if client_id == _BACKEND:
            return True
        return self._policies.allow(action, resource, thing=client_id, client_id=client_id)

    async def _is_registered(self, thing: str) -> bool:
        if time.monotonic() - self._known.get(thing, -_KNOWN_SECONDS) < _KNOWN_SECONDS:
            return True
        client = self._aws("iot", self._region)
        try:
            await asyncio.to_thread(client.describe_thing, thingName=thing)
        except (ClientError, BotoCoreError) as error:
            _logger.warning("%s is not in the registry: %s", thing, error)
            return False
        self._known[thing] = time.monotonic()
        return True

    # Messages

    async def _published(self, client_id: str, topic: str, payload: bytes) -> None:
        waiting = self._rules.handle(client_id, topic, payload, self._clock.ms())
        if waiting:
            futures = [asyncio.wrap_future(one) for one in waiting]
            await asyncio.gather(*futures, return_exceptions=True)

    async def _presence(self, session: Session, reason: str, said: bool) -> None:
        """https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html"""
        kind = "disconnected" if reason else "connected"
        session_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{session.client_id}{session.connects}")
        event: dict[str, Any] = {
            "clientId": session.client_id,
            "timestamp": self._clock.ms(),
            "eventType": kind,
            "sessionIdentifier": str(session_id),
            "principalIdentifier": session.client_id,
            "versionNumber": session.connects,
        }
        if reason:
            event |= {"clientInitiatedDisconnect": said, "disconnectReason": reason}
        else:
            event["ipAddress"] = HOST
        topic = f"$aws/events/presence/{kind}/{session.client_id}"
        await self._published(_BACKEND, topic, json.dumps(event).encode())
        await self._broker.deliver(topic, json.dumps(event).encode(), 0)

    def _republish(self, topic: str, payload: bytes, qos: int) -> None:
        asyncio.run_coroutine_threadsafe(self._broker.publish(_BACKEND, topic, payload, qos), self._loop)

    def _call_function(self, arn: str, payload: bytes) -> None:
        url = f"{self._endpoints.url('functions')}/2015-03-31/functions/{quote(arn, safe='')}/invocations"
        with urlopen(UrlRequest(url, payload, {"X-Amz-Invocation-Type": "Event"}), timeout=10):  # noqa: S310
            return

    # The data plane

    def serve(self, request: Request) -> Response:
        """`POST /topics/<topic>?qos=`: what the platform tells cars."""
        if request.path == "/_local/status":
            return _json(200, self.status())
        if request.method != "POST" or not request.path.startswith(_TOPICS):
            return _json(404, {"message": f"{request.method} {request.path} is not served"})
        topic = request.path.removeprefix(_TOPICS)
        qos = request.parameters().get("qos", "0")
        if qos not in ("0", "1") or not topic or "#" in topic or "+" in topic:
            return _json(400, {"message": f"qos {qos} or topic {topic!r} is not valid"})
        self._wait(self._broker.publish(_BACKEND, topic, request.body, int(qos)))
        return _json(200, {"message": "OK", "traceId": str(uuid.uuid4())})

    def status(self) -> Mapping[str, Any]:
        """What `ev status` shows."""
        return {
            "connections": self._broker.connections,
            "received": self._broker.received,
            "delivered": dict(self._rules.delivered),
            "failed": dict(self._rules.failed),
        }

    def _turning(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _wait(self, what: Coroutine[Any, Any, _T]) -> _T:
        done: Future[_T] = asyncio.run_coroutine_threadsafe(what, self._loop)
        return done.result(_CALL_SECONDS)


def _json(status: int, body: Mapping[str, Any]) -> Response:
    return Response(status, [("Content-Type", "application/json")], json.dumps(body).encode())
