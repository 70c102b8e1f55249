"""Lambda's API, as far as calling goes.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import json
import re
from typing import Any, Final
from urllib.parse import unquote

from local.functions.pool import ThrottledError
from local.functions.service import Lambda, LostError, UnknownFunctionError
from local.web import Request, Response

MAX_PAYLOAD: Final = 6 * 1_048_576
_INVOKE: Final = re.compile(r"/2015-03-31/functions/(.+)/invocations")
_SCHEDULE: Final = re.compile(r"/_local/schedules/(.+)/run")
_JSON: Final = ("Content-Type", "application/json")


class LambdaApi:
    """`serve` answers requests."""

    def __init__(self, functions: Lambda) -> None:
        self._functions = functions

    def serve(self, request: Request) -> Response:
        """Calls a function, or tells the status."""
        if request.path.startswith("/_local/"):
            return self._local(request)
        found = _INVOKE.fullmatch(request.path)
        if found is None or request.method != "POST":
            return _refused(404, "ResourceNotFoundException", f"{request.path} is not served")
        try:
            return self._invoke(unquote(found[1]), request)
        except UnknownFunctionError as error:
            return _refused(404, "ResourceNotFoundException", f"Function not found: {error.args[0]}")
        except LostError as error:
            return _refused(503, "ServiceException", f"{error} is lost")
        except ThrottledError:
            return _refused(429, "TooManyRequestsException", "Rate Exceeded.")

    def _local(self, request: Request) -> Response:
        """What no AWS has: for `ev`, and for tests."""
        if request.path == "/_local/status":
            return Response(200, [_JSON], json.dumps(self._functions.status()).encode())
        schedule = _SCHEDULE.fullmatch(request.path)
        known = schedule is not None and self._functions.run_schedule(schedule[1])
        return Response(202 if known else 404, [_JSON], b"{}")

    def _invoke(self, named: str, request: Request) -> Response:
        payload = request.body or b"{}"
        if len(payload) > MAX_PAYLOAD:
            return _refused(
                413, "RequestTooLargeException", f"a payload of {len(payload)} bytes: 6 MB can be"
            )
        try:
            event: Any = json.loads(payload)
        except ValueError as error:
            return _refused(400, "InvalidRequestContentException", f"Could not parse request body: {error}")
        kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
        if kind == "DryRun":
            self._functions.pool(named)
            return Response(204)
        if kind == "Event":
            self._functions.invoke_later(named, event)
            return Response(202)
        version = self._functions.pool(named).function.version
        result = self._functions.invoke(named, payload)
        headers = [_JSON, ("X-Amz-Executed-Version", version)]
        if result.error:
            headers.append(("X-Amz-Function-Error", result.error))
        return Response(200, headers, result.payload)


def _refused(status: int, code: str, message: str) -> Response:
    body = json.dumps({"Type": "User", "Message": message, "message": message}).encode()
    return Response(status, [_JSON, ("x-amzn-errortype", code)], body)
