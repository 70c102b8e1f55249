"""Lambda's entry: `log_search_security.handler.handler`, called at each deployment that changes its event."""

from typing import TYPE_CHECKING, Any

from botocore.session import get_session

from log_search_security.domain import SignedApi, apply
from log_search_security.plan import wish

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, int]:
    """See plan.Wish for the event; it may come again. An event without anything changes nothing."""
    if event == {}:  # asked whether it is there
        return {"requests": 0}
    wanted = wish(event)
    session = get_session()
    region = session.get_config_variable("region")
    return {"requests": apply(SignedApi(session, wanted.endpoint, region), wanted)}
