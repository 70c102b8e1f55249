"""The emulated AWS of one account, all together."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from local.aws.background import Background
from local.aws.dispatch import Dispatcher
from local.aws.http import HttpServer
from local.aws.invocations import Invocations
from local.aws.messaging import Messaging
from local.aws.moto_journal import MotoJournal
from local.aws.notifications import Notifications
from local.aws.service import Service
from local.aws.store import Store
from local.clock import Clock
from local.dynamodb import Engine
from local.running import Running


class Aws(Running):
    """It begins as the store has it.

    `port` 0 takes a free one. `functions`: the origin of Lambda's API. `lost`: Regions that do not answer.
    Raises OSError when the port is taken.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        account: str,
        port: int = 0,
        functions: str = "",
        lost: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._stack = ExitStack()
        self._invocations = Invocations(store, functions)
        invoke = self._invocations.put
        self.moto = MotoJournal(store, clock, account=account, changed=self._object_changed)
        self.dynamodb = Engine(store, clock, lag=lambda *two: None if lost() & {*two} else 0.0)
        self.messaging = Messaging(store, clock, invoke, self.moto.put_object)
        self._stack.callback(self.messaging.close)
        self._tell = Notifications(
            clock,
            account=account,
            function=invoke,
            queue=lambda arn, body, source: self.messaging.deliver(
                arn, body, service="s3", source_arn=source
            ),
            topic=self.messaging.publish_to,
        )
        self.services: dict[str, Service] = {"dynamodb": self.dynamodb, **self.messaging}
        dispatcher = Dispatcher(
            self.services,
            self.moto,
            account=account,
            more_status=self._more_status,
            inbox=self.messaging.inbox,
            events_after=self.messaging.events_after,
            lost=lost,
        )
        self._server = HttpServer(dispatcher, port=port)
        self.origin = self._server.origin

    def _object_changed(self, event: str, bucket: Any, key: Any) -> None:  # noqa: ANN401 - moto's
        self._tell(event, bucket, key)

    def _more_status(self) -> dict[str, object]:
        return {**self.moto.status(), **self._invocations.status()}

    def start(self) -> None:
        """Begins to answer, and with what happens by itself."""
        self._stack.enter_context(Background(self.dynamodb.turn, self.dynamodb.wait))
        self._stack.enter_context(self._invocations)
        self._stack.enter_context(self._server)

    def stop(self) -> None:
        """Answers nothing any more."""
        self._stack.close()
