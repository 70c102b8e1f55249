"""A car's MQTT connection: what it publishes is sent until it is acknowledged, over as many connections as
that takes."""

from __future__ import annotations

import asyncio
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from local.iot import packets
from local.iot.packets import Connect, Kind, PacketError, Publish, Refusal

KEEP_ALIVE_SECONDS: Final = 300
_FIRST_WAIT_SECONDS: Final = 0.2
_LONGEST_WAIT_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Address:
    """Where the broker is, and who connects."""

    host: str
    port: int
    client_id: str
    password: str


class CarConnection:
    """`run` keeps it up. `heard`: called with what comes on `topic`.

    `sent` and `acknowledged` count publishes; `connects` how often it came in.
    """

    def __init__(self, address: Address, topic: str, heard: Callable[[bytes], None]) -> None:
        self._address = address
        self._topic = topic
        self._heard = heard
        self._writer: StreamWriter | None = None
        self._unacknowledged: dict[int, Publish] = {}
        self._packet_id = 0
        self.up = asyncio.Event()
        self.settled = asyncio.Event()
        self.settled.set()
        self.away = False
        self.sent = self.acknowledged = self.connects = 0
        self.refused = ""

    def publish(self, topic: str, payload: bytes) -> None:
        """QoS 1. While there is no connection, it waits for the next."""
        self._packet_id = self._packet_id % 65_535 + 1
        message = Publish(topic, payload, 1, self._packet_id)
        self._unacknowledged[self._packet_id] = message
        self.settled.clear()
        self.sent += 1
        self._write(packets.build_publish(message))

    async def run(self) -> None:
        """Connect, and connect again, until it is cancelled."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            with suppress(OSError, PacketError, IncompleteReadError, TimeoutError):
                if not self.away:
                    await self._live()
                    wait = _FIRST_WAIT_SECONDS
            self.up.clear()
            self._writer = None
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    def leave(self) -> None:
        """Lose contact, without a word, until `come_back`."""
        self.away = True
        if self._writer is not None:
            self._writer.transport.abort()

    def come_back(self) -> None:
        """Connect again."""
        self.away = False

    async def _live(self) -> None:
        address = self._address
        reader, writer = await asyncio.open_connection(address.host, address.port)
        try:
            await self._begin(reader, writer)
            while True:
                packet = await packets.read(reader)
                if packet.kind is Kind.PUBACK:
                    self._settle(packets.parse_id(packet))
                elif packet.kind is Kind.PUBLISH:
                    message = packets.parse_publish(packet)
                    if message.qos:
                        self._write(packets.build_ack(Kind.PUBACK, message.packet_id))
                    self._heard(message.payload)
        finally:
            writer.close()

    async def _begin(self, reader: StreamReader, writer: StreamWriter) -> None:
        address = self._address
        connect = Connect(address.client_id, True, KEEP_ALIVE_SECONDS, address.client_id, address.password)
        writer.write(packets.build_connect(connect))
        answer = await packets.read(reader)
        code = Refusal(answer.body[1]) if answer.kind is Kind.CONNACK else Refusal.PROTOCOL
        if code is not Refusal.ACCEPTED:
            self.refused = code.name
            raise PacketError(f"{address.client_id} was not let in: {code.name}")
        self._writer, self.connects, self.refused = writer, self.connects + 1, ""
        writer.write(packets.build_subscribe(65_535, [(self._topic, 1)]))
        # What has no acknowledgement is sent again, in its order, and said to be a duplicate.
        for message in list(self._unacknowledged.values()):
            again = Publish(message.topic, message.payload, 1, message.packet_id, duplicate=True)
            writer.write(packets.build_publish(again))
        self.up.set()
        await writer.drain()

    def _settle(self, packet_id: int) -> None:
        if self._unacknowledged.pop(packet_id, None) is not None:
            self.acknowledged += 1
        if not self._unacknowledged:
            self.settled.set()

    def _write(self, content: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(content)
