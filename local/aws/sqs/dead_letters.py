"""Dead letters: how a message becomes one, and how it is sent back (StartMessageMoveTask)."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice
from threading import RLock
from typing import Any, Final
from uuid import uuid4

from local.aws.engine import Operation, Part
from local.aws.service import Answer, AwsError, Call
from local.aws.sqs.queues import Message, Queue
from local.aws.sqs.settings import may_redrive
from local.aws.store import Store, Writing
from local.clock import Clock

_TASKS: Final = "sqs.move"


class DeadLetters(Part):
    """Moves are done at once: a task is over when its call is answered. `queue`: of a call."""

    invalid = "InvalidParameterValue"

    def __init__(
        self,
        store: Store,
        clock: Clock,
        lock: RLock,
        queues: Mapping[str, Queue],
        queue: Callable[[Call], Queue],
        writing: Callable[[], AbstractContextManager[Writing]],
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._queues = queues
        self._queue = queue
        self._writing = writing
        self.operations: Mapping[str, Operation] = {
            "ListDeadLetterSourceQueues": self._list_sources,
            "ListMessageMoveTasks": self._list_moves,
            "StartMessageMoveTask": self._start_move,
        }
        self._tasks: list[dict[str, Any]] = [task for _, task in store.load(_TASKS)]

    def of(self, queue: Queue) -> tuple[Queue, int] | None:
        """Where a message goes that was received so often; None where all stay."""
        redrive = queue.redrive
        target = self._queues.get(redrive[0]) if redrive else None
        return (target, redrive[1]) if redrive and target and may_redrive(target, queue.arn) else None

    def bury(self, writing: Writing, message: Message, queue: Queue, target: Queue, now: float) -> None:
        """To the dead letters: the same id, as old as it was (a FIFO queue's starts again), not received."""
        sent = now if queue.fifo else message.sent
        target.add(writing, _sent_again(message, now, id_=message.id, sent=sent, source=queue.arn))

    def _list_sources(self, call: Call) -> Answer:
        with self._lock:
            queue = self._queue(call)
            return {"queueUrls": [one.url for one in self._sources(queue.arn)]}

    def _sources(self, arn: str) -> list[Queue]:
        return [one for one in self._queues.values() if one.redrive and one.redrive[0] == arn]

    def _start_move(self, call: Call) -> Answer:
        arn = str(self.need(call, "SourceArn"))
        with self._writing() as writing:
            queue = self._queues.get(arn)
            if queue is None:
                raise AwsError("ResourceNotFoundException", f"There is no queue {arn}")
            if not self._sources(arn):
                raise AwsError(self.invalid, "Source queue must be configured as a Dead Letter Queue.")
            target = call.params.get("DestinationArn")
            if target is not None and target not in self._queues:
                raise AwsError("ResourceNotFoundException", f"There is no queue {target}")
            ready = list(queue.receivable(self._clock()))
            return {
                "TaskHandle": self._move(
                    writing, queue, ready, target, call.params.get("MaxNumberOfMessagesPerSecond")
                )
            }

    def _list_moves(self, call: Call) -> Answer:
        most = self.whole("MaxResults", call.params.get("MaxResults", 1), 1, 10)
        with self._lock:
            return {"Results": list(islice(self._tasks_of(str(self.need(call, "SourceArn"))), most))}

    def _move(
        self,
        writing: Writing,
        queue: Queue,
        messages: Sequence[Message],
        destination: str | None,
        per_second: int | None,
    ) -> str:
        """Send dead letters back to where they came from, or to `destination`: the task's handle."""
        now, moved = self._clock(), 0
        for message in messages:
            target = self._queues.get(destination or message.source or "")
            if target is None:
                queue.hide(writing, message, message.visible_at)
                continue
            queue.remove(writing, message)
            target.add(writing, _sent_again(message, now, id_=str(uuid4()), sent=now, source=None))
            moved += 1
        reason = "CouldNotDetermineMessageSource" if moved < len(messages) else None
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

    def _tasks_of(self, source_arn: str) -> Iterator[dict[str, Any]]:
        """The tasks of a queue, the last one first; a handle is shown only of one that runs."""
        for task in reversed(self._tasks):
            if task["SourceArn"] == source_arn:
                yield {key: value for key, value in task.items() if key != "TaskHandle"}


def _sent_again(message: Message, now: float, *, id_: str, sent: float, source: str | None) -> Message:
    """As if nobody had received it."""
    return replace(
        message,
        id=id_,
        sent=sent,
        visible_at=now,
        receives=0,
        receipt=None,
        first_received=None,
        source=source,
    )
