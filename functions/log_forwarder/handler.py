"""Lambda's entry: `log_forwarder.handler.handler`, on the account's subscription of log groups.

It fails as a whole: Lambda then calls it again, and documents that were taken before come twice with the
same `event_id`.
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.config import Config
from botocore.session import get_session

from log_forwarder.deliver import FirehoseClient, deliver
from log_forwarder.unpack import NotFromLogsError, documents, unpack

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

CALLS: Final = Config(
    connect_timeout=1, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}
)


class SettingError(Exception):
    """A variable is missing; the message names it."""


@cache
def client() -> FirehoseClient:
    """The client of this execution environment."""
    return cast("FirehoseClient", get_session().create_client("firehose", config=CALLS))


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, int]:
    """A delivery of CloudWatch Logs in, the number of documents out. An empty event forwards nothing."""
    stream = os.environ.get("DELIVERY_STREAM", "").strip()
    if not stream:
        raise SettingError("DELIVERY_STREAM is not set: set it in the function's environment")
    if event == {}:  # asked whether it is there
        return {"forwarded": 0}
    try:
        data = event["awslogs"]["data"]
    except (KeyError, TypeError):
        raise NotFromLogsError("the event has no awslogs.data: only CloudWatch Logs calls this") from None
    delivery = unpack(data)
    if delivery.log_group == context.log_group_name:
        return {"forwarded": 0}  # its own words would make more of them, for ever
    return {"forwarded": deliver(client(), stream, documents(delivery))}
