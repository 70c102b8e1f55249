"""Puts an engine in the place of AWS, for every client of DynamoDB that this process makes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final

from botocore.handlers import BUILTIN_HANDLERS

from local.dynamodb.engine import CallError, Engine

_EVENT: Final = "before-call.dynamodb"


@contextmanager
def intercepted(engine: Engine) -> Iterator[None]:
    """Clients of sessions that are made meanwhile call the engine; nothing is signed, sent or parsed."""

    def serve(model: Any, params: Any, **_: Any) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401 - botocore's own
        try:
            answer = engine.call(model.name, json.loads(params["body"]))
        except CallError as error:
            refused = {"Error": {"Code": error.code, "Message": error.message}, **error.more}
            return SimpleNamespace(status_code=400), refused
        return SimpleNamespace(status_code=200), answer

    entry = (_EVENT, serve)
    BUILTIN_HANDLERS.append(entry)
    try:
        yield
    finally:
        BUILTIN_HANDLERS.remove(entry)
