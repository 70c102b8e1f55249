"""Where tasks go: topics, the queue of tickets, work orders."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from backoffice_store.store import BackofficeStore
from ev_rental.dispatching.notice import notice
from ev_rental.dispatching.record import Channel, Task
from ev_rental.vocabulary import Severity
from ev_rental.work_orders import open_for_alert

Hand = Callable[[Task], None]
"""Hands a task on. Raises botocore's errors, and RentalError."""


class Topics(Protocol):
    """The one call of boto's client `sns` that is made."""

    def publish(self, **request: Any) -> Any:  # noqa: ANN401 - botocore's answer
        """https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""


class Queue(Protocol):
    """The one call of boto's client `sqs` that is made."""

    def send_message(self, **request: Any) -> Any:  # noqa: ANN401 - botocore's answer
        """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""


def channels(
    *,
    sns: Topics,
    sqs: Queue,
    backoffice: BackofficeStore,
    topics: Mapping[Severity, str],
    escalation_topic: str | None,
    ticket_queue_url: str | None,
    console_url: str,
) -> Mapping[Channel, Hand]:
    """Where each kind of task goes. What nobody asked for (escalations where nobody is on call, tickets where
    none are kept) is done by doing nothing."""

    def publish(topic: str, task: Task) -> None:
        told = notice(task, console_url)
        sns.publish(
            TopicArn=topic,
            Subject=told.subject,
            Message=json.dumps(told.messages, sort_keys=True),
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": str(value)}
                for name, value in (
                    ("taskId", task.task_id),
                    ("severity", task.severity.value),
                    ("reason", task.body["reason"]),
                    ("rule", task.body.get("rule", "several")),
                )
            },
        )

    def escalate(task: Task) -> None:
        if escalation_topic is not None:
            publish(escalation_topic, task)

    def ticket(task: Task) -> None:
        if ticket_queue_url is not None:
            body = {"ticketId": task.task_id, "madeAt": task.made_at, "alert": task.body}
            sqs.send_message(QueueUrl=ticket_queue_url, MessageBody=json.dumps(body, sort_keys=True))

    def work_order(task: Task) -> None:
        # The order's id follows from the alert: opened a second time, it stays what staff made of it.
        backoffice.open(
            open_for_alert(
                vehicle_id=task.body["vehicle_id"],
                alert_id=task.body["alert_id"],
                market=task.body["market"],
                title=task.body["title"],
                severity=task.severity,
                at=task.made_at,
            )
        )

    return {
        Channel.NOTICE: lambda task: publish(topics[task.severity], task),
        Channel.ESCALATION: escalate,
        Channel.TICKET: ticket,
        Channel.WORK_ORDER: work_order,
    }
