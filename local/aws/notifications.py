"""Event notifications of Amazon S3: to functions, queues and topics.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final
from urllib.parse import quote_plus

from local.aws.service import AwsError, Invoke

_LOG: Final = logging.getLogger(__name__)


class Notifications:
    """Called with an event of S3, moto's bucket and moto's key; tells whoever its configuration names.

    `function` gets (a function's ARN, an event), `queue` (a queue's ARN, a text, the bucket's ARN), `topic`
    (a topic's ARN, a text).
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        account: str,
        function: Invoke,
        queue: Callable[[str, str, str], None],
        topic: Callable[[str, str], None],
    ) -> None:
        self._clock = clock
        self._account = account
        self._function = function
        self._queue = queue
        self._topic = topic
        self._numbers = count(int(clock() * 1_000_000))

    def __call__(self, event: str, bucket: Any, key: Any) -> None:  # noqa: ANN401 - moto's
        """Who cannot be told is named in the log: whoever put the object knows nothing of them."""
        configuration = bucket.notification_configuration
        if configuration is None:
            return
        if configuration.event_bridge is not None:
            _LOG.warning("%s: EventBridge is not told of objects here", bucket.name)
        for kind in ("cloud_function", "queue", "topic"):
            for one in getattr(configuration, kind):
                if kind == "cloud_function" if key is None else not one.matches(event, key.name):
                    continue
                message = self._test(bucket) if key is None else self._message(event, bucket, key, one.id)
                try:
                    self._tell(kind, one.arn, message, bucket.arn)
                except AwsError as error:
                    _LOG.warning("%s was not told of %s in %s: %s", one.arn, event, bucket.name, error)

    def _tell(self, kind: str, arn: str, message: Mapping[str, Any], source_arn: str) -> None:
        if kind == "cloud_function":
            self._function(arn, message)
        elif kind == "queue":
            self._queue(arn, json.dumps(message), source_arn)
        else:
            self._topic(arn, json.dumps(message))

    def _test(self, bucket: Any) -> dict[str, Any]:  # noqa: ANN401 - moto's
        return {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": self._now(), "Bucket": bucket.name}

    def _message(self, event: str, bucket: Any, key: Any, configuration_id: str) -> dict[str, Any]:  # noqa: ANN401
        return {"Records": [self._record(event, bucket, key, configuration_id)]}

    def _now(self) -> str:
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        return at.replace("+00:00", "Z")

    def _object(self, key: Any, name: str) -> dict[str, Any]:  # noqa: ANN401 - moto's
        return {"key": name, "size": key.size, "sequencer": f"{next(self._numbers):016X}"}

    def _record(self, event: str, bucket: Any, key: Any, configuration_id: str) -> dict[str, Any]:  # noqa: ANN401
        told = {**self._object(key, quote_plus(key.name, safe="/")), "eTag": key.etag.replace('"', "")}
        if bucket.is_versioned:
            told["versionId"] = key.version_id
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": bucket.region_name,
            "eventTime": self._now(),
            "eventName": event.removeprefix("s3:"),
            "userIdentity": {"principalId": f"AWS:{self._account}"},
            "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "responseElements": {},
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": configuration_id,
                "bucket": {
                    "name": bucket.name,
                    "ownerIdentity": {"principalId": self._account},
                    "arn": f"arn:aws:s3:::{bucket.name}",
                },
                "object": told,
            },
        }
