"""The engines that move records, wired to each other."""

import logging
from threading import Event, Thread
from typing import Final

from local.aws.events import Events
from local.aws.events.delivery import Delivery, Reach
from local.aws.firehose import Firehose
from local.aws.firehose.buffers import PutObject
from local.aws.kinesis import Kinesis
from local.aws.service import Invoke, Service
from local.aws.shelf import Item
from local.aws.sns import Sns
from local.aws.sqs import Sqs
from local.aws.store import Store
from local.clock import Clock

_STEP_SECONDS: Final = 0.5
_log: Final = logging.getLogger(__name__)


class Messaging(dict[str, Service]):
    """The services by their SigV4 names: sqs, kinesis, sns, events, firehose.

    `invoke` starts a Lambda function by its ARN, `objects` puts (bucket, key, body). `close` ends what goes
    on in the background: retries of EventBridge, buffers of Firehose.
    """

    def __init__(self, store: Store, clock: Clock, invoke: Invoke, objects: PutObject) -> None:
        sqs, kinesis = Sqs(store, clock), Kinesis(store, clock)
        self._sns = Sns(store, clock, sqs, invoke)
        firehose = Firehose(store, clock, kinesis, objects)
        delivery = Delivery(store, clock, Reach(sqs, self._sns, kinesis, firehose, invoke))
        self._events = Events(store, clock, delivery)
        self._sqs = sqs
        super().__init__(sqs=sqs, kinesis=kinesis, sns=self._sns, events=self._events, firehose=firehose)
        self._steps = (delivery.run_due, firehose.run_due)
        self._ended = Event()
        self._thread = Thread(target=self._run, name="messaging", daemon=True)
        self._thread.start()

    def inbox(self) -> list[Item]:
        """What SNS would have sent to persons: see `Sns.inbox`."""
        return self._sns.inbox()

    def events_after(self, number: int, wait_seconds: float) -> tuple[int, list[Item]]:
        """What came to the buses after event `number`: see `Events.events_after`."""
        return self._events.events_after(number, wait_seconds)

    def deliver(self, queue_arn: str, body: str, *, service: str, source_arn: str) -> None:
        """Send to a queue for another service of AWS, such as `s3`. Raises AwsError."""
        self._sqs.deliver(queue_arn, body, service=service, source_arn=source_arn)

    def publish_to(self, topic_arn: str, message: str) -> None:
        """Publish for another service of AWS. Raises AwsError."""
        self._sns.publish_to(topic_arn, message)

    def run_due(self) -> None:
        """What the background does about twice a second."""
        for step in self._steps:
            try:
                step()
            except Exception:
                _log.exception("a step of the messaging engines failed; it is tried again")

    def close(self) -> None:
        """Nothing goes on afterwards."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_STEP_SECONDS):
            self.run_due()
