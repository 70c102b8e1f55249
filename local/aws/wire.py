"""How calls and answers travel: AWS's JSON protocols and, for SNS, its Query protocol.

https://smithy.io/2.0/aws/protocols/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.core.model import OperationModel
from moto.core.parse import QueryParser
from moto.core.serialize import QuerySerializer
from moto.core.utils import get_service_model

from local.aws.service import Answer, AwsError, Call
from local.web import Request, Response

_JSON: Final = "application/x-amz-json-1.0"


def read_json(request: Request, region: str, account: str) -> Call:
    """A call of a JSON protocol. Raises AwsError."""
    operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        params = json.loads(request.body or b"{}")
        wait = float(request.headers.get("x-local-wait-seconds", "0"))
    except ValueError as error:
        raise AwsError("SerializationException", f"the request cannot be read: {error}") from error
    return Call(operation, region, account, params, wait)


def write_json(answer: Answer) -> Response:
    """An answer of a JSON protocol."""
    body = json.dumps(answer, separators=(",", ":")).encode()
    return Response(200, [("Content-Type", _JSON)], body)


def refuse_json(error: AwsError) -> Response:
    """An error of a JSON protocol. SQS's codes are of its former protocol, in a header."""
    code = error.code.rpartition(".")[2]
    body = json.dumps({"__type": code, "message": error.message, "Message": error.message, **error.more})
    headers = [("Content-Type", _JSON)]
    if error.code.startswith("AWS.SimpleQueueService."):
        body = json.dumps({"__type": f"com.amazonaws.sqs#{_SQS.get(code, code)}", "message": error.message})
        headers.append(("x-amzn-query-error", f"{error.code};Sender"))
    return Response(error.status, headers, body.encode())


_SQS: Final[Mapping[str, str]] = {"NonExistentQueue": "QueueDoesNotExist"}


@cache
def _operation(service: str, name: str) -> OperationModel:
    model: OperationModel = get_service_model(service).operation_model(name)
    return model


def read_query(request: Request, region: str, account: str) -> Call:
    """A call of the Query protocol. Raises AwsError."""
    form = {
        name: values[-1] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()
    }
    name = form.get("Action", "")
    try:
        model = _operation("sns", name)
    except Exception as error:  # botocore's own
        raise AwsError("InvalidAction", f"{name!r} is no call of SNS") from error
    parse: Callable[[Any], Any] = QueryParser(model).parse
    params = parse({"query_params": {}, "headers": {}, "body": form, "values": form, "url_path": "/"})
    return Call(name, region, account, dict(params))


def write_query(call: Call, answer: Answer) -> Response:
    """An answer of the Query protocol."""
    written: Any = QuerySerializer(_operation("sns", call.operation)).serialize(answer)
    body = written["body"]
    content = body if isinstance(body, bytes) else str(body).encode()
    return Response(200, [("Content-Type", "text/xml")], content)


def refuse_query(error: AwsError) -> Response:
    """An error of the Query protocol."""
    body = (
        '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
        f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message></Error>"
        "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    )
    return Response(error.status, [("Content-Type", "text/xml")], body.encode())


def iso(seconds: float) -> str:
    """A time as AWS writes it in text."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
