"""Operations of an API as data: what is served, checked and documented are one and the same."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from ev_rental.rental.errors import ErrorCode
from http_api.problems import ApiErrorCode, Code

_S = TypeVar("_S")
_Q = TypeVar("_Q")
_B = TypeVar("_B")
_Serve = TypeVar("_Serve", bound="Callable[..., Answer]")

ID_PATTERN: Final = "^[A-Za-z0-9-]{1,64}$"
"""What every id in a path looks like; anything else is not looked up."""
LOCATION: Final = {"Location": "Path of what was made, relative to the API."}
"""The header of an answer that tells where what was made is."""


class Answer(Struct, frozen=True, kw_only=True):
    """`body`: what is encoded as JSON; bytes are sent as they are, None means no body."""

    body: Struct | bytes | None
    status: int | None = None
    headers: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Request(Generic[_Q, _B]):
    """A checked request. `subject`: who asks, "" where anybody may. `key`: Idempotency-Key of a change."""

    event: Mapping[str, Any]
    subject: str
    key: str
    path: Mapping[str, str]
    query: _Q
    body: _B


@dataclass(frozen=True, kw_only=True)
class Operation(Generic[_S]):
    """`serve` is called with the service and a checked request. `scope`: of the access token, None where
    anybody may. `parameters`, `headers`: optional headers of the request, headers of the
    answer, name -> description. `statuses`: answers without a body, status -> description."""

    method: str
    path: str
    name: str
    summary: str
    description: str
    tag: str
    scope: str | None
    serve: Callable[[_S, Request[Any, Any]], Answer]
    status: int
    answer: type[Struct]
    query: type[Struct] | None
    body: type[Struct] | None
    body_required: bool
    problems: tuple[ErrorCode, ...]
    common: tuple[Code, ...]
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    statuses: Mapping[int, str]

    @property
    def keyed(self) -> bool:
        """Whether it changes something, and so needs an Idempotency-Key."""
        return self.method in ("POST", "PUT", "PATCH")

    @property
    def path_parameters(self) -> list[str]:
        """Names of the parameters in the path."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def all_problems(self) -> list[Code]:
        """Every code it may answer with, also those that no operation names."""
        codes: list[Code] = [*self.problems, *self.common, ApiErrorCode.INTERNAL_ERROR, ErrorCode.TRY_AGAIN]
        if self.scope is not None:
            codes += [ApiErrorCode.UNAUTHENTICATED, ApiErrorCode.INSUFFICIENT_SCOPE]
        if self.path_parameters:
            codes.append(ApiErrorCode.NO_SUCH_PATH)
        if self.query is not None or self.body is not None:
            codes.append(ErrorCode.INVALID_REQUEST)
        if self.body is not None:
            codes.append(ApiErrorCode.UNSUPPORTED_MEDIA_TYPE)
        if self.keyed:
            codes += [ErrorCode.INVALID_KEY, ErrorCode.IDEMPOTENCY_KEY_REUSED, ErrorCode.WRITES_DISABLED]
        return list(dict.fromkeys(codes))


class Operations(Generic[_S]):
    """Collects the operations of one function; its docstrings are the document's texts. `common`: problems
    that each of them may answer with."""

    def __init__(self, *, tag: str, scope: str | None, common: tuple[Code, ...] = ()) -> None:
        self.tag = tag
        self.scope = scope
        self.common = common
        self.all: list[Operation[_S]] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        answer: type[Struct],
        status: int = 200,
        query: type[Struct] | None = None,
        body: type[Struct] | None = None,
        body_required: bool = True,
        problems: tuple[ErrorCode, ...] = (),
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        statuses: Mapping[int, str] | None = None,
    ) -> Callable[[_Serve], _Serve]:
        """Adds the decorated function as an operation; the arguments are fields of Operation."""

        def add(serve: _Serve) -> _Serve:
            summary, _, description = (serve.__doc__ or "").strip().partition("\n")
            first, *others = serve.__name__.split("_")
            self.all.append(
                Operation(
                    method=method,
                    path=path,
                    name=first + "".join(word.capitalize() for word in others),
                    summary=summary.rstrip("."),
                    description=" ".join(description.split()),
                    tag=self.tag,
                    scope=self.scope,
                    serve=serve,
                    status=status,
                    answer=answer,
                    query=query,
                    body=body,
                    body_required=body_required,
                    problems=problems,
                    common=self.common,
                    parameters=parameters or {},
                    headers=headers or {},
                    statuses=statuses or {},
                )
            )
            return serve

        return add
