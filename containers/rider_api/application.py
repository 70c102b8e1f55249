"""The WSGI application: token to claims, request to event, the function's handler, its answer back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, Protocol

import msgspec
from aws_lambda_powertools.logging import Logger

from containers.rider_api.proxy import (
    Environ,
    RequestRefusedError,
    answer_of,
    headers_of,
    path_of,
    proxy_event,
    source_ip,
)
from containers.rider_api.signing_keys import KeysUnavailableError
from containers.rider_api.tokens import TokenVerifier
from ev_rental.rental.errors import ErrorCode
from http_api.problems import MEDIA_TYPE, ApiError, ApiErrorCode, problem

HEALTH_PATH: Final = "/health"
_NO_STORE: Final = {"Cache-Control": "no-store"}

logger: Final = Logger()


class StartResponse(Protocol):
    """PEP 3333."""

    def __call__(self, status: str, headers: list[tuple[str, str]], /) -> object:
        """Begin the answer."""


@dataclass(frozen=True)
class Context:
    """What a Lambda context tells that a handler may log."""

    aws_request_id: str
    function_name: str = "rider-api"
    memory_limit_in_mb: int = 0
    invoked_function_arn: str = ""


class Application:
    """`handler` takes a proxy event and a context, `clock` gives ms since the epoch, `new_id` names requests.

    One request at a time: Powertools' resolver keeps the current event in its class, so two threads would mix
    up riders. Serve more by more processes.
    """

    def __init__(
        self,
        handler: Callable[[dict[str, Any], Any], dict[str, Any]],
        verifier: TokenVerifier,
        *,
        clock: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._handler = handler
        self._verifier = verifier
        self._clock = clock
        self._new_id = new_id
        self._one_at_a_time = Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI's entry."""
        if path_of(environ) == HEALTH_PATH:
            response = _healthy()  # not logged: the load balancer asks every few seconds
        else:
            started, request_id = self._clock(), self._new_id()
            response = self._answer(environ, request_id, started)
            logger.info(
                "request",
                extra={
                    "request_id": request_id,
                    "method": environ["REQUEST_METHOD"],
                    "path": path_of(environ),
                    "status": response["statusCode"],
                    "milliseconds": self._clock() - started,
                    "source_ip": source_ip(environ),
                    "trace": headers_of(environ).get("x-amzn-trace-id", ""),
                },
            )
        status, headers, content = answer_of(response)
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]

    def _answer(self, environ: Environ, request_id: str, now_ms: int) -> dict[str, Any]:
        try:
            claims = self._verifier.claims(headers_of(environ).get("authorization", ""))
            event = proxy_event(environ, request_id=request_id, now_ms=now_ms, claims=claims)
            with self._one_at_a_time:
                return self._handler(event, Context(request_id))
        except RequestRefusedError as error:
            return _problem(ApiError(ErrorCode.INVALID_REQUEST, str(error)), request_id)
        except KeysUnavailableError as error:
            logger.error("no signing keys", extra={"request_id": request_id, "reason": str(error)})
            return _problem(ApiError(ErrorCode.TRY_AGAIN, "tokens cannot be checked now"), request_id)
        except Exception as error:  # a caller gets a definite answer to whatever happens
            about = {"error": type(error).__name__, "request_id": request_id}
            logger.error("failed", extra=about)  # its message may quote what the rider sent
            return _problem(ApiError(ApiErrorCode.INTERNAL_ERROR, "try again"), request_id)


def _healthy() -> dict[str, Any]:
    """This process serves. It asks nobody else: a table that is slow must not take every container out."""
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json", **_NO_STORE},
        "body": '{"status":"ok"}',
    }


def _problem(error: ApiError, request_id: str) -> dict[str, Any]:
    body, headers = problem(error, request_id)
    return {
        "statusCode": body.status,
        "headers": {"Content-Type": MEDIA_TYPE, **_NO_STORE, **headers},
        "body": msgspec.json.encode(body).decode(),
    }
