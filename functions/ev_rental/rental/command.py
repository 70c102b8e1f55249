"""Lock and unlock commands: they reach the car over MQTT, expire, and count only once the car answered."""

from collections.abc import Mapping
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from ev_rental.rental.vocabulary import AckResult, CommandAction, CommandPurpose, CommandState as State

LIFETIME_MS: Final = 30_000
"""A car does not carry out a command older than this."""

ANSWER_GRACE_MS: Final = 30_000
"""How long after its end a command's answer may still be on its way."""

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    State.SENT: frozenset({State.ACKNOWLEDGED, State.REFUSED, State.EXPIRED}),
    State.ACKNOWLEDGED: frozenset(),
    State.REFUSED: frozenset(),
    State.EXPIRED: frozenset(),
}
"""Which state may follow which."""


class Command(Struct, frozen=True, kw_only=True):
    """Times in ms. `reason`: why the car refused, in its own words."""

    command_id: str
    booking_id: str
    rider_id: str
    vehicle_id: str
    market: str
    action: CommandAction
    purpose: CommandPurpose
    state: State
    issued_at: int
    expires_at_ms: int
    version: int
    changed_at: int
    reason: str | None = None

    @property
    def gives_up_at(self) -> int:
        """ms from which an answer is no longer waited for."""
        return self.expires_at_ms + ANSWER_GRACE_MS


class Ack(Struct, frozen=True, kw_only=True):
    """A car's answer. `vehicle_id`: of the topic. `received_at`: ms, the broker's clock; `at`, the car's."""

    command_id: str
    vehicle_id: str
    result: AckResult
    received_at: int
    at: int | None = None
    reason: str | None = None


class CommandSender(Protocol):
    """How a command reaches its car."""

    def send(self, command: Command) -> None:
        """Hands `message(command)` to the broker, QoS 1. Raises CommandNotSentError."""


class CommandNotSentError(Exception):
    """The broker did not take the command; it may be handed over again, the car drops repeats by its id."""


class _Message(Struct, rename="camel"):
    command_id: str
    action: CommandAction
    issued_at: int
    expires_at: int


def topic(command: Command) -> str:
    """The MQTT topic the car listens on."""
    return f"bh/{command.market}/{command.vehicle_id}/commands"


def message(command: Command) -> bytes:
    """The JSON that the car gets: {commandId, action, issuedAt, expiresAt}, times in ms."""
    return msgspec.json.encode(
        _Message(command.command_id, command.action, command.issued_at, command.expires_at_ms)
    )


def settle(command: Command, state: State, at: int, reason: str | None = None) -> Command:
    """The command at its end. Raises ValueError when it has one already."""
    if state not in TRANSITIONS[command.state]:
        raise ValueError(f"command {command.command_id} is {command.state} and cannot become {state}")
    return msgspec.structs.replace(
        command, state=state, reason=reason, version=command.version + 1, changed_at=at
    )
