"""Event notifications of Amazon S3: to functions, queues, topics and EventBridge.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote_plus

import moto.backends

from local.aws.messaging import Messaging
from local.aws.moto_journal import Changed
from local.aws.service import AwsError
from local.clock import Clock

_SERVICE: Final = "s3.amazonaws.com"
_logger: Final = logging.getLogger(__name__)


class Notifications:
    """`tell`: whoever the bucket's configuration names."""

    def __init__(
        self, clock: Clock, messaging: Messaging, invoke: Callable[[str, Mapping[str, Any]], None]
    ) -> None:
        self._clock = clock
        self._messaging = messaging
        self._invoke = invoke

    def tell(self, changed: Changed) -> None:
        """Of an object that was put or deleted."""
        bucket = _bucket(changed.bucket)
        configuration = getattr(bucket, "notification_configuration", None)
        if configuration is None:
            return
        event = "ObjectCreated:Put" if changed.created else "ObjectRemoved:Delete"
        body = {"Records": [self._record(changed, event)]}
        source = f"arn:aws:s3:::{changed.bucket}"
        for kind in ("cloud_function", "queue", "topic"):
            for one in getattr(configuration, kind, None) or ():
                if not one.matches(f"s3:{event}", changed.key):
                    continue
                try:
                    if kind == "cloud_function":
                        self._invoke(one.arn, body)
                    elif kind == "queue":
                        self._messaging.sqs.deliver(
                            one.arn, json.dumps(body), service=_SERVICE, source_arn=source
                        )
                    else:
                        self._messaging.sns.deliver(
                            one.arn, json.dumps(body), service=_SERVICE, source_arn=source
                        )
                except AwsError as error:
                    _logger.warning("%s was not told of %s: %s", one.arn, changed.key, error)

    def _record(self, changed: Changed, event: str) -> dict[str, Any]:
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": getattr(_bucket(changed.bucket), "region_name", ""),
            "eventTime": at.replace("+00:00", "Z"),
            "eventName": event,
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": {"name": changed.bucket, "arn": f"arn:aws:s3:::{changed.bucket}"},
                "object": {
                    "key": quote_plus(changed.key, safe="/"),
                    "size": changed.size,
                    "sequencer": uuid.uuid4().hex[:16].upper(),
                },
            },
        }


def _bucket(name: str) -> Any:  # noqa: ANN401 - moto's own
    for account in moto.backends.get_backend("s3").values():
        for backend in account.values():
            if name in backend.buckets:
                return backend.buckets[name]
    return None
