"""What a gateway answers itself: gateway responses with their templates and headers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.front.operations import Document
from local.web import Response

_VARIABLE: Final = re.compile(r"\$context\.([A-Za-z]+(?:\.[A-Za-z]+)*)")
_HEADER: Final = "gatewayresponse.header."
_DEFAULT: Final = '{"message":$context.error.messageString}'


@dataclass(frozen=True)
class Refusal:
    """A type of gateway response, its status and its words."""

    kind: str
    status: int
    message: str


MISSING_TOKEN: Final = Refusal("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token")
UNAUTHORIZED: Final = Refusal("UNAUTHORIZED", 401, "Unauthorized")
EXPIRED: Final = Refusal("UNAUTHORIZED", 401, "The incoming token has expired")
OUT_OF_SCOPE: Final = Refusal("ACCESS_DENIED", 403, "Insufficient scope")
THROTTLED: Final = Refusal("THROTTLED", 429, "Too Many Requests")
TOO_LARGE: Final = Refusal("REQUEST_TOO_LARGE", 413, "HTTP content length exceeded 10485760 bytes.")
TIMED_OUT: Final = Refusal("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out")
FAILED: Final = Refusal("INTEGRATION_FAILURE", 502, "Internal server error")
BUSY: Final = Refusal("INTEGRATION_FAILURE", 500, "Internal server error")


def bad_request(message: str, *, of_body: bool) -> Refusal:
    """What a request validator says."""
    return Refusal("BAD_REQUEST_BODY" if of_body else "BAD_REQUEST_PARAMETERS", 400, message)


class GatewayResponses:
    """Those of a document; what it does not word is worded as API Gateway does."""

    def __init__(self, document: Document) -> None:
        self._said: Mapping[str, Mapping[str, Any]] = document.get(
            "x-amazon-apigateway-gateway-responses", {}
        )

    def answer(self, refusal: Refusal, context: Mapping[str, str]) -> Response:
        """`context`: variables by name, such as `requestId`."""
        default = "DEFAULT_4XX" if refusal.status < 500 else "DEFAULT_5XX"
        said = self._said.get(refusal.kind) or self._said.get(default) or {}
        known = {
            **context,
            "status": str(refusal.status),
            "error.message": refusal.message,
            "error.messageString": json.dumps(refusal.message),
            "error.responseType": refusal.kind,
        }
        template = said.get("responseTemplates", {}).get("application/json", _DEFAULT)
        body = _VARIABLE.sub(lambda found: known.get(found[1], ""), template)
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": f"{refusal.kind}"}
        for name, value in said.get("responseParameters", {}).items():
            if name.startswith(_HEADER):
                headers[name.removeprefix(_HEADER)] = str(value).strip("'")
        return Response(int(said.get("statusCode", refusal.status)), list(headers.items()), body.encode())
