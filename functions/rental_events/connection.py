"""The rental's operations, put together from the function's environment."""

import os
from functools import cache
from typing import TYPE_CHECKING

from ev_rental.rental.command import Command, CommandNotSentError, CommandSender
from rental_events.timed import TimedOperations
from rental_store.connect import Parts, connect
from rental_store.environment import RentalEnvironment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class NoSender:
    """The `CommandSender` of a function whose steps send nothing: its role may not publish."""

    def send(self, command: Command) -> None:
        """Raises CommandNotSentError."""
        raise CommandNotSentError(f"{command.command_id}: this function sends no commands")


@cache
def parts() -> Parts:
    """What the operations of this execution environment are made of. Raises SettingError."""
    return connect(RentalEnvironment.read(os.environ))


def operations(context: "LambdaContext", sender: CommandSender | None = None) -> TimedOperations:
    """The operations of one invocation; without a sender they cannot send commands."""
    return TimedOperations(
        sender=sender or NoSender(), time_left=context.get_remaining_time_in_millis, **parts()
    )
