"""Puts an engine in the place of AWS, for every client of DynamoDB that this process makes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Final

from botocore.handlers import BUILTIN_HANDLERS

from local.aws.service import AwsError, Call
from local.dynamodb.engine import Engine

_EVENT: Final = "before-call.dynamodb"
_ACCOUNT: Final = "000000000000"


@contextmanager
def intercepted(engine: Engine) -> Iterator[None]:
    """Clients of sessions that are made meanwhile call the engine; nothing is signed, sent or parsed."""

    def serve(model: Any, params: Any, **_: Any) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401 - botocore's own
        region = params["context"]["client_region"]
        try:
            answer = engine.call(Call(model.name, region, _ACCOUNT, json.loads(params["body"])))
        except AwsError as error:
            refused = {"Error": {"Code": error.code, "Message": error.message}, **error.more}
            return SimpleNamespace(status_code=400), refused
        return SimpleNamespace(status_code=200), answer

    entry = (_EVENT, serve)
    BUILTIN_HANDLERS.append(entry)
    try:
        yield
    finally:
        BUILTIN_HANDLERS.remove(entry)
