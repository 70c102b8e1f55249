"""MQTT 3.1.1 packets, as far as AWS IoT Core takes them: QoS 0 and 1.

https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html
"""

from __future__ import annotations

from asyncio import StreamReader
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

MAX_PAYLOAD: Final = 131_072  # bytes: AWS IoT's limit
_MAX_PACKET: Final = MAX_PAYLOAD + 8_192


class Kind(IntEnum):
    """The type of a control packet."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    SUBACK = 9
    UNSUBSCRIBE = 10
    UNSUBACK = 11
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


class Refusal(IntEnum):
    """Return codes of CONNACK."""

    ACCEPTED = 0
    PROTOCOL = 1
    IDENTIFIER = 2
    CREDENTIALS = 4
    NOT_AUTHORIZED = 5


class PacketError(ValueError):
    """A packet that breaks the protocol: the connection ends."""


class Packet(NamedTuple):
    """A packet as it is on the wire: type, flags, and what follows the length."""

    kind: Kind
    flags: int
    body: bytes


@dataclass(frozen=True)
class Will:
    """What is published for a client that goes without a word."""

    topic: str
    payload: bytes
    qos: int


@dataclass(frozen=True)
class Connect:
    """`keep_alive`: s, 0 for none."""

    client_id: str
    clean: bool
    keep_alive: int
    username: str = ""
    password: str = ""
    will: Will | None = None


@dataclass(frozen=True)
class Publish:
    """`packet_id`: of QoS 1."""

    topic: str
    payload: bytes
    qos: int = 0
    packet_id: int = 0
    duplicate: bool = False
    retain: bool = False


async def read(reader: StreamReader) -> Packet:
    """The next packet. Raises PacketError, and IncompleteReadError at the end."""
    first = (await reader.readexactly(1))[0]
    length = 0
    for shift in range(0, 28, 7):
        digit = (await reader.readexactly(1))[0]
        length |= (digit & 0x7F) << shift
        if digit < 0x80:
            break
    else:
        raise PacketError("the length has more than four bytes")
    if length > _MAX_PACKET:
        raise PacketError(f"a packet of {length} bytes: {MAX_PAYLOAD} of payload can be")
    try:
        kind = Kind(first >> 4)
    except ValueError as error:
        raise PacketError(f"packets of type {first >> 4} are not taken") from error
    return Packet(kind, first & 0x0F, await reader.readexactly(length))


class _Body:
    """Reads the fields of a packet. Raises PacketError at its end."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def take(self, count: int) -> bytes:
        part = self._body[self._at : self._at + count]
        if len(part) < count:
            raise PacketError("the packet is too short")
        self._at += count
        return part

    def number(self) -> int:
        return int.from_bytes(self.take(2))

    def text(self) -> str:
        try:
            return self.take(self.number()).decode()
        except UnicodeDecodeError as error:
            raise PacketError("a text is no UTF-8") from error

    def rest(self) -> bytes:
        part, self._at = self._body[self._at :], len(self._body)
        return part

    @property
    def left(self) -> bool:
        return self._at < len(self._body)


def parse_connect(packet: Packet) -> Connect:
    """Raises PacketError."""
    body = _Body(packet.body)
    name, level, flags, keep_alive = body.text(), body.take(1)[0], body.take(1)[0], body.number()
    if name != "MQTT" or level != 4:
        raise PacketError(f"protocol {name!r} level {level}: MQTT 3.1.1 is spoken here")
    client_id = body.text()
    will = None
    if flags & 0x04:
        topic, payload = body.text(), body.take(body.number())
        will = Will(topic, payload, flags >> 3 & 0x03)
    username = body.text() if flags & 0x80 else ""
    password = body.take(body.number()).decode("utf-8", "replace") if flags & 0x40 else ""
    return Connect(client_id, bool(flags & 0x02), keep_alive, username, password, will)


def parse_publish(packet: Packet) -> Publish:
    """Raises PacketError."""
    qos = packet.flags >> 1 & 0x03
    if qos > 1:
        raise PacketError(f"QoS {qos}: AWS IoT Core takes 0 and 1")
    body = _Body(packet.body)
    topic = body.text()
    if not topic or "+" in topic or "#" in topic:
        raise PacketError(f"{topic!r} is no topic to publish to")
    packet_id = body.number() if qos else 0
    payload = body.rest()
    if len(payload) > MAX_PAYLOAD:
        raise PacketError(f"a message of {len(payload)} bytes: {MAX_PAYLOAD} can be")
    return Publish(topic, payload, qos, packet_id, bool(packet.flags & 0x08), bool(packet.flags & 0x01))


def parse_subscribe(packet: Packet) -> tuple[int, list[tuple[str, int]]]:
    """(packet id, (filter, QoS) of each). Raises PacketError."""
    body = _Body(packet.body)
    packet_id = body.number()
    wanted = []
    while body.left:
        wanted.append((body.text(), min(1, body.take(1)[0])))
    if not wanted:
        raise PacketError("a subscription names no topic filter")
    return packet_id, wanted


def parse_unsubscribe(packet: Packet) -> tuple[int, list[str]]:
    """(packet id, filters). Raises PacketError."""
    body = _Body(packet.body)
    packet_id = body.number()
    filters = []
    while body.left:
        filters.append(body.text())
    return packet_id, filters


def parse_id(packet: Packet) -> int:
    """The packet id of an acknowledgement. Raises PacketError."""
    return _Body(packet.body).number()


def build(kind: Kind, body: bytes = b"", flags: int = 0) -> bytes:
    """A packet for the wire."""
    length, rest = bytearray(), len(body)
    while True:
        rest, digit = divmod(rest, 128)
        length.append(digit | (0x80 if rest else 0))
        if not rest:
            return bytes((kind << 4 | flags,)) + bytes(length) + body


def build_connect(connect: Connect) -> bytes:
    """CONNECT, for clients."""
    flags = (0x02 if connect.clean else 0) | (0x80 if connect.username else 0)
    flags |= 0x40 if connect.password else 0
    body = _text("MQTT") + bytes((4, flags)) + connect.keep_alive.to_bytes(2) + _text(connect.client_id)
    body += _text(connect.username) if connect.username else b""
    body += _text(connect.password) if connect.password else b""
    return build(Kind.CONNECT, body)


def build_connack(refusal: Refusal, *, present: bool = False) -> bytes:
    """CONNACK. `present`: the session of before goes on."""
    return build(Kind.CONNACK, bytes((present, refusal)))


def build_publish(publish: Publish) -> bytes:
    """PUBLISH."""
    body = _text(publish.topic) + (publish.packet_id.to_bytes(2) if publish.qos else b"") + publish.payload
    return build(Kind.PUBLISH, body, (0x08 if publish.duplicate else 0) | publish.qos << 1)


def build_subscribe(packet_id: int, filters: list[tuple[str, int]]) -> bytes:
    """SUBSCRIBE, for clients."""
    body = packet_id.to_bytes(2) + b"".join(_text(name) + bytes((qos,)) for name, qos in filters)
    return build(Kind.SUBSCRIBE, body, 0x02)


def build_suback(packet_id: int, granted: list[int]) -> bytes:
    """SUBACK: the QoS of each, 128 for a refusal."""
    return build(Kind.SUBACK, packet_id.to_bytes(2) + bytes(granted))


def build_ack(kind: Kind, packet_id: int) -> bytes:
    """PUBACK or UNSUBACK."""
    return build(kind, packet_id.to_bytes(2))


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded


def fits(pattern: str, topic: str) -> bool:
    """Whether a topic filter, with `+` and `#`, takes a topic; one that begins wild takes no `$` topics."""
    if topic.startswith("$") and pattern[:1] in ("+", "#"):
        return False
    wanted, found = pattern.split("/"), topic.split("/")
    for number, level in enumerate(wanted):
        if level == "#":
            return True
        if number >= len(found) or level not in ("+", found[number]):
            return False
    return len(wanted) == len(found)
