"""Functions that other services call without waiting: kept until Lambda has taken the event."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from threading import Event, RLock, Thread
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from local.aws.store import Store
from local.running import Running

_AGAIN_SECONDS: Final = 1.0
_KIND: Final = "invocation"
_logger: Final = logging.getLogger(__name__)


class Invocations(Running):
    """Hands over in the background. `functions`: the origin of Lambda's API."""

    def __init__(self, store: Store, functions: str) -> None:
        self._store = store
        self._functions = functions
        self._lock = RLock()
        self._waiting: dict[str, Any] = dict(store.load(_KIND))
        self._number = max(map(int, self._waiting), default=0)
        self._more = Event()
        self._over = False
        self._thread = Thread(target=self._hand_over, daemon=True)

    def put(self, function_arn: str, event: Mapping[str, Any]) -> None:
        """An event for a function."""
        with self._lock:
            self._number += 1
            key, call = f"{self._number:020d}", {"arn": function_arn, "event": event}
            with self._store.transaction() as writing:
                writing.put(_KIND, key, call)
            self._waiting[key] = call
        self._more.set()

    def status(self) -> Mapping[str, Any]:
        """How many events Lambda has not taken yet."""
        return {"invocationsWaiting": len(self._waiting)}

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends; what Lambda has not taken is kept."""
        self._over = True
        self._more.set()
        self._thread.join()

    def _hand_over(self) -> None:
        while not self._over:
            with self._lock:
                waiting = list(self._waiting.items())
            for key, call in waiting:
                if self._taken(call):
                    with self._lock, self._store.transaction() as writing:
                        writing.delete(_KIND, key)
                        del self._waiting[key]
            # Lambda's process may be away: it is asked again even if nothing comes.
            self._more.wait(_AGAIN_SECONDS if self._waiting else None)
            self._more.clear()

    def _taken(self, call: Mapping[str, Any]) -> bool:
        url = f"{self._functions}/2015-03-31/functions/{quote(call['arn'], safe='')}/invocations"
        request = Request(url, json.dumps(call["event"]).encode(), {"X-Amz-Invocation-Type": "Event"})  # noqa: S310
        try:
            with urlopen(request, timeout=10):  # noqa: S310 - an origin of ours
                return True
        except HTTPError as error:
            if error.code < 500:  # there is no such function: nobody will ever take it
                _logger.warning("%s was not called: %s", call["arn"], error)
                return True
        except (URLError, OSError):
            pass
        return False
