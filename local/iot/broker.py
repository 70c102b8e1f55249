"""The MQTT broker: who may come in, what is published, who hears it.

A message of QoS 1 is acknowledged once the rules have done with it, so what a car has an acknowledgement for
is not lost with this process; what it has none for, it sends again.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from local.iot import packets
from local.iot.packets import Connect, Kind, Packet, PacketError, Publish, Refusal
from local.iot.sql import BASIC_INGEST

CONNECT_SECONDS: Final = 30.0
GRACE: Final = 1.5
"""How much later than its keep-alive a client is given up, as a factor."""
MAX_QUEUED: Final = 100
MAX_INFLIGHT: Final = 100
_logger: Final = logging.getLogger(__name__)


class Gate(Protocol):
    """Who may do what."""

    async def connects(self, connect: Connect) -> Refusal:
        """Whether a client may come in."""

    def allows(self, action: str, resource: str, client_id: str) -> bool:
        """Whether it may do this, such as `Publish` on `topic/a/b`."""


Published = Callable[[str, str, bytes], Awaitable[None]]
"""(client id, topic, payload) of a message; ends when the rules have done with it."""
Presence = Callable[["Session", str, bool], Awaitable[None]]
"""(session, why it ended or nothing, whether the client said so) of a connect or a disconnect."""


@dataclass
class Session:
    """A client's. `queue`: of a persistent one, what came while it was away."""

    client_id: str
    clean: bool
    subscriptions: dict[str, int] = field(default_factory=dict)
    queue: deque[Publish] = field(default_factory=lambda: deque(maxlen=MAX_QUEUED))
    connection: Connection | None = None
    connects: int = 0


class Broker:
    """Serves on a port between `start` and `stop`, in one event loop.

    `first_connect`: the number of a client's first connect since the start, above those of before it.
    """

    def __init__(
        self, gate: Gate, published: Published, presence: Presence, first_connect: Callable[[], int]
    ) -> None:
        self.gate = gate
        self.first_connect = first_connect
        self._published = published
        self.presence = presence
        self.sessions: dict[str, Session] = {}
        self.received = 0
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Begin to listen; the port."""
        self._server = await asyncio.start_server(self._serve, host, port, backlog=1_024)
        address: tuple[str, int] = self._server.sockets[0].getsockname()
        return address[1]

    async def stop(self) -> None:
        """End all connections."""
        if self._server is not None:
            self._server.close()
        for session in list(self.sessions.values()):
            if session.connection is not None:
                session.connection.close("SERVER_INITIATED_DISCONNECT")

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return sum(session.connection is not None for session in self.sessions.values())

    async def publish(self, client_id: str, topic: str, payload: bytes, qos: int = 0) -> None:
        """To the rules, and to all who subscribed."""
        self.received += 1
        await self._published(client_id, topic, payload)
        if BASIC_INGEST.fullmatch(topic) is None:  # that goes to its rule, and to nobody else
            await self.deliver(topic, payload, qos)

    async def deliver(self, topic: str, payload: bytes, qos: int) -> None:
        """To all who subscribed, and not to the rules."""
        for session in list(self.sessions.values()):
            granted = [
                level for pattern, level in session.subscriptions.items() if packets.fits(pattern, topic)
            ]
            if not granted or not self.gate.allows("Receive", f"topic/{topic}", session.client_id):
                continue
            message = Publish(topic, payload, min(qos, max(granted)))
            if session.connection is not None:
                await session.connection.send(message)
            elif not session.clean and message.qos:
                session.queue.append(message)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        connection = Connection(self, reader, writer)
        try:
            await connection.run()
        except (PacketError, IncompleteReadError, TimeoutError, OSError):
            pass  # the connection's end says enough
        finally:
            await connection.ended()


class Connection:
    """One client, from its CONNECT to its end."""

    def __init__(self, broker: Broker, reader: StreamReader, writer: StreamWriter) -> None:
        self._broker = broker
        self._reader = reader
        self._writer = writer
        self._connect: Connect | None = None
        self._session: Session | None = None
        self._packet_id = 0
        self._inflight: dict[int, Publish] = {}
        self._reason = "CONNECTION_LOST"
        self._said_goodbye = False

    async def run(self) -> None:
        """Answer its packets, one after the other."""
        first = await asyncio.wait_for(packets.read(self._reader), CONNECT_SECONDS)
        if first.kind is not Kind.CONNECT:
            raise PacketError("the first packet is no CONNECT")
        connect = packets.parse_connect(first)
        refusal = await self._broker.gate.connects(connect)
        if refusal is not Refusal.ACCEPTED:
            _logger.warning("%r was not let in: %s", connect.client_id, refusal.name)
            self._write(packets.build_connack(refusal))
            return
        await self._begin(connect)
        patience = connect.keep_alive * GRACE or None
        while True:
            try:
                packet = await asyncio.wait_for(packets.read(self._reader), patience)
            except TimeoutError:
                self._reason = "MQTT_KEEP_ALIVE_TIMEOUT"
                return
            if packet.kind is Kind.DISCONNECT:
                self._reason, self._said_goodbye = "CLIENT_INITIATED_DISCONNECT", True
                return
            await self._take(packet)
            await self._writer.drain()

    async def _begin(self, connect: Connect) -> None:
        sessions = self._broker.sessions
        session = sessions.get(connect.client_id)
        if session is not None and session.connection is not None:
            session.connection.close("DUPLICATE_CLIENTID")  # the newer one takes its place
        present = session is not None and not session.clean and not connect.clean
        if session is None or not present:
            connects = session.connects if session else 0
            session = sessions[connect.client_id] = Session(
                connect.client_id, connect.clean, connects=connects
            )
        session.connection, session.connects = self, session.connects + 1
        self._connect, self._session = connect, session
        self._write(packets.build_connack(Refusal.ACCEPTED, present=present))
        while session.queue:
            await self.send(session.queue.popleft())
        await self._broker.presence(session, "", False)

    async def _take(self, packet: Packet) -> None:
        session = self._session
        if session is None:
            return
        match packet.kind:
            case Kind.PUBLISH:
                await self._publish(packets.parse_publish(packet), session)
            case Kind.PUBACK:
                self._inflight.pop(packets.parse_id(packet), None)
            case Kind.SUBSCRIBE:
                packet_id, wanted = packets.parse_subscribe(packet)
                granted = [self._subscribe(session, name, qos) for name, qos in wanted]
                self._write(packets.build_suback(packet_id, granted))
            case Kind.UNSUBSCRIBE:
                packet_id, filters = packets.parse_unsubscribe(packet)
                for name in filters:
                    session.subscriptions.pop(name, None)
                self._write(packets.build_ack(Kind.UNSUBACK, packet_id))
            case Kind.PINGREQ:
                self._write(packets.build(Kind.PINGRESP))
            case other:
                raise PacketError(f"a client does not send {other.name}")

    async def _publish(self, message: Publish, session: Session) -> None:
        if not self._broker.gate.allows("Publish", f"topic/{message.topic}", session.client_id):
            self._reason = "FORBIDDEN_ACCESS"
            raise PacketError(f"{session.client_id} may not publish to {message.topic}")
        await self._broker.publish(session.client_id, message.topic, message.payload, message.qos)
        if message.qos:
            self._write(packets.build_ack(Kind.PUBACK, message.packet_id))

    def _subscribe(self, session: Session, pattern: str, qos: int) -> int:
        if not self._broker.gate.allows("Subscribe", f"topicfilter/{pattern}", session.client_id):
            return 0x80
        session.subscriptions[pattern] = qos
        return qos

    async def send(self, message: Publish) -> None:
        """A message for the client; of QoS 1 it is kept until it is acknowledged."""
        if message.qos:
            self._packet_id = self._packet_id % 65_535 + 1
            message = Publish(message.topic, message.payload, 1, self._packet_id)
            if len(self._inflight) < MAX_INFLIGHT:
                self._inflight[self._packet_id] = message
        self._write(packets.build_publish(message))

    def close(self, reason: str) -> None:
        """End the connection from this side."""
        self._reason = reason
        self._writer.close()

    async def ended(self) -> None:
        """What is left to do when it has ended."""
        session, connect = self._session, self._connect
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()
        if session is None or connect is None:
            return
        if session.connection is self:
            session.connection = None
            if session.clean:
                session.subscriptions.clear()
            else:  # what it has not acknowledged comes again
                session.queue.extendleft(reversed(self._inflight.values()))
        if connect.will is not None and not self._said_goodbye:
            will = connect.will
            if self._broker.gate.allows("Publish", f"topic/{will.topic}", session.client_id):
                await self._broker.publish(session.client_id, will.topic, will.payload, min(1, will.qos))
        await self._broker.presence(session, self._reason, self._said_goodbye)

    def _write(self, content: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(content)
