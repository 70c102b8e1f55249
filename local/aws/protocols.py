"""A call out of a request, and an answer or error as the service's protocol has it."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import uuid4

from botocore.loaders import UnknownServiceError
from botocore.model import OperationNotFoundError, ServiceModel
from botocore.session import get_session

from local.aws import query
from local.aws.http import Incoming
from local.aws.service import Answer, AwsError, Call, Service
from local.web import Response

WAIT_HEADER: Final = "x-local-wait-seconds"
MAX_WAIT: Final = 60.0  # s
_OLD_CODES: Final = {
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    **{
        name: f"AWS.SimpleQueueService.{name}"
        for name in (
            "BatchEntryIdsNotDistinct",
            "BatchRequestTooLong",
            "EmptyBatchRequest",
            "InvalidBatchEntryId",
            "MessageNotInflight",
            "PurgeQueueInProgress",
            "QueueDeletedRecently",
            "TooManyEntriesInBatchRequest",
            "UnsupportedOperation",
        )
    },
}
"""What errors of SQS were called in its old protocol: the SDK's model does not say it any more."""
_FORM: Final = "application/x-www-form-urlencoded"


class Protocol:
    """Of one service, by the name it signs with: JSON, or Query where the SDK speaks that."""

    def __init__(self, name: str, service: Service) -> None:
        self._service = service
        try:
            self._model: ServiceModel = get_session().get_service_model(name)
        except UnknownServiceError as error:
            raise ValueError(f"{name} is no service that AWS's SDK knows") from error
        self._codes: dict[str, str] = {
            shape.name: str(shape.metadata["error"]["code"])
            for shape in self._model.error_shapes
            if shape.metadata.get("error", {}).get("code")
        }
        if name == "sqs":
            self._codes |= _OLD_CODES
        self._names = {code: name for name, code in self._codes.items()}

    def serve(self, incoming: Incoming, region: str, account: str) -> Response:
        """Makes the call."""
        if "x-amz-target" in incoming.headers:
            return self._serve_json(incoming, region, account)
        return self._serve_query(incoming, region, account)

    def _call(
        self, operation: str, incoming: Incoming, region: str, account: str, params: Mapping[str, Any]
    ) -> Answer:
        wait = incoming.headers.get(WAIT_HEADER)
        return self._service.call(
            Call(operation, region, account, params, 0.0 if wait is None else seconds(wait), incoming.gone)
        )

    def _serve_json(self, incoming: Incoming, region: str, account: str) -> Response:
        _, _, operation = incoming.headers["x-amz-target"].rpartition(".")
        request_id = str(uuid4())
        headers = [
            ("x-amzn-RequestId", request_id),
            ("Content-Type", incoming.headers.get("content-type", "application/x-amz-json-1.0")),
        ]
        try:
            params = json.loads(incoming.body or b"{}")
            if not isinstance(params, dict):
                raise AwsError("SerializationException", "the body must be a JSON object")
            answer = self._call(operation, incoming, region, account, params)
        except json.JSONDecodeError as error:
            return self._json_error(
                headers, AwsError("SerializationException", f"the body is no JSON: {error}")
            )
        except AwsError as error:
            return self._json_error(headers, error)
        return Response(200, headers, json.dumps(answer, separators=(",", ":")).encode())

    def _json_error(self, headers: list[tuple[str, str]], error: AwsError) -> Response:
        name = self._names.get(error.code, error.code)
        if "awsQueryCompatible" in self._model.metadata:
            # Who knew the service by its old protocol still wants the codes of that.
            kind = "Sender" if error.status < 500 else "Receiver"
            headers.append(("x-amzn-query-error", f"{self._codes.get(name, error.code)};{kind}"))
        document = {"__type": name, "message": error.message, **error.more}
        return Response(error.status, headers, json.dumps(document).encode())

    def _serve_query(self, incoming: Incoming, region: str, account: str) -> Response:
        form = dict(parse_qsl(incoming.query, keep_blank_values=True))
        if incoming.headers.get("content-type", "").startswith(_FORM):
            form |= parse_qsl(incoming.body.decode("utf-8", "replace"), keep_blank_values=True)
        request_id, action = str(uuid4()), form.get("Action", "")
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", "text/xml")]
        try:
            try:
                operation = self._model.operation_model(action)
            except OperationNotFoundError as error:
                raise AwsError(
                    "InvalidAction", f"Action is {action!r}: there is none of this name"
                ) from error
            answer = self._call(action, incoming, region, account, query.parameters(operation, form))
        except AwsError as error:
            code = self._codes.get(error.code, error.code)
            told = AwsError(code, error.message, error.status)
            return Response(error.status, headers, query.refused(self._model, told, request_id))
        return Response(200, headers, query.answered(operation, answer, request_id))


def seconds(text: str) -> float:
    """How long a reader wants to wait. Raises AwsError."""
    try:
        wanted = float(text)
    except ValueError:
        wanted = -1.0
    if not 0 <= wanted <= MAX_WAIT:
        raise AwsError("ValidationException", f"{text!r} s to wait: 0 to {MAX_WAIT:g} can be")
    return wanted
