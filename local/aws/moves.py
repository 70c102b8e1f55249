"""Dead letters: how a message becomes one, and how it is sent back (StartMessageMoveTask)."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from local.aws.queues import Message, Queue
from local.aws.store import Store, Writing
from local.clock import Clock

_TASKS: Final = "sqs.move"


class MoveTasks:
    """Moves are done at once: a task is over when its call is answered."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._clock = clock
        self._tasks: list[dict[str, Any]] = [task for _, task in store.load(_TASKS)]

    def rebury(self, writing: Writing, message: Message, queue: Queue, target: Queue, now: float) -> None:
        """To the dead letters: the same id, as old as it was (a FIFO queue's starts again), not received."""
        target.add(
            writing,
            replace(
                message,
                sent=now if queue.fifo else message.sent,
                visible_at=now,
                receives=0,
                receipt=None,
                first_received=None,
                source=queue.arn,
            ),
        )

    def move(
        self,
        writing: Writing,
        queue: Queue,
        messages: Sequence[Message],
        queues: Mapping[str, Queue],
        destination: str | None,
        per_second: int | None,
    ) -> str:
        """Send dead letters back to where they came from, or to `destination`: the task's handle."""
        now, moved, reason = self._clock(), 0, None
        for message in messages:
            target = queues.get(destination or message.source or "")
            if target is None:
                reason = "CouldNotDetermineMessageSource"
                queue.hide(writing, message, message.visible_at)
                continue
            queue.remove(writing, message)
            target.add(
                writing,
                replace(
                    message,
                    id=str(uuid4()),
                    sent=now,
                    visible_at=now,
                    receives=0,
                    receipt=None,
                    first_received=None,
                    source=None,
                ),
            )
            moved += 1
        handle = base64.b64encode(f"{uuid4()}:{queue.arn}".encode()).decode()
        task = {
            "TaskHandle": handle,
            "Status": "FAILED" if reason else "COMPLETED",
            "SourceArn": queue.arn,
            "DestinationArn": destination,
            "MaxNumberOfMessagesPerSecond": per_second,
            "ApproximateNumberOfMessagesMoved": moved,
            "ApproximateNumberOfMessagesToMove": len(messages),
            "FailureReason": reason,
            "StartedTimestamp": int(now * 1_000),
        }
        self._tasks.append({key: value for key, value in task.items() if value is not None})
        writing.put(_TASKS, f"{len(self._tasks):08d}", self._tasks[-1])
        return handle

    def of(self, source_arn: str) -> Iterator[dict[str, Any]]:
        """The tasks of a queue, the last one first; a handle is shown only of one that runs."""
        for task in reversed(self._tasks):
            if task["SourceArn"] == source_arn:
                yield {key: value for key, value in task.items() if key != "TaskHandle"}
