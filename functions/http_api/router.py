"""Serves operations to API Gateway's REST proxy events, with Powertools for AWS Lambda as the router."""

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.logging import Logger

from ev_rental.rental.errors import RentalError
from http_api.decoding import decode_body, decode_query
from http_api.identity import subject
from http_api.operations import ID_PATTERN, Operation, Request
from http_api.problems import MEDIA_TYPE, PROBLEMS, ApiError, ApiErrorCode, problem

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_S = TypeVar("_S")
_JSON: Final = "application/json"
# What is a rider's is nobody's cache's.
_PRIVATE: Final = {"Cache-Control": "no-store"}

logger: Final = Logger()


class Router(Generic[_S]):
    """The operations of one function over its service."""

    def __init__(
        self,
        operations: Iterable[Operation[_S]],
        service: _S,
        authorize: Callable[[Operation[_S], Mapping[str, Any]], None] = lambda _, __: None,
    ) -> None:
        """`authorize`: (operation, proxy event), raises ApiError when whoever asks may not do that; asked
        once the token's scope is known to be right, before anything else of the request is looked at."""
        self._service = service
        self._authorize = authorize
        self._operations = list(operations)
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        self._resolver = APIGatewayRestResolver()
        for operation in self._operations:
            rule = re.sub(r"{(\w+)}", r"<\1>", operation.path)
            self._resolver.route(rule, operation.method)(self._route(operation))
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(operation.path))
            self._patterns.append((re.compile(pattern), operation.method))
        self._resolver.not_found(lambda _: self._guarded("", self._nothing_here))

    def handle(self, event: Mapping[str, Any], context: "LambdaContext") -> dict[str, Any]:
        """A REST API proxy event in, its answer out; whatever happens, the answer is a definite one."""
        return self._resolver.resolve(event, context)

    def _route(self, operation: Operation[_S]) -> Callable[..., "Response[str | bytes]"]:
        def route(**path: str) -> "Response[str | bytes]":
            return self._guarded(operation.name, partial(self._serve, operation, path))

        return route

    def _serve(self, operation: Operation[_S], path: Mapping[str, str]) -> "Response[str | bytes]":
        current = self._resolver.current_event
        event = current.raw_event
        headers = current.resolved_headers_field
        who = "" if operation.scope is None else subject(event, operation.scope)
        self._authorize(operation, event)
        for name, value in path.items():
            if not re.fullmatch(ID_PATTERN, value):
                raise ApiError(ApiErrorCode.NO_SUCH_PATH, f"{value[:80]!r} cannot be a {name}")
        key = _header(headers, "idempotency-key") if operation.keyed else ""
        query = None if operation.query is None else decode_query(event, operation.query)
        body = None
        if operation.body is not None:
            kind = _header(headers, "content-type")
            body = decode_body(event, kind, operation.body, required=operation.body_required)
        answer = operation.serve(
            self._service, Request(event=event, subject=who, key=key, path=path, query=query, body=body)
        )
        content: str | None = None
        if isinstance(answer.body, bytes):
            content = answer.body.decode()
        elif answer.body is not None:
            content = msgspec.json.encode(answer.body).decode()
        private = {} if operation.scope is None else _PRIVATE
        return Response(
            status_code=answer.status or operation.status,
            content_type=None if content is None else _JSON,
            body=content,
            headers={**private, **answer.headers},
        )

    def _nothing_here(self) -> "Response[str | bytes]":
        current = self._resolver.current_event
        allowed = sorted({method for pattern, method in self._patterns if pattern.fullmatch(current.path)})
        if allowed and current.http_method not in allowed:  # else it is an id that cannot be one
            raise ApiError(
                ApiErrorCode.METHOD_NOT_ALLOWED,
                f"{current.http_method} is not served here: use {' or '.join(allowed)}",
                {"Allow": ", ".join(allowed)},
            )
        raise ApiError(ApiErrorCode.NO_SUCH_PATH, f"nothing is served at {current.path[:200]}")

    def _guarded(
        self, operation: str, serve: Callable[[], "Response[str | bytes]"]
    ) -> "Response[str | bytes]":
        request_id = str(self._resolver.current_event.raw_event["requestContext"].get("requestId", "unknown"))
        try:
            return serve()
        except (ApiError, RentalError) as error:
            refused: ApiError | RentalError = error
            write = logger.error if PROBLEMS[error.code].status >= 500 else logger.info
            write("refused", extra={"operation": operation, "code": error.code, "request_id": request_id})
        except Exception as error:  # a rider gets a definite answer to whatever happens
            # Its type and where it was: a message may quote what the rider sent.
            where = traceback.format_tb(error.__traceback__)
            about = {"operation": operation, "error": type(error).__name__, "request_id": request_id}
            logger.error("failed", extra={**about, "where": where})
            refused = ApiError(ApiErrorCode.INTERNAL_ERROR, "try again; if it stays, tell us the instance")
        body, headers = problem(refused, request_id)
        return Response(
            status_code=body.status,
            content_type=MEDIA_TYPE,
            body=msgspec.json.encode(body).decode(),
            headers={**_PRIVATE, **headers},
        )


def _header(headers: Mapping[str, Any], name: str) -> str:
    """One header, lower-cased name; "" when it is absent, the last when it came more than once."""
    found = headers.get(name) or ""
    return found if isinstance(found, str) else str(found[-1])
